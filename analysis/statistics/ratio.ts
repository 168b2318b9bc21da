import tCdf from "@stdlib/stats-base-dists-t-cdf";
import tQuantile from "@stdlib/stats-base-dists-t-quantile";
import type { Interval } from "./interval.ts";
import { isSamples, mean, sampleVariance, type Samples } from "./mean.ts";
import type { Moments } from "./moments.ts";

/** Effect of a over b: 0.07 reads "a is 7 % more than b". */
export interface RatioEffect extends Interval {
  readonly effect: number;
}

/** Two independent sets of runs compared on the natural logarithms of their values. */
export interface LogRatio {
  /** ln of the ratio of the geometric means, a over b. */
  readonly difference: number;
  /** Standard error of the difference; 0 when neither set varies. */
  readonly error: number;
  /** Welch-Satterthwaite degrees of freedom; null when neither set varies. */
  readonly freedom: number | null;
  /** Standard deviation of one run's logarithm, pooled with equal weight. */
  readonly deviation: number;
}

/**
 * Compares two sets of runs on their logarithms: a ratio has no unit, is the same read either way, and spreads of
 * measurements grow with their size. null when a set has fewer than two values or one that is not positive.
 * B. L. Welch, The generalization of Student's problem, Biometrika 34 (1947) 28-35, applied to the logarithms
 */
export function logRatio(a: readonly number[], b: readonly number[]): LogRatio | null {
  const [logsA, logsB] = [logs(a), logs(b)];
  return logsA === null || logsB === null ? null : compareLogs(momentsOf(logsA), momentsOf(logsB));
}

/** `logRatio` of logarithms whose moments are known; null for fewer than two on a side. */
export function compareLogs(a: Moments, b: Moments): LogRatio | null {
  if (a.variance === null || b.variance === null) return null;
  const [errorA, errorB] = [a.variance / a.n, b.variance / b.n];
  const squared = errorA + errorB;
  return {
    difference: a.mean - b.mean,
    error: Math.sqrt(squared),
    freedom: squared === 0 ? null : squared ** 2 / (errorA ** 2 / (a.n - 1) + errorB ** 2 / (b.n - 1)),
    deviation: Math.sqrt((a.variance + b.variance) / 2),
  };
}

const momentsOf = (values: Samples): Moments => ({
  n: values.length,
  mean: mean(values),
  variance: sampleVariance(values),
});

/** Half-width of the interval of the log ratio at a level, as a share: 0.05 for about 5 %. */
export const ratioHalfWidth = ({ error, freedom }: LogRatio, level: number): number =>
  freedom === null ? 0 : tQuantile((1 + level) / 2, freedom) * error;

/** Welch interval of the ratio, less one, at a confidence level; a point when neither set varies. */
export function ratioInterval(compared: LogRatio, level = 0.95): RatioEffect {
  const { difference } = compared;
  const half = ratioHalfWidth(compared, level);
  return {
    effect: Math.expm1(difference),
    low: Math.expm1(difference - half),
    high: Math.expm1(difference + half),
  };
}

/** `logRatio` and `ratioInterval` in one step; null as in `logRatio`. */
export function ratioEffect(a: readonly number[], b: readonly number[], level = 0.95): RatioEffect | null {
  const compared = logRatio(a, b);
  return compared === null ? null : ratioInterval(compared, level);
}

/**
 * Welch test: the probability of a difference at least this large, either way, between sets that do not differ.
 * null when neither set varies: what chance does is not known then.
 */
export function differenceP({ difference, error, freedom }: LogRatio): number | null {
  return freedom === null ? null : 2 * tCdf(-Math.abs(difference) / error, freedom);
}

/**
 * Equivalence test (two one-sided tests, TOST): the probability of sets that look at least this much alike although the
 * ratio is outside the margin. A margin of 0.05 allows ratios from 1/1.05 to 1.05, so that a over b and b over a agree.
 * null when neither set varies.
 * D. J. Schuirmann, J. Pharmacokinetics and Biopharmaceutics 15 (1987) 657-680
 */
export function equivalenceP({ difference, error, freedom }: LogRatio, margin: number): number | null {
  return freedom === null ? null : tCdf((Math.abs(difference) - Math.log1p(margin)) / error, freedom);
}

function logs(values: readonly number[]): Samples | null {
  if (values.some((value) => !(value > 0 && Number.isFinite(value)))) return null;
  const result = values.map(Math.log);
  return isSamples(result) ? result : null;
}
