/** prometheus.json: raw samples of the run's window, as `collect` saves them. */
import { z } from "zod";
import { parseJson, type Source } from "./text.ts";

/** One sample: seconds since the epoch and the value. */
export type Sample = readonly [t_s: number, value: number];

export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** In the order of time. */
  readonly samples: readonly Sample[];
}

/** Prometheus writes values as text; NaN and infinities are no measurement here. */
const value = z.string().transform(Number).refine(Number.isFinite, "is not a finite number");
const fileSchema = z.object({
  schema: z.literal(1),
  series: z.array(
    z.object({
      metric: z.object({ __name__: z.string() }).catchall(z.string()),
      values: z.array(z.tuple([z.number(), value])),
    }),
  ),
});

/** Throws AnalysisError with the JSON path. */
export function parsePrometheus(text: string, source: Source): Series[] {
  return parseJson(fileSchema, text, source).series.map(({ metric: { __name__: name, ...labels }, values }) => ({
    name,
    labels,
    samples: values.sort(([a], [b]) => a - b),
  }));
}
