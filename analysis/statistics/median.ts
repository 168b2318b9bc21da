import { binomialQuantiles } from "./binomial.ts";
import type { Interval } from "./interval.ts";
import type { Samples } from "./mean.ts";

/** An interval between two of the values, with the confidence that it really has. */
export interface OrderStatisticInterval extends Interval {
  /** Attained level, at least the one asked for: with whole ranks it cannot be hit exactly. */
  readonly level: number;
}

/** Median: the middle value, or the mean of the two middle ones; in the unit of the values. */
export function median(values: Samples): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] ?? values[0];
  return Number.isInteger(half) ? ((sorted[half - 1] ?? upper) + upper) / 2 : upper;
}

/**
 * Order-statistic interval of the median: from the k-th smallest to the k-th largest value, k as large as the level
 * allows. It holds for values of any shape, since each lies below the median with probability 1/2 whatever the shape.
 * null where even smallest to largest does not reach the level: below six values for 95 %.
 * W. J. Conover, Practical Nonparametric Statistics, 3rd ed. 1999, section 3.2
 */
export function medianInterval(values: Samples, level = 0.95): OrderStatisticInterval | null {
  const n = values.length;
  // Smallest count whose probability to be reached from below is over (1 - level) / 2: one rank less is still under it.
  const [rank = 0] = binomialQuantiles(n, 0.5, [(1 - level) / 2]);
  if (rank < 1) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[rank - 1], sorted[n - rank]];
  return low === undefined || high === undefined ? null : { low, high, level: 1 - 2 * belowHalf(n, rank) };
}

/** P(X < count) of n tosses of a fair coin. */
function belowHalf(n: number, count: number): number {
  let sum = 0;
  for (let k = 0, log = n * Math.log(0.5); k < count; k++) {
    sum += Math.exp(log);
    log += Math.log((n - k) / (k + 1));
  }
  return sum;
}
