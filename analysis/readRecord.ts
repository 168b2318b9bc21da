/** Reads the two JSON files that a bundle's runs stand on: record.json and environment.json. */
import { z } from "zod";
import { environmentFileSchema, environmentSchema, type Environment } from "./environment.ts";
import { AnalysisError } from "./errors.ts";
import { check, parseDocument } from "./raw/text.ts";
import { recordSchema, runRecordSchema, type RunRecord } from "./record.ts";

/** Throws AnalysisError: newer schema, or the JSON path of the first mistake. */
export function parseRecord(text: string, file: string): RunRecord {
  return parseVersioned(runRecordSchema, recordSchema, text, file);
}

/** Throws AnalysisError: newer schema, or the JSON path of the first mistake. */
export function parseEnvironment(text: string, file: string): Environment {
  return parseVersioned(environmentFileSchema, environmentSchema, text, file);
}

function parseVersioned<T>(schema: z.ZodType<T>, known: number, text: string, file: string): T {
  const value = parseDocument(text, { file });
  const { data } = z.object({ schema: z.number() }).safeParse(value);
  if (data !== undefined && data.schema > known) {
    throw new AnalysisError(`was written by a newer version (schema ${data.schema}, this one reads ${known})`, {
      file,
      remedy: "Update the lab",
    });
  }
  return check(schema, value, { file });
}
