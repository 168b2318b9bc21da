/**
 * Latency histogram in microseconds, log-linear: 32 buckets for each power of two, so an upper bound is at most 1/32 above
 * the value. Histograms of the same form add up, which percentiles do not: never average those.
 * The form is that of HdrHistogram, http://hdrhistogram.org, with five bits of precision.
 */

/** Bucket index → number of values. */
export type Histogram = ReadonlyMap<number, number>;

const perPower = 32;

/** Bucket of a latency of `microseconds` (a whole number >= 0). */
export function bucketOf(microseconds: number): number {
  if (microseconds < perPower) return microseconds;
  const exponent = Math.floor(Math.log2(microseconds));
  return (exponent - 4) * perPower + Math.floor((microseconds - 2 ** exponent) / 2 ** (exponent - 5));
}

/** Upper bound of a bucket in seconds; all its values are below it. */
export function upperBound(bucket: number): number {
  if (bucket < perPower) return (bucket + 1) / 1e6;
  const exponent = Math.floor(bucket / perPower) + 4;
  return (2 ** exponent + ((bucket % perPower) + 1) * 2 ** (exponent - 5)) / 1e6;
}

/** One histogram of all values of several. */
export function mergeHistograms(histograms: Iterable<Histogram>): Histogram {
  const merged = new Map<number, number>();
  for (const histogram of histograms) {
    for (const [bucket, count] of histogram) merged.set(bucket, (merged.get(bucket) ?? 0) + count);
  }
  return merged;
}

/**
 * Quantile in seconds by the nearest rank: upper bound of the bucket that holds value number ceil(share * n) in ascending
 * order. `share` is between 0 (exclusive) and 1; null without values.
 */
export function histogramQuantile(histogram: Histogram, share: number): number | null {
  const buckets = [...histogram].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  const rank = Math.max(1, Math.ceil(share * total));
  let seen = 0;
  for (const [bucket, count] of buckets) {
    seen += count;
    if (seen >= rank) return upperBound(bucket);
  }
  return null;
}
