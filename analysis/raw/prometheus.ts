/**
 * prometheus.json: raw samples of the run's window, as `collect` saves them. A long run on a large cluster leaves hundreds of
 * megabytes, so one series is parsed at a time.
 */
import { z } from "zod";
import { eachElement } from "./elements.ts";
import type { Pieces } from "./lines.ts";
import { check, parseJson, type Source } from "./text.ts";

/** One sample: seconds since the epoch and the value. */
export type Sample = readonly [t_s: number, value: number];

export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** In the order of time. */
  readonly samples: readonly Sample[];
}

/** Prometheus writes values as text; NaN and infinities are no measurement here. */
const value = z
  .string()
  .refine((text) => text.trim() !== "" && Number.isFinite(Number(text)), "is not a finite number");
const metric = z.object({ __name__: z.string() }).catchall(z.string());
const outerSchema = z.object({ metric, values: z.array(z.unknown()) });
const seriesSchema = z.object({ metric, values: z.array(z.tuple([z.number(), value])) });
const fileSchema = z.object({ schema: z.literal(1), series: z.array(z.never()) });

/** Throws AnalysisError with the JSON path, or with the byte where the file is cut off. */
export async function readPrometheus(pieces: Pieces, source: Source): Promise<Series[]> {
  const found: Series[] = [];
  const frame = await eachElement(pieces, source, "series", (text, index) => {
    found.push(parseSeries(text, { ...source, within: `series[${index}]` }));
  });
  parseJson(fileSchema, frame, source);
  return found;
}

function parseSeries(text: string, source: Source): Series {
  const parsed = parseJson(outerSchema, text, source);
  // On a million samples the schema takes longer than all the rest: it names the mistake where there is one.
  const samples = plainSamples(parsed.values) ?? check(seriesSchema, parsed, source).values.map(toSample);
  const { __name__: name, ...labels } = parsed.metric;
  return { name, labels, samples: samples.sort(([a], [b]) => a - b) };
}

const toSample = ([time, text]: readonly [number, string]): Sample => [time, Number(text)];

/** null when one of them is not as the schema wants it. */
function plainSamples(values: readonly unknown[]): Sample[] | null {
  const samples: Sample[] = [];
  for (const pair of values) {
    if (!Array.isArray(pair) || pair.length !== 2) return null;
    const [time, text] = pair as unknown[];
    if (typeof time !== "number" || typeof text !== "string" || text.trim() === "") return null;
    const amount = Number(text);
    if (!Number.isFinite(amount)) return null;
    samples.push([time, amount]);
  }
  return samples;
}
