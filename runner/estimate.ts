/** How long runs and campaigns take: from the phases first, then from what runs really took. Pure. */
import type { EnvironmentName } from "../scenarios/settings.ts";

export { loadSeconds } from "../scenarios/values.ts";

/**
 * Seconds before anything was measured: what engine and collection take for a run beyond its load, a lab's building beyond
 * the load of its first run, its taking down. netns and local were measured with all images present; those of a cloud are
 * what Azure usually takes for a cluster with its node pool, load balancer and the charts.
 */
export const usual: Readonly<Record<EnvironmentName, { overhead: number; build: number; destroy: number }>> = {
  netns: { overhead: 3, build: 6, destroy: 4 },
  local: { overhead: 10, build: 145, destroy: 10 },
  existing: { overhead: 10, build: 60, destroy: 20 },
  aks: { overhead: 20, build: 600, destroy: 360 },
};

/** How long a lab's runs, its building and its taking down take: from what they took so far, else from what is usual. */
export class Estimator {
  readonly #overheads = new Map<EnvironmentName, number[]>();
  readonly #builds = new Map<EnvironmentName, number[]>();

  /** Tells what a run of this load really took. */
  observe(environment: EnvironmentName, load: number, seconds: number): void {
    push(this.#overheads, environment, Math.max(0, seconds - load));
  }

  /** Tells what building a lab took beyond the load of its first run. */
  observeBuild(environment: EnvironmentName, seconds: number): void {
    push(this.#builds, environment, seconds);
  }

  /** Seconds a run of this load will take. */
  run(environment: EnvironmentName, load: number): number {
    return load + (recentMedian(this.#overheads.get(environment)) ?? usual[environment].overhead);
  }

  /** Seconds of building a lab, and of taking it down. */
  build(environment: EnvironmentName): number {
    return recentMedian(this.#builds.get(environment)) ?? usual[environment].build;
  }

  destroy(environment: EnvironmentName): number {
    return usual[environment].destroy;
  }
}

function push(into: Map<EnvironmentName, number[]>, environment: EnvironmentName, seconds: number): void {
  const known = into.get(environment) ?? [];
  into.set(environment, [...known.slice(-8), seconds]);
}

/** One slow start does not count. */
function recentMedian(values: readonly number[] = []): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Seconds as people say them: `8 s`, `4 min 5 s`, `3 h 20 min`. */
export function spoken(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
