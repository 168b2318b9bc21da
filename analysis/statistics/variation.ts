import { mean, standardDeviation, type Samples } from "./mean.ts";

/**
 * Coefficient of variation: standard deviation over the size of the mean, a plain number (0.03 is 3 %).
 * null for one value (no spread) and for a mean of zero (no size to compare with).
 * https://en.wikipedia.org/wiki/Coefficient_of_variation
 */
export function coefficientOfVariation(values: Samples): number | null {
  const deviation = standardDeviation(values);
  const size = Math.abs(mean(values));
  return deviation === null || size === 0 ? null : deviation / size;
}
