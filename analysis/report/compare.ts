/** Two sets of runs side by side, in careful words. The verdict is the interval's: nothing is said that it does not hold. */
import { count, number } from "../figures/format.ts";
import type { Values } from "../figures/view.ts";
import { ratioEffect } from "../statistics/ratio.ts";

export interface Ratio {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** True when the interval leaves out 1. */
  readonly apart: boolean;
  /** `0.86 (0.81 to 0.92, n = 3)` */
  readonly text: string;
}

/** Ratio of a to b with its interval (Welch, on the logarithms), at the level of the values' own; null for fewer than two runs or values of zero. */
export function ratioOf(a: Values, b: Values): Ratio | null {
  const effect = ratioEffect(a.counted, b.counted, Math.max(a.level, b.level));
  if (effect === null || ![effect.effect, effect.low, effect.high].every(Number.isFinite)) return null;
  const [ratio, low, high] = [1 + effect.effect, 1 + effect.low, 1 + effect.high];
  // Two decimals unless the interval is so narrow, or so near 1, that they would hide it.
  const decimals = high - low < 0.02 || Math.abs(ratio - 1) < 0.01 ? 3 : 2;
  const show = (value: number): string => number(value, value >= 10 || value < 0.1 ? undefined : decimals);
  return {
    ratio,
    low,
    high,
    apart: low > 1 || high < 1,
    text: `${show(ratio)} (${show(low)} to ${show(high)}, ${runsText(a, b)})`,
  };
}

/** `n = 3`, or `n = 3 and 2` where the two differ. */
export function runsText(a: Values, b: Values): string {
  return a.n === b.n ? `n = ${String(a.n)}` : `n = ${String(a.n)} and ${String(b.n)}`;
}

/** Why no ratio can be given. */
export function whyNoRatio(a: Values, b: Values): string {
  if (a.n === 0 || b.n === 0) return "no value that counts";
  if (a.n < 2 || b.n < 2) return `too few runs to tell apart (${runsText(a, b)})`;
  return `no ratio where a value is zero (${count(a.n + b.n, "run")})`;
}
