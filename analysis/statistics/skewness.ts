import normalCdf from "@stdlib/stats-base-dists-normal-cdf";
import { mean, type Samples } from "./mean.ts";

/** Fewer values cannot show a shape. */
const fewest = 8;
/** Chance to call symmetric data skewed, on both sides together. */
const alpha = 0.05;

export type Shape = "" | "skewed" | "lognormal";

/**
 * Skewness of a sample, a plain number without correction for bias (g1): third central moment over the 3/2 power of the
 * second. 0 is symmetric, above 0 has a long tail to the right. null when the values do not vary.
 * https://en.wikipedia.org/wiki/Skewness#Sample_skewness
 */
export function skewness(values: Samples): number | null {
  const centre = mean(values);
  const moment = (power: number): number =>
    values.reduce((sum, value) => sum + (value - centre) ** power, 0) / values.length;
  const second = moment(2);
  // What is left of equal values by rounding is no spread.
  return second <= (1e-12 * centre) ** 2 ? null : moment(3) / second ** 1.5;
}

/**
 * Test of a normal sample's skewness: the two-sided p value, from n = 8 on; null below, and when the values do not vary.
 * R. B. D'Agostino, Transformation to normality of the null distribution of g1, Biometrika 57 (1970) 679-681
 */
export function skewnessP(values: Samples): number | null {
  const n = values.length;
  const g1 = skewness(values);
  if (n < fewest || g1 === null) return null;
  const scaled = g1 * Math.sqrt(((n + 1) * (n + 3)) / (6 * (n - 2)));
  const kurtosis = (3 * (n ** 2 + 27 * n - 70) * (n + 1) * (n + 3)) / ((n - 2) * (n + 5) * (n + 7) * (n + 9));
  const squared = Math.sqrt(2 * (kurtosis - 1)) - 1;
  const delta = 1 / Math.sqrt(0.5 * Math.log(squared));
  const z = delta * Math.asinh(scaled / Math.sqrt(2 / (squared - 1)));
  return 2 * normalCdf(-Math.abs(z), 0, 1);
}

/**
 * Names data whose mean is less sure than its t interval says: `skewed` when D'Agostino's test finds a skewness at 5 %,
 * `lognormal` when it is to the right and the logarithms show none. Blank says only that these values do not show it.
 */
export function shapeOf(values: Samples): Shape {
  const p = skewnessP(values);
  if (p === null || p > alpha) return "";
  if ((skewness(values) ?? 0) < 0 || values.some((value) => value <= 0)) return "skewed";
  const [first, ...rest] = values;
  const ofLogs = skewnessP([Math.log(first), ...rest.map(Math.log)]);
  return ofLogs !== null && ofLogs > alpha ? "lognormal" : "skewed";
}
