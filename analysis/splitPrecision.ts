/** How precisely one run splits, so that gateways can be compared in it. Pure. */
import type { Counts } from "./raw/counts.ts";
import type { RunRecord } from "./record.ts";
import { chanceDistance, distanceToReference } from "./statistics/splitDistance.ts";
import { thesisWindow_s, windowRows, type MeasuredPart } from "./windows.ts";

export interface SplitPrecision {
  /** Mean over the windows of the share of answers that should have gone to another backend, 0 to 1. */
  readonly distance: number;
  /** That distance over the one that a random splitter gives on average at the same numbers of answers. */
  readonly toChance: number;
}

/** Whether there is something to split: with all the weight on one backend (`direct`) there is nothing to draw. */
export const isSplit = (backends: readonly { readonly weight: number }[]): boolean =>
  backends.filter(({ weight }) => weight > 0).length > 1;

/** Over the whole windows that have a good answer; null where there is none, or nothing is split. */
export function splitPrecision(
  run: Pick<RunRecord, "run_id" | "backends">,
  counts: Pick<Counts, "seconds">,
  part: MeasuredPart,
): SplitPrecision | null {
  const { backends } = run;
  if (!isSplit(backends)) return null;
  const all = backends.reduce((sum, { weight }) => sum + weight, 0);
  const weights = backends.map(({ weight }) => weight / all);
  const windows = [
    ...Map.groupBy(windowRows(run, part, counts, thesisWindow_s), ({ window_start_s }) => window_start_s).values(),
  ].flatMap((rows) => {
    const good = backends.map(({ name }) =>
      rows.reduce((sum, { backend, requests, errors }) => (backend === name ? sum + requests - errors : sum), 0),
    );
    const answers = good.reduce((sum, own) => sum + own, 0);
    return answers === 0
      ? []
      : [{ distance: distanceToReference(good, weights), chance: chanceDistance(answers, weights) }];
  });
  if (windows.length === 0) return null;
  const distance = windows.reduce((sum, window) => sum + window.distance, 0);
  const chance = windows.reduce((sum, window) => sum + window.chance, 0);
  return { distance: distance / windows.length, toChance: distance / chance };
}
