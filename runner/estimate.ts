/** How long runs and campaigns take: from the phases first, then from what runs really took. Pure. */
import type { Settings } from "../scenarios/settings.ts";

/** Seconds that engine and collection take for a run beyond its load, before anything was measured. */
const usualOverhead = 3;

/** Seconds that a lab takes to be built. */
export const usualBuildSeconds = 6;

/** Seconds that a lab takes to be built and to be taken down. */
export const usualLabSeconds = usualBuildSeconds + 4;

/** Seconds of load: all phases with their warm-up; idle has none. */
export function loadSeconds(settings: Pick<Settings, "phases" | "warmup">): number {
  return settings.phases.reduce(
    (sum, { phase, seconds }) => sum + seconds + (phase === "idle" ? 0 : settings.warmup),
    0,
  );
}

export interface Estimator {
  /** Tells what a run of this load really took. */
  observe(load: number, seconds: number): void;
  /** Seconds a run of this load will take. */
  run(load: number): number;
}

/** Learns the overhead from the median of the last runs: one slow start does not count. */
export function estimator(): Estimator {
  const overheads: number[] = [];
  return {
    observe: (load, seconds) => {
      overheads.push(Math.max(0, seconds - load));
    },
    run: (load) => {
      const recent = overheads.slice(-9).sort((a, b) => a - b);
      return load + (recent[Math.floor(recent.length / 2)] ?? usualOverhead);
    },
  };
}

/** Seconds as people say them: `8 s`, `4 min 5 s`, `3 h 20 min`. */
export function spoken(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
