/** At least one value: what a mean needs. */
export type Samples = readonly [number, ...number[]];

/** True when there is something to take a mean of. */
export function isSamples(values: readonly number[]): values is Samples {
  return values.length > 0;
}

/** Arithmetic mean. */
export function mean(values: Samples): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Sample variance with n - 1 in the denominator, in two passes so that large offsets cost no digits; null for one value.
 * https://en.wikipedia.org/wiki/Variance#Unbiased_sample_variance
 */
export function sampleVariance(values: Samples): number | null {
  if (values.length < 2) return null;
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

/** Sample standard deviation, in the unit of the values; null for one value. */
export function standardDeviation(values: Samples): number | null {
  const variance = sampleVariance(values);
  return variance === null ? null : Math.sqrt(variance);
}
