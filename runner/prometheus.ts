/** Raw samples of a run's window, asked for from inside the monitor's network namespace. */
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { z } from "zod";
import type { RunOutput } from "../analysis/record.ts";

/** The series that the bundle keeps. */
export const keptSeries = [
  "up",
  "node_cpu_seconds_total",
  "node_memory_MemTotal_bytes",
  "node_memory_MemAvailable_bytes",
  "netlab_role_cpu_seconds_total",
  "netlab_role_memory_working_set_bytes",
] as const;

/** Seconds to wait for the first sample after the window's end. */
const patience = 10;

const seriesSchema = z.array(
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

/** Asks the lab's own Prometheus. Throws when it does not answer. */
export const fetchSamples: FetchSamples = async (run) => {
  const { source } = run;
  if (source.kind !== "netns") throw new Error(`samples of a lab on ${source.kind} are not fetched here`);
  const { prometheus } = source;
  const { started_s: start_s, finished_s: end_s } = run.load;
  if (prometheus === null) return { schema: 1, start_s, end_s, series: [] };
  const helper = fileURLToPath(new URL("./fetchSamples.ts", import.meta.url));
  const { stdout } = await execa(
    "nsenter",
    [
      ...enteringWords(prometheus),
      "--",
      process.execPath,
      helper,
      prometheus.url,
      String(start_s),
      String(end_s),
      String(patience),
      keptSeries.join("|"),
    ],
    { stdin: "ignore", timeout: (patience + 20) * 1000, maxBuffer: 256 * 2 ** 20 },
  );
  return { schema: 1, start_s, end_s, series: seriesSchema.parse(JSON.parse(stdout)) };
};

/** Words for `nsenter`: through the lab's user namespace first where there is one. */
export function enteringWords(place: { readonly netns: string; readonly holder: number | null }): string[] {
  if (place.holder === null) return [`--net=/run/netns/${place.netns}`];
  return [
    `--target=${place.holder}`,
    "--user",
    "--mount",
    "--preserve-credentials",
    `--net=/proc/${place.holder}/root/run/netns/${place.netns}`,
  ];
}
