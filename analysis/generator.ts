/** What the load generator used, and what it left of the machine. Pure. */
import type { GeneratorPhase } from "./evidence.ts";
import type { GeneratorSample } from "./raw/csv.ts";
import { interpolate, type Samples, type Window } from "./timeSeries.ts";

/** At least so much of the window must be covered by samples. */
const leastCover = 0.5;

/**
 * Share of all cores that the generator used in a window, and share that was idle, both 0 to 1; between samples the
 * counters are taken as straight lines. The host's total time stands for the cores that the generator may use.
 */
export function generatorPhase(phase: string, all: readonly GeneratorSample[], window: Window): GeneratorPhase {
  const samples = all.filter((sample) => sample.phase === phase);
  const first = samples[0]?.t_s ?? window.end_s;
  const last = samples.at(-1)?.t_s ?? window.start_s;
  const start_s = Math.max(window.start_s, first);
  const end_s = Math.min(window.end_s, last);
  if (end_s - start_s < leastCover * (window.end_s - window.start_s)) {
    return { phase, generator_cpu: null, host_idle: null };
  }
  const change = (counter: (sample: GeneratorSample) => number): number | null => {
    const series: Samples = samples.map((sample) => [sample.t_s, counter(sample)]);
    const from = interpolate(series, start_s);
    const to = interpolate(series, end_s);
    return from === null || to === null ? null : to - from;
  };
  const total = change(({ host_total_s }) => host_total_s);
  const share = (part: number | null): number | null =>
    part === null || total === null || total <= 0 ? null : part / total;
  return {
    phase,
    generator_cpu: share(change(({ cpu_s }) => cpu_s)),
    host_idle: share(change(({ host_idle_s }) => host_idle_s)),
  };
}
