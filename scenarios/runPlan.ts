import type { RunPlan } from "../components/platform.ts";
import type { Settings } from "./settings.ts";

/** The part of a run's plan that every scenario takes from the settings as it is. */
export function runPlan({ run, phases, warmup, window }: Settings): RunPlan {
  return { run, phases, warmupSeconds: warmup, windowSeconds: window };
}
