import type { RunPlan } from "../components/platform.ts";
import type { Settings } from "./settings.ts";

/** The part of a run's plan that every scenario takes from the settings as it is. */
export function runPlan(settings: Settings): RunPlan {
  const { run, phases, warmup, window, parallelism } = settings;
  return {
    run,
    phases,
    warmupSeconds: warmup,
    windowSeconds: window,
    placement: settings["load.placement"],
    parallelism: settings.environment === "netns" ? 1 : parallelism,
  };
}
