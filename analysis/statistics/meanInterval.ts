/** Apart from mean.ts: the quantiles of Student's law take longer to load than many a run to read. */
import tQuantile from "@stdlib/stats-base-dists-t-quantile";
import type { Interval } from "./interval.ts";
import { mean, sampleVariance, type Samples } from "./mean.ts";
import type { Moments } from "./moments.ts";

/**
 * Student t interval of the mean at a confidence level; null for one value.
 * https://www.itl.nist.gov/div898/handbook/eda/section3/eda352.htm
 */
export function tInterval(values: Samples, level = 0.95): Interval | null {
  const centre = mean(values);
  const half = meanHalfWidth({ n: values.length, mean: centre, variance: sampleVariance(values) }, level);
  return half === null ? null : { low: centre - half, high: centre + half };
}

/** Half-width of the t interval, in the unit of the values; null for fewer than two. */
export function meanHalfWidth({ n, variance }: Moments, level: number): number | null {
  return variance === null ? null : tQuantile((1 + level) / 2, n - 1) * Math.sqrt(variance / n);
}
