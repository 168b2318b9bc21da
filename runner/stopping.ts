/** Whether a campaign knows enough to end. Pure. */
import { fixedInference, looksOf } from "../analysis/looks.ts";
import type { Stopping } from "../analysis/plan.ts";
import { lookLevels, looksTaken } from "../analysis/statistics/sequential.ts";
import type { Estimate } from "./intervals.ts";

export interface Progress {
  /** Highest block that has a run. */
  readonly block: number;
  /** What the campaign waits for, with intervals at a level. */
  readonly estimates: (level: number) => readonly Estimate[];
  /** Seconds since the first run began. */
  readonly elapsed: () => number;
}

/** What a look at the runs so far came to. */
export interface Look {
  /** Blocks that are done. */
  readonly blocks: number;
  /** Level of each interval at this look; all looks together hold with the campaign's own. */
  readonly level: number;
  /** What the campaign waits for: how much of it there is, and how much is narrow enough. */
  readonly asked: number;
  readonly narrow: number;
  /** The one that is furthest from its half-width, or that is not known yet; null where nothing is waited for. */
  readonly widest: Estimate | null;
  /** Why the campaign ends here; null when it goes on. */
  readonly ends: "narrow" | "budget" | null;
}

/**
 * Answers before each block whether the campaign ends there; once it said so it stays so. A campaign that was resumed looks
 * again where it had looked last, at the same runs, and finds the same.
 * @param told of each look, once
 */
export function stoppingRule(
  stopping: Stopping,
  progress: Progress,
  told: (look: Look) => void = () => undefined,
): (nextBlock: number) => boolean {
  if (stopping.rule === "fixed") return () => false;
  const { minBlocks, maxBlocks, budget_s } = stopping;
  const looked = new Set<number>();
  const levelAfter = levelsOf(stopping);
  let ended = false;
  return (nextBlock) => {
    const done = nextBlock - 1;
    // A block after this look has runs: the campaign looked before, and went on.
    if (ended || done < minBlocks || done >= maxBlocks || progress.block > done || looked.has(done)) return ended;
    looked.add(done);
    const late = budget_s !== null && progress.elapsed() >= budget_s;
    if (!late && !looksOf(stopping).includes(done)) return false;
    const look = lookAt(done, levelAfter(done), stopping, progress, late);
    ended = look.ends !== null;
    told(look);
    return ended;
  };
}

/** Level of an interval after so many blocks, under all looks up to there; 0.95 where the number of runs is fixed. */
export function levelsOf(stopping: Stopping): (blocks: number) => number {
  if (stopping.rule === "fixed") return () => fixedInference.level;
  const { maxBlocks, alpha } = stopping;
  const planned = looksOf(stopping);
  const levels = lookLevels(planned, maxBlocks, alpha);
  const known = new Map(planned.map((look, index) => [look, 1 - (levels[index] ?? alpha)]));
  return (blocks) => {
    const at = Math.min(Math.max(1, blocks), maxBlocks);
    const level = known.get(at) ?? 1 - (lookLevels(looksTaken(planned, at), maxBlocks, alpha).at(-1) ?? alpha);
    known.set(at, level);
    return level;
  };
}

function lookAt(
  blocks: number,
  level: number,
  stopping: Extract<Stopping, { rule: "until" }>,
  { estimates }: Progress,
  late: boolean,
): Look {
  const asked = estimates(level);
  const excess = ({ halfWidth, wanted = stopping.halfWidth }: Estimate): number =>
    halfWidth === null ? Infinity : halfWidth / wanted;
  const narrow = asked.filter((estimate) => excess(estimate) <= 1).length;
  const [widest = null] = asked.toSorted((x, y) => excess(y) - excess(x) || 0);
  const enough = asked.length > 0 && narrow === asked.length;
  return { blocks, level, asked: asked.length, narrow, widest, ends: enough ? "narrow" : late ? "budget" : null };
}
