/** Runs on the real engine for benchmarks: one stack of its own, any settings, the record and raw files back. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunOutput } from "../analysis/record.ts";
import { collectRun } from "../runner/collect.ts";
import { sourceOf } from "../runner/sources.ts";
import { openLab, type Lab } from "../runner/lab.ts";
import { projectPaths } from "../runner/paths.ts";
import { watchSignals } from "../runner/interrupt.ts";
import { readSettings } from "../scenarios/settings.ts";

export const root = join(import.meta.dirname, "..");

export interface TimedRun {
  readonly output: RunOutput;
  /** Wall time of the engine's update, seconds. */
  readonly up_s: number;
  /** Wall time of the collection, seconds. */
  readonly collect_s: number;
  /** The load itself: from the first phase's start to the last one's end, seconds. */
  readonly load_s: number;
  /** Folder with the raw files. */
  readonly folder: string;
}

export interface BenchLab {
  run(settings: Record<string, string>): Promise<TimedRun>;
  /** Seconds that it took. */
  destroy(): Promise<number>;
}

/** Opens a stack, hands it to `use`, and destroys its lab whatever happens. */
export async function withLab<T>(stack: string, use: (lab: BenchLab) => Promise<T>): Promise<T> {
  const stop = watchSignals((text) => process.stderr.write(`${text}\n`));
  const options = { paths: projectPaths(root), stack, stop, report: () => undefined, ownBackend: false, debug: false };
  const lab: Lab = await openLab({ ...options, command: "bench" });
  const bundle = mkdtempSync(join(tmpdir(), "lab-bench-"));
  let runs = 0;
  try {
    return await use({
      run: async (given) => {
        runs += 1;
        const raw = { ...given, run: `bench-${runs}` };
        const [output, up_s] = await timed(() => lab.up(readSettings(raw), raw));
        // A bundle holds one bed; the benchmarks change the bed on purpose, so each run gets a bundle of its own.
        const source = await sourceOf(output, () => Promise.resolve(undefined));
        const [, collect_s] = await timed(() => collectRun(output, join(bundle, String(runs)), source));
        if (!output.outcome.ok) throw new Error(`run ${runs} failed: ${output.outcome.error}`);
        const load_s = output.load.finished_s - output.load.started_s;
        return { output, up_s, collect_s, load_s, folder: output.source.folder };
      },
      destroy: async () => (await timed(() => lab.destroy()))[1],
    });
  } finally {
    // Also after Ctrl-C: only a second one may stop the taking down.
    stop.cleaningUp();
    await lab.destroy();
    lab.close();
    stop.dispose();
    rmSync(bundle, { recursive: true, force: true });
  }
}

/** A result and the seconds it took. */
export async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  const result = await work();
  return [result, (performance.now() - start) / 1000];
}

/** Goodput in bit/s of an iperf3 client's file. */
export function goodputOf(file: string): number {
  const { end } = JSON.parse(readFileSync(file, "utf8")) as { end: { sum_received: { bits_per_second: number } } };
  return end.sum_received.bits_per_second;
}

/** Requests per second of a k6 summary over the `seconds` in which its users send. */
export function requestRateOf(file: string, seconds: number): number {
  const { metrics } = JSON.parse(readFileSync(file, "utf8")) as {
    metrics: { http_reqs: { values: { count: number } } };
  };
  return metrics.http_reqs.values.count / seconds;
}
