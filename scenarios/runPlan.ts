import type { Placement, RunPlan } from "../components/platform.ts";
import type { Settings } from "./settings.ts";

/** The part of a run's plan that every scenario takes from the settings as it is. */
export function runPlan(settings: Settings): RunPlan {
  const { run, phases, warmup, window, parallelism } = settings;
  return {
    run,
    phases,
    warmupSeconds: warmup,
    windowSeconds: window,
    placement: placementOf(settings),
    parallelism: settings.environment === "netns" ? 1 : parallelism,
  };
}

/** As in the thesis: iperf3 in a pod, k6 outside. */
export function placementOf(settings: Settings): Placement {
  const named = settings["load.placement"];
  if (named !== "") return named;
  return settings.scenario === "egress" ? "inside" : "outside";
}
