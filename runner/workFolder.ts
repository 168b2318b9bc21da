/**
 * The engine's work folder of a stack: a copy of Pulumi.yaml and a stack file made for one command, so that overrides
 * (`-c key=value`) are never saved into a file of the user's.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { parseDocument, isMap, isScalar, stringify, visit } from "yaml";
import { hasCode, LabError } from "./errors.ts";
import { writeOnce, writeWhole } from "./files.ts";
import type { ProjectPaths } from "./paths.ts";
import { parseYaml } from "./yamlFile.ts";

export const project = "cni-traffic-lab";
const prefix = `${project}:`;

/** Settings of a stack by name without the project's prefix, as text. */
export type RawSettings = Readonly<Record<string, string>>;

/** What stands in Pulumi.<stack>.yaml; empty when there is no such file. Throws on damaged files and on secrets. */
export function readStackFile(root: string, stack: string): RawSettings {
  const file = `Pulumi.${stack}.yaml`;
  let text: string;
  try {
    text = readFileSync(join(root, file), "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return {};
    throw error;
  }
  const parsed = parseYaml(text, file);
  if (!parsed.ok) throw broken(file, parsed.problems);
  const value = parsed.value.value;
  const config: unknown = isRecord(value) ? (value["config"] ?? {}) : value === null ? {} : undefined;
  if (!isRecord(config)) throw broken(file, [`${file}: must hold a map named "config"`]);
  const problems: string[] = [];
  const settings = Object.entries(config).flatMap(([key, entry]): [string, string][] => {
    if (!key.startsWith(prefix)) return [];
    if (isRecord(entry) && "secure" in entry) {
      problems.push(`${parsed.value.locate(["config", key])}: ${key}: secret values are not used by any setting`);
    }
    return [[key.slice(prefix.length), textOf(entry)]];
  });
  if (problems.length > 0) throw broken(file, problems);
  return Object.fromEntries(settings);
}

/** `key=value` arguments as settings; throws on what is not of that form and on keys given twice. */
export function parseOverrides(given: readonly string[]): RawSettings {
  const settings: Record<string, string> = {};
  const problems: string[] = [];
  for (const text of given) {
    const at = text.indexOf("=");
    const key = at > 0 ? text.slice(0, at).trim().replace(prefix, "") : "";
    if (key === "") problems.push(`-c ${text}: must be key=value, such as -c vus=10`);
    else if (key in settings) problems.push(`-c ${text}: ${key} is given twice`);
    else settings[key] = text.slice(at + 1).trim();
  }
  if (problems.length > 0) throw new LabError("wrong arguments", { kind: "input", details: problems });
  return settings;
}

/** Names that can be stacks: they become parts of file and namespace names. */
export function checkStackName(stack: string): void {
  if (/^[a-z0-9][a-z0-9-]{0,59}$/.test(stack)) return;
  throw new LabError(`"${stack}" is no name for a stack`, {
    kind: "input",
    remedy: "use up to 60 small letters, digits and dashes, beginning with a letter or digit",
  });
}

/** Stacks that have a committed file: Pulumi.<stack>.yaml. */
export function stacksWithFile(root: string): string[] {
  return readdirSync(root).flatMap((name) => /^Pulumi\.([a-z0-9-]+)\.yaml$/.exec(name)?.[1] ?? []);
}

/** Writes the work folder and returns it. The salt of an earlier command stays, it belongs to the stack's state. */
export function prepareWorkFolder(
  paths: ProjectPaths,
  stack: string,
  settings: RawSettings,
  ownBackend = false,
): string {
  const folder = paths.work(stack, ownBackend);
  mkdirSync(folder, { recursive: true });
  const projectFile = readFileSync(join(paths.root, "Pulumi.yaml"), "utf8");
  writeWhole(join(folder, "Pulumi.yaml"), inlineProject(projectFile, paths.root));
  const stackFile = join(folder, `Pulumi.${stack}.yaml`);
  const salt = saltOf(stackFile);
  const config = Object.fromEntries(Object.entries(settings).map(([key, value]) => [prefix + key, value]));
  // Whole or not at all: without its salt the state's secrets could not be read any more.
  writeWhole(stackFile, stringify({ ...(salt === undefined ? {} : { encryptionsalt: salt }), config }));
  return folder;
}

/** Passphrase of the local backend, made at first use, readable by the user only. */
export function ensurePassphrase(file: string): void {
  if (!existsSync(file)) writeOnce(file, randomBytes(24).toString("base64url"), 0o600);
}

/** Pulumi.yaml for another folder and an inline program: relative `path`s of plugins are made absolute, `main` goes. */
export function inlineProject(text: string, root: string): string {
  const document = parseDocument(text);
  const plugins = document.get("plugins", true);
  if (isMap(plugins)) {
    visit(plugins, {
      Pair(_, pair) {
        if (!isScalar(pair.key) || pair.key.value !== "path" || !isScalar(pair.value)) return;
        const path = String(pair.value.value);
        pair.value.value = isAbsolute(path) ? path : resolve(root, path);
      },
    });
  }
  // The program is our own process; the engine would look for this file beside the copy.
  document.delete("main");
  return document.toString();
}

function saltOf(stackFile: string): string | undefined {
  if (!existsSync(stackFile)) return undefined;
  const salt: unknown = parseDocument(readFileSync(stackFile, "utf8")).get("encryptionsalt");
  return typeof salt === "string" ? salt : undefined;
}

function broken(file: string, problems: readonly string[]): LabError {
  return new LabError(`${file} cannot be used`, { kind: "input", details: problems, remedy: `correct ${file}` });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
