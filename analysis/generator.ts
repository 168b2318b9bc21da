/** What the load generator used, and what it left of the machine. Pure. */
import type { GeneratorPhase } from "./evidence.ts";
import type { GeneratorSample } from "./raw/csv.ts";
import { interpolate, type Samples, type Window } from "./timeSeries.ts";

/** At least so much of the window must be covered by samples. */
const leastCover = 0.5;

/** Of generators that stand side by side the one that used most, and the least that any left of its machine. */
export function busiestGenerator(
  phase: string,
  generators: readonly (readonly GeneratorSample[])[],
  window: Window,
): GeneratorPhase {
  const each = generators.map((samples) => generatorPhase(phase, samples, window));
  const known = (pick: (one: GeneratorPhase) => number | null): number[] => each.flatMap((one) => pick(one) ?? []);
  const [used, idle] = [known(({ generator_cpu }) => generator_cpu), known(({ host_idle }) => host_idle)];
  return {
    phase,
    generator_cpu: used.length === 0 ? null : Math.max(...used),
    host_idle: idle.length === 0 ? null : Math.min(...idle),
  };
}

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
