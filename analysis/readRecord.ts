/** Reads the JSON files that a bundle's runs stand on: record.json, environment.json, plan.json and the spans of events.jsonl. */
import { z } from "zod";
import { spanSchema, type Span } from "./campaignLog.ts";
import { environmentFileSchema, environmentSchema, type Environment } from "./environment.ts";
import { AnalysisError } from "./errors.ts";
import { planSchema, planSchemaVersion, type Plan } from "./plan.ts";
import { check, numberedLines, parseDocument, parseJson } from "./raw/text.ts";
import { recordSchema, runRecordSchema, type RunRecord } from "./record.ts";

/** Throws AnalysisError: newer schema, or the JSON path of the first mistake. */
export function parseRecord(text: string, file: string): RunRecord {
  return parseVersioned(runRecordSchema, recordSchema, text, file);
}

/** Throws AnalysisError: newer schema, or the JSON path of the first mistake. */
export function parseEnvironment(text: string, file: string): Environment {
  return parseVersioned(environmentFileSchema, environmentSchema, text, file);
}

/** Throws AnalysisError: newer schema, or the JSON path of the first mistake. */
export function parsePlan(text: string, file: string): Plan {
  return parseVersioned(planSchema, planSchemaVersion, text, file);
}

const eventSchema = z.looseObject({ event: z.string().optional() });

/**
 * The spans of events.jsonl, in the order of the file. A last line without its end is what a killed campaign leaves: it is
 * passed over. Throws AnalysisError with the line of any other mistake.
 */
export function parseSpans(text: string, file: string): Span[] {
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return numberedLines(whole).flatMap(({ line, text: content }) => {
    const event = parseJson(eventSchema, content, { file, line });
    return event.event === "span" ? [check(spanSchema, event, { file, line })] : [];
  });
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
