import tQuantile from "@stdlib/stats-base-dists-t-quantile";
import type { Interval } from "./interval.ts";
import { isSamples, mean, sampleVariance, type Samples } from "./mean.ts";

/** Effect of a over b: 0.07 reads "a is 7 % more than b". */
export interface RatioEffect extends Interval {
  readonly effect: number;
}

/**
 * Welch interval on the log ratio: the ratio of the geometric means of two independent sets of runs, less one, with its
 * interval at a confidence level. null when a set has fewer than two values or one that is not positive.
 * https://en.wikipedia.org/wiki/Welch%27s_t-test applied to the logarithms
 */
export function ratioEffect(a: readonly number[], b: readonly number[], level = 0.95): RatioEffect | null {
  const logsA = logs(a);
  const logsB = logs(b);
  if (logsA === null || logsB === null) return null;
  const errorA = squaredError(logsA);
  const errorB = squaredError(logsB);
  if (errorA === null || errorB === null) return null;
  const difference = mean(logsA) - mean(logsB);
  const error = errorA + errorB;
  const half = error === 0 ? 0 : quantile(errorA, logsA.length, errorB, logsB.length, level) * Math.sqrt(error);
  return {
    effect: Math.expm1(difference),
    low: Math.expm1(difference - half),
    high: Math.expm1(difference + half),
  };
}

/** t quantile at the Welch-Satterthwaite degrees of freedom. */
function quantile(errorA: number, nA: number, errorB: number, nB: number, level: number): number {
  const freedom = (errorA + errorB) ** 2 / (errorA ** 2 / (nA - 1) + errorB ** 2 / (nB - 1));
  return tQuantile((1 + level) / 2, freedom);
}

function squaredError(values: Samples): number | null {
  const variance = sampleVariance(values);
  return variance === null ? null : variance / values.length;
}

function logs(values: readonly number[]): Samples | null {
  if (values.some((value) => !(value > 0))) return null;
  const result = values.map(Math.log);
  return isSamples(result) ? result : null;
}
