import type { Interval } from "./interval.ts";
import { isSamples, mean, tInterval } from "./mean.ts";

export interface BatchInterval extends Interval {
  readonly batches: number;
  /** Values in each batch; what does not fill a batch is left out at the start, where a warm-up would be. */
  readonly size: number;
}

/**
 * Interval of the mean of a series whose values depend on each other: the series is cut into batches of equal length, whose
 * means are nearly independent when a batch is much longer than the dependence reaches. In the unit of the values; null for
 * fewer than two values a batch.
 * B. Schmeiser, Batch size effects in the analysis of simulation output, Operations Research 30 (1982) 556-568: 10 to 30
 */
export function batchMeansInterval(series: readonly number[], batches = 10, level = 0.95): BatchInterval | null {
  const size = Math.floor(series.length / batches);
  if (size < 2 || batches < 2) return null;
  const used = series.slice(series.length - size * batches);
  const means = Array.from({ length: batches }, (_, batch) => used.slice(batch * size, (batch + 1) * size)).flatMap(
    (batch) => (isSamples(batch) ? [mean(batch)] : []),
  );
  const interval = isSamples(means) ? tInterval(means, level) : null;
  return interval === null ? null : { ...interval, batches, size };
}
