/** Whether a campaign knows enough to end. Pure. */
import type { Stopping } from "../analysis/plan.ts";
import { plannedLooks } from "../analysis/statistics/sequential.ts";

export interface Progress {
  /** Highest block that has a run. */
  readonly block: number;
  /** Half-widths of all named comparisons at the given error rate and number of looks; null where it is not known yet. */
  halfWidths(alpha: number, looks: number): readonly (number | null)[];
  /** Seconds since the first run began. */
  elapsed(): number;
}

/** Answers before each block whether the campaign ends there; once it said so it stays so. */
export function stoppingRule(stopping: Stopping, progress: Progress): (nextBlock: number) => boolean {
  if (stopping.rule === "fixed") return () => false;
  const { alpha, halfWidth, minBlocks, maxBlocks, budget_s } = stopping;
  const looks = plannedLooks(minBlocks, maxBlocks);
  let ended = false;
  return (nextBlock) => {
    const done = nextBlock - 1;
    // A block after this look has runs: the campaign looked before, and went on.
    if (ended || progress.block > done) return ended;
    const narrow = (): boolean => {
      const widths = progress.halfWidths(alpha, looks.length);
      return widths.length > 0 && widths.every((width) => width !== null && width <= halfWidth);
    };
    const late = done >= minBlocks && budget_s !== null && progress.elapsed() >= budget_s;
    ended = late || (looks.includes(done) && narrow());
    return ended;
  };
}
