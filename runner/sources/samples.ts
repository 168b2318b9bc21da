/** Raw samples of a run's window: which series are kept, and how Prometheus is asked for them, whatever leads to it. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { RunOutput } from "../../analysis/record.ts";

/** The series that the bundle keeps, as regular expressions. */
export const keptSeries = [
  "up",
  "node_cpu_seconds_total",
  "node_memory_MemTotal_bytes",
  "node_memory_MemAvailable_bytes",
  "netlab_role_cpu_seconds_total",
  "netlab_role_memory_working_set_bytes",
  "container_cpu_usage_seconds_total",
  "container_memory_working_set_bytes",
  // The CNI's and the gateway's own, as far as they are scraped.
  "cilium_.+",
  "antrea_.+",
  "envoy_.+",
  "nginx_.+",
] as const;

/** Seconds to wait for the first sample after the window's end. */
export const patience = 10;

/** Seconds of samples before and after the window, so that rates at its edges can be computed. */
const margin = 3;

export const seriesSchema = z.array(
  z.object({
    metric: z.looseObject({ __name__: z.string() }),
    values: z.array(z.tuple([z.number(), z.string()])),
  }),
);

export interface SampleFile {
  readonly schema: 1;
  readonly start_s: number;
  readonly end_s: number;
  readonly series: z.infer<typeof seriesSchema>;
}

export type FetchSamples = (run: RunOutput) => Promise<SampleFile>;

const answerSchema = z.object({
  status: z.string(),
  error: z.string().optional(),
  data: z
    .object({
      result: z.array(
        z.object({
          metric: z.unknown(),
          value: z.tuple([z.number(), z.string()]).optional(),
          values: z.unknown().optional(),
        }),
      ),
    })
    .optional(),
});

/**
 * Waits until Prometheus holds a sample from after the window's end, then gives the raw samples of the window.
 * @param ask the body of Prometheus' answer at a path such as `/api/v1/query?…`
 * @throws Error when no such sample comes in time or Prometheus refuses the query
 */
export async function askForSamples(
  ask: (path: string) => Promise<string>,
  { start_s, end_s, names }: { readonly start_s: number; readonly end_s: number; readonly names: string },
): Promise<SampleFile["series"]> {
  const query = async (expression: string, time: number) => {
    const body = await ask(`/api/v1/query?query=${encodeURIComponent(expression)}&time=${time}`);
    const answer = answerSchema.parse(JSON.parse(body));
    if (answer.data === undefined) throw new Error(`Prometheus refused the query: ${answer.error ?? answer.status}`);
    return answer.data.result;
  };
  const newest = async (): Promise<number> => {
    const [first] = await query("min(timestamp(up))", Date.now() / 1000);
    return Number(first?.value?.[1] ?? 0);
  };
  const deadline = Date.now() + patience * 1000;
  while (!((await newest()) > end_s)) {
    if (Date.now() >= deadline) {
      throw new Error(`Prometheus took no sample after the window's end within ${patience} s`);
    }
    await sleep(100);
  }
  const at = Math.min(Date.now() / 1000, end_s + margin);
  const range = Math.ceil(at - start_s + margin);
  const found = await query(`{__name__=~"${names}"}[${range}s]`, at);
  return seriesSchema.parse(found.map(({ metric, values }) => ({ metric, values })));
}
