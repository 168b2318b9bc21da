/**
 * k6's own stream of samples (`--out json=FILE`), k6 1.x and 2.x: one sample a line, about a dozen for each answer. Read are
 * `http_reqs`, `http_req_duration`, `dropped_iterations` and the script's counter `backend_hits`, whose tag `backend` names
 * who answered. The rest is passed over without being parsed.
 */
import { z } from "zod";
import { bucketOf } from "../latency.ts";
import { SecondTally, type Counts } from "./counts.ts";
import type { K6Summary } from "./k6Summary.ts";
import { eachLine, type Pieces } from "./lines.ts";
import { check, parseDocument, rawError, type Source } from "./text.ts";

export interface K6Stream {
  /** Seconds are whole ones of the clock, since k6's first sample: the stream does not say when the scenario started. */
  readonly counts: Counts;
  readonly summary: K6Summary;
}

/** Seconds since the start whose good answers are in the histogram. */
export interface MeasuredSeconds {
  readonly from: number;
  readonly to: number;
}

const tags = z.record(z.string(), z.string());
const pointSchema = z.object({
  metric: z.string().min(1),
  type: z.literal("Point"),
  data: z.object({ time: z.iso.datetime({ offset: true }), value: z.number(), tags: tags.nullish() }),
});
const lineSchema = z.discriminatedUnion("type", [
  pointSchema,
  z.object({ metric: z.string().min(1), type: z.literal("Metric") }),
]);

type Point = z.infer<typeof pointSchema>;

const read = new Set(["http_reqs", "http_req_duration", "dropped_iterations", "backend_hits"]);
/** How k6 1.x and 2.x begin the line of a sample; another order is read too, only slower. */
const head = Buffer.from('{"metric":"');
const [quote, closingBrace] = [0x22, 0x7d] as const;
/** The schema sees so many lines at the start, and then each so many. */
const [looked, stride] = [1000, 1000] as const;

/**
 * Adds the stream up. Requests without a good answer count as answered by nobody. `names` are the backends in the order of
 * the run. Throws AnalysisError with the line.
 */
export async function readK6Stream(
  pieces: Pieces,
  source: Source,
  names: readonly string[],
  measured: MeasuredSeconds,
): Promise<K6Stream> {
  const tally = new SecondTally();
  const histogram = new Map<number, number>();
  const indexOf = new Map(names.map((name, index) => [name, index]));
  let [requests, dropped_iterations] = [0, 0];
  /** The clock's second of the first sample, and the time of the last one: that of several samples in a row. */
  const clock = { base: null as number | null, text: "", second: 0 };
  const secondOf = ({ data }: Point): number => {
    if (data.time !== clock.text) {
      clock.text = data.time;
      clock.second = Math.floor(Date.parse(data.time) / 1000);
      clock.base ??= clock.second;
    }
    // Samples of one batch may be out of order by some milliseconds.
    return Math.max(0, clock.second - (clock.base ?? 0));
  };
  await eachLine(pieces, source, (bytes, start, end, line) => {
    if (end === start) return;
    const place = { file: source.file, line };
    const suspect = line <= looked || line % stride === 0;
    const name = metricOf(bytes, start, end);
    if (name !== null && !suspect && !read.has(name)) return;
    const value = parseDocument(bytes.toString("utf8", start, end), place);
    const point = !suspect && isPoint(value) ? value : check(lineSchema, value, place);
    if (point.type === "Metric" || !read.has(point.metric)) return;
    const second = secondOf(point);
    const { value: amount } = point.data;
    if (point.metric === "dropped_iterations") {
      dropped_iterations += amount;
    } else if (point.metric === "http_reqs") {
      requests += amount;
      if (!isGood(point)) tally.add(second, -1, amount, amount);
    } else if (point.metric === "backend_hits") {
      const backend = point.data.tags?.["backend"] ?? "";
      const index = indexOf.get(backend);
      if (index === undefined)
        throw rawError(`names the backend "${backend}", which the run has not`, place, "data.tags");
      tally.add(second, index, amount, 0);
    } else if (isGood(point) && second >= measured.from && second < measured.to) {
      const bucket = bucketOf(Math.round(Math.max(0, amount) * 1000));
      histogram.set(bucket, (histogram.get(bucket) ?? 0) + 1);
    }
  });
  return {
    counts: { start_ms: clock.base === null ? null : clock.base * 1000, seconds: tally.seconds(), histogram },
    summary: { requests, dropped_iterations },
  };
}

const isGood = ({ data }: Point): boolean => data.tags?.["expected_response"] !== "false";

/** Name of the metric of a whole line of the usual form; null for any other line. */
function metricOf(bytes: Buffer, start: number, end: number): string | null {
  for (let index = 0; index < head.length; index++) if (bytes[start + index] !== head[index]) return null;
  const from = start + head.length;
  let to = from;
  while (to < end && bytes[to] !== quote) to++;
  return to < end && bytes[end - 1] === closingBrace ? bytes.toString("latin1", from, to) : null;
}

/** The schema of a sample by hand, for the many lines that it does not look at. */
function isPoint(value: unknown): value is Point {
  const { metric, type, data } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const { time, value: amount, tags: labels } = (data ?? {}) as Readonly<Record<string, unknown>>;
  return (
    typeof metric === "string" &&
    type === "Point" &&
    typeof time === "string" &&
    !Number.isNaN(Date.parse(time)) &&
    typeof amount === "number" &&
    (labels === undefined || typeof labels === "object")
  );
}
