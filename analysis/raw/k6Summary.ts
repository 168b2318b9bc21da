/** The data object of k6's handleSummary, k6 1.x and 2.x. */
import { z } from "zod";
import { parseJson, type Source } from "./text.ts";

export interface K6Summary {
  /** k6's own count of requests over the whole test, warm-up included. */
  readonly requests: number;
  readonly dropped_iterations: number;
}

const counter = z.object({ values: z.object({ count: z.number().min(0) }) });
const summarySchema = z.object({
  metrics: z.looseObject({ http_reqs: counter.optional(), dropped_iterations: counter.optional() }),
});

/** Reads a summary; k6 leaves out metrics that have no sample, which count as 0. Throws AnalysisError. */
export function parseK6Summary(text: string, source: Source): K6Summary {
  const { metrics } = parseJson(summarySchema, text, source);
  return {
    requests: metrics.http_reqs?.values.count ?? 0,
    dropped_iterations: metrics.dropped_iterations?.values.count ?? 0,
  };
}
