/** What every reader of raw files shares: JSON with the place of a mistake, checked against a schema. */
import type { z } from "zod";
import { AnalysisError } from "../errors.ts";

/** Where a text comes from, for error messages. */
export interface Source {
  /** File as the user knows it. */
  readonly file: string;
  /** Line of the file at which the text starts, when it is a part of it. */
  readonly line?: number;
  /** JSON path at which the text stands in the file, when it is a part of it: `series[3]`. */
  readonly within?: string;
}

/** What to do about a raw file that cannot be read. */
const remedy =
  "The file is cut off or was not written by the lab; take the run's folder out of runs/ or run the cell again";

/** The error of a raw file that cannot be read. */
export function rawError(problem: string, { file, line, within = "" }: Source, place = ""): AnalysisError {
  const inside = within === "" || place === "" || place.startsWith("[") ? `${within}${place}` : `${within}.${place}`;
  const places = [line === undefined ? "" : `line ${line}`, inside].filter((part) => part !== "");
  return new AnalysisError(problem, { file, place: places.join(", "), remedy });
}

/** Parses one JSON document and checks it. Throws AnalysisError with the line or the JSON path of the first mistake. */
export function parseJson<T>(schema: z.ZodType<T>, text: string, source: Source): T {
  return check(schema, parseDocument(text, source), source);
}

/** Checks a value against a schema. Throws AnalysisError with the JSON path of the first mistake. */
export function check<T>(schema: z.ZodType<T>, value: unknown, source: Source): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw rawError(issue?.message ?? "does not have the expected form", source, jsonPath(issue?.path ?? []));
}

/** `["intervals", 0, "sum"]` → `intervals[0].sum` */
export function jsonPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === "number" ? `[${key}]` : `${index > 0 ? "." : ""}${String(key)}`))
    .join("");
}

/** Parses one JSON document without checking it. Throws AnalysisError with the line of the mistake. */
export function parseDocument(text: string, source: Source): unknown {
  if (text.trim() === "") throw rawError("is empty", source);
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const stated = /\(line (\d+) column (\d+)\)/.exec(reason);
    const line = Number(stated?.[1] ?? text.trimEnd().split("\n").length) + (source.line ?? 1) - 1;
    const place = stated?.[2] === undefined ? "" : `column ${stated[2]}`;
    throw rawError("is not whole JSON", { file: source.file, line }, place);
  }
}

/** Non-empty lines of a text with their numbers, from 1. */
export function numberedLines(text: string): { line: number; text: string }[] {
  return text
    .split("\n")
    .map((content, index) => ({ line: index + 1, text: content.trimEnd() }))
    .filter(({ text: content }) => content !== "");
}
