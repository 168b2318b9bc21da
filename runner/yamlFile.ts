/** YAML files checked by a zod schema, every mistake with its line and column. */
import { isMap, isScalar, LineCounter, parseDocument, type Document, visit } from "yaml";
import { z } from "zod";
import { nearest } from "./nearest.ts";

export type Path = readonly PropertyKey[];

export interface YamlFile {
  readonly value: unknown;
  /** `file:line:column` of a place in the document; of the nearest place around it when it is not there itself. */
  locate(path: Path, key?: string): string;
}

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly string[] };

/** Reads YAML; syntax errors and doubled keys come back as problems. */
export function parseYaml(text: string, file: string): Parsed<YamlFile> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    return { ok: false, problems: document.errors.map((error) => `${at(error.pos[0])}: ${error.message}`) };
  }
  // An alias of an anchor that is not there is seen only when the values are made.
  const aliases: string[] = [];
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) === undefined) {
        aliases.push(`${at(alias.range?.[0] ?? 0)}: there is no anchor &${alias.source} for *${alias.source}`);
      }
    },
  });
  if (aliases.length > 0) return { ok: false, problems: aliases };
  return {
    ok: true,
    value: { value: document.toJS(), locate: (path, key) => at(offsetOf(document, path, key)) },
  };
}

/** Checks the document; unknown keys come with the nearest one that the schema knows at their place. */
export function checkYaml<T>(file: YamlFile, schema: z.ZodType<T>): Parsed<T> {
  const result = schema.safeParse(file.value);
  if (result.success) return { ok: true, value: result.data };
  const problems = result.error.issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys")
      return [`${file.locate(issue.path)}: ${describe(issue.path, issue.message)}`];
    return issue.keys.map((key) => `${file.locate(issue.path, key)}: ${unknownKey(key, keysAt(schema, issue.path))}`);
  });
  return { ok: false, problems };
}

/** The keys of the object at a place of a schema; none where it has no fixed keys. */
export function keysAt(schema: unknown, path: Path): string[] {
  const [step, ...rest] = path;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable)
    return keysAt(schema.unwrap(), path);
  if (schema instanceof z.ZodArray) return keysAt(schema.element, step === undefined ? path : rest);
  if (!(schema instanceof z.ZodObject)) return [];
  return step === undefined ? Object.keys(schema.shape) : keysAt(schema.shape[String(step)], rest);
}

/** What to say about a key that nobody knows. */
export function unknownKey(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  return `unknown key "${key}"; ${near === undefined ? `allowed are ${known.join(", ")}` : `did you mean "${near}"?`}`;
}

const describe = (path: Path, message: string): string =>
  path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`;

/** Offset of the key `key` in the map at `path`, or of the node at `path`, or of the nearest one above it. */
function offsetOf(document: Document, path: Path, key?: string): number {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  if (key !== undefined && isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
    const keyNode = isScalar(pair?.key) ? pair.key : undefined;
    if (keyNode?.range) return keyNode.range[0];
  }
  const range = rangeOf(node);
  if (range !== undefined) return range;
  return path.length === 0 ? 0 : offsetOf(document, path.slice(0, -1));
}

function rangeOf(node: unknown): number | undefined {
  if (typeof node !== "object" || node === null || !("range" in node) || !Array.isArray(node.range)) return undefined;
  const [start] = node.range as unknown[];
  return typeof start === "number" ? start : undefined;
}
