/**
 * Intervals that hold although a campaign looks at them several times and stops when it likes what it sees. The error rate
 * is shared out over looks planned beforehand; by Boole's inequality all intervals hold together with at least 1 - alpha,
 * whatever the rule that stops and however the looks depend on each other. Each look is an ordinary t interval at its own
 * level, so small numbers of runs are treated exactly, as far as the values are normal.
 * Alpha spending: K. K. G. Lan and D. L. DeMets, Discrete sequential boundaries for clinical trials, Biometrika 70 (1983)
 * 659-663; here spent in equal parts and joined by Boole's inequality instead of the joint law of the looks.
 */
import type { Samples } from "./mean.ts";
import { tInterval } from "./mean.ts";
import { logRatio, ratioInterval, type RatioEffect } from "./ratio.ts";

export const sequentialMethod =
  "t intervals at planned looks, alpha spent in equal parts and joined by Boole's inequality (Lan and DeMets 1983)";

/** Growth of the number of blocks from one look to the next: few looks cost little of alpha. */
const growth = 1.5;

/** Numbers of blocks after which a campaign looks: the first `minBlocks`, then each half as many again, the last `maxBlocks`. */
export function plannedLooks(minBlocks: number, maxBlocks: number): number[] {
  const looks: number[] = [];
  for (let blocks = minBlocks; blocks < maxBlocks; blocks = Math.ceil(blocks * growth)) looks.push(blocks);
  return [...looks, maxBlocks];
}

/** Confidence level of the interval at each of `looks` looks, of which all hold together with 1 - alpha. */
export const lookLevel = (alpha: number, looks: number): number => 1 - alpha / looks;

/** The ratio a over b less one, at a look; null with fewer than two positive values a side. */
export function sequentialRatio(
  a: readonly number[],
  b: readonly number[],
  alpha: number,
  looks: number,
): RatioEffect | null {
  const compared = logRatio(a, b);
  return compared === null ? null : ratioInterval(compared, lookLevel(alpha, looks));
}

/** Half-width of the log ratio's interval at a look, as a share (0.05: 5 %); null as in `sequentialRatio`. */
export function ratioHalfWidth(
  a: readonly number[],
  b: readonly number[],
  alpha: number,
  looks: number,
): number | null {
  const effect = sequentialRatio(a, b, alpha, looks);
  return effect === null ? null : Math.log((1 + effect.high) / (1 + effect.low)) / 2;
}

/** Half-width of a mean's interval at a look, as a share of the mean; null for one value and for a mean of zero. */
export function meanHalfWidth(values: Samples, alpha: number, looks: number): number | null {
  const interval = tInterval(values, lookLevel(alpha, looks));
  if (interval === null) return null;
  const centre = Math.abs(interval.high + interval.low) / 2;
  return centre === 0 ? null : (interval.high - interval.low) / 2 / centre;
}
