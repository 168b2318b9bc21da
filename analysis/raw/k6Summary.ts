/**
 * k6's summary, 1.x and 2.x, in each form that k6 writes it: the data of `handleSummary`, the older `--summary-export`, and
 * the one of `--new-machine-readable-summary`.
 */
import { z } from "zod";
import { parseJson, type Source } from "./text.ts";

export interface K6Summary {
  /** k6's own count of requests over the whole test, warm-up included. */
  readonly requests: number;
  readonly dropped_iterations: number;
}

const count = z.number().min(0);
/** `values` are missing in `--summary-export`. */
const counter = z.union([
  z.object({ values: z.object({ count }) }).transform(({ values }) => values),
  z.object({ count }),
]);
const namedSchema = z.object({
  metrics: z.looseObject({ http_reqs: counter.optional(), dropped_iterations: counter.optional() }),
});
const listSchema = z.object({
  results: z.object({
    metrics: z.array(z.object({ name: z.string(), values: z.looseObject({ count: count.optional() }) })),
  }),
});
const formSchema = z.object({ results: z.unknown().optional() });

/** Reads a summary; k6 leaves out metrics that have no sample, which count as 0. Throws AnalysisError with the JSON path. */
export function parseK6Summary(text: string, source: Source): K6Summary {
  if (parseJson(formSchema, text, source).results !== undefined) {
    const { metrics } = parseJson(listSchema, text, source).results;
    const of = (name: string): number => metrics.find((metric) => metric.name === name)?.values.count ?? 0;
    return { requests: of("http_reqs"), dropped_iterations: of("dropped_iterations") };
  }
  const { metrics } = parseJson(namedSchema, text, source);
  return { requests: metrics.http_reqs?.count ?? 0, dropped_iterations: metrics.dropped_iterations?.count ?? 0 };
}
