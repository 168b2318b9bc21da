/** Requests and errors of each backend in whole windows of the measured part. Pure. */
import { durationSeconds, measuredSeconds } from "./phases.ts";
import type { Counts, SecondCount } from "./raw/counts.ts";
import type { RunOutput } from "./record.ts";
import type { WindowRow } from "./tables.ts";

/** The measured part of a k6 phase in seconds since the scenario's start. */
export interface MeasuredPart {
  readonly phase: string;
  readonly warmup_s: number;
  readonly seconds: number;
}

/** Measured parts of all k6 phases of a run. */
export function measuredParts(output: Pick<RunOutput, "settings" | "load" | "cell">): MeasuredPart[] {
  if (output.cell.scenario !== "ingress") return [];
  return output.load.phases
    .filter(({ phase }) => phase !== "idle")
    .map(({ phase, warmup_s }) => ({ phase, warmup_s, seconds: measuredSeconds(output, phase) }));
}

/** Seconds of the thesis' windows (figure 5.13): the split is looked at in these where the run's own are shorter. */
export const thesisWindow_s = 5;

/** Length of a run's windows in whole seconds: the setting `window`, else 1. */
export function windowLength({ settings }: Pick<RunOutput, "settings">): number {
  return Math.max(1, Math.round(durationSeconds(settings["window"]) ?? 1));
}

/** Counts of the seconds inside the measured part. */
export function measuredCounts({ seconds }: Pick<Counts, "seconds">, part: MeasuredPart): SecondCount[] {
  return seconds.filter(({ second }) => second >= part.warmup_s && second < part.warmup_s + part.seconds);
}

/**
 * Windows of `window_s` whole seconds; what does not fill a window at the end is left out. Each backend has a row in each
 * window, requests that no backend answered have one where there were any.
 */
export function windowRows(
  run: Pick<RunOutput, "run_id" | "backends">,
  part: MeasuredPart,
  counts: Pick<Counts, "seconds">,
  window_s: number,
): WindowRow[] {
  const windows = Math.floor(part.seconds / window_s);
  const byWindow = Map.groupBy(measuredCounts(counts, part), ({ second }) =>
    Math.floor((second - part.warmup_s) / window_s),
  );
  return Array.from({ length: windows }, (_, index) => index).flatMap((index) => {
    const inside = byWindow.get(index) ?? [];
    const row = (backend: number, name: string): WindowRow => {
      const own = inside.filter((entry) => entry.backend === backend);
      return {
        run_id: run.run_id,
        phase: part.phase,
        window_start_s: index * window_s,
        window_s,
        backend: name,
        requests: own.reduce((sum, { requests }) => sum + requests, 0),
        errors: own.reduce((sum, { errors }) => sum + errors, 0),
      };
    };
    const unanswered = row(-1, "");
    return [
      ...run.backends.map(({ name }, backend) => row(backend, name)),
      ...(unanswered.requests > 0 ? [unanswered] : []),
    ];
  });
}
