/** How far a split is from its weights. Apart from the test, whose laws take longer to load than many a run to read. */

/** The share of requests that should have gone to another backend, 0 to 1 (total variation distance). */
export function distanceToReference(counts: readonly number[], weights: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count, index) => sum + Math.abs(count / total - (weights[index] ?? 0)), 0) / 2;
}

/**
 * Mean distance to the weights that a random splitter gives at a number of requests: half the sum of the mean absolute
 * deviations of the binomial counts, from the normal law: sqrt(2 / pi) of their standard deviation
 * R. C. Geary, The ratio of the mean deviation to the standard deviation, Biometrika 27 (1935) 310
 */
export function chanceDistance(requests: number, weights: readonly number[]): number {
  const deviations = weights.reduce((sum, weight) => sum + Math.sqrt((weight * (1 - weight)) / requests), 0);
  return (Math.sqrt(2 / Math.PI) / 2) * deviations;
}
