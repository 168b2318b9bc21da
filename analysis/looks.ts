/** What the looks of a campaign that could end early mean for its intervals and p values. Pure. */
import type { Plan, Stopping } from "./plan.ts";
import type { RunRecord } from "./record.ts";
import { lookLevels, looksTaken, plannedLooks, repeatedP } from "./statistics/sequential.ts";
import { alpha } from "./verdict.ts";

/** How sure an interval of one kind is, and what a p value is worth. */
export interface Inference {
  /** Confidence level of the ordinary interval that is to be shown. */
  readonly level: number;
  /** Numbers of blocks after which somebody looked; empty where the number of runs was fixed before. */
  readonly looks: readonly number[];
  /** Takes the looks into account in an ordinary two-sided p value. */
  readonly p: (ordinary: number) => number;
}

/** As of a number of runs that was fixed before. */
export const fixedInference: Inference = { level: 1 - alpha, looks: [], p: (ordinary) => ordinary };

/** Blocks after which a campaign with a stopping rule looks; a plan of an earlier version does not name them. */
export const looksOf = ({ looks, minBlocks, maxBlocks }: Extract<Stopping, { rule: "until" }>): readonly number[] =>
  looks ?? plannedLooks(minBlocks, maxBlocks);

/**
 * Inference for the runs at hand. A bundle of a campaign that could end early has been looked at after each planned number
 * of blocks that it is past, and now; that holds for one that was interrupted, too.
 */
export function inferenceOf(
  plan: Pick<Plan, "stopping"> | null,
  records: readonly Pick<RunRecord, "block">[],
): Inference {
  if (plan === null || plan.stopping.rule === "fixed") return fixedInference;
  const { stopping } = plan;
  const blocks = records.reduce((highest, { block }) => Math.max(highest, block ?? 0), 0);
  if (blocks === 0) return fixedInference;
  const most = Math.max(blocks, stopping.maxBlocks);
  const looks = looksTaken(looksOf(stopping), blocks);
  const level = 1 - (lookLevels(looks, most, stopping.alpha).at(-1) ?? stopping.alpha);
  return { level, looks, p: once(() => repeatedP(looks, most)) };
}

/**
 * Inference for runs of several bundles in one interval: that of the strictest of them, both in level and in p values. Each
 * bundle's own looks are taken into account, and a fixed number of runs beside them changes nothing.
 */
export function strictest(all: readonly Inference[]): Inference {
  const [first = fixedInference, ...others] = all.toSorted((a, b) => b.level - a.level);
  return { ...first, p: (ordinary) => Math.max(first.p(ordinary), ...others.map(({ p }) => p(ordinary))) };
}

/** Made when it is first needed: the table behind it takes a moment. */
function once(make: () => (value: number) => number): (value: number) => number {
  let made: ((value: number) => number) | undefined;
  return (value) => (made ??= make())(value);
}
