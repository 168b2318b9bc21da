/** The multinomial law: how requests fall on backends when each is drawn at random by weight. */
import gammaln from "@stdlib/math-base-special-gammaln";

/** Probability of these counts; `shares` sum to 1, each above 0. https://en.wikipedia.org/wiki/Multinomial_distribution */
export function multinomialProbability(counts: readonly number[], shares: readonly number[]): number {
  const trials = counts.reduce((sum, count) => sum + count, 0);
  const log = counts.reduce(
    (sum, count, index) => sum + count * Math.log(shares[index] ?? 0) - gammaln(count + 1),
    gammaln(trials + 1),
  );
  return Math.exp(log);
}

/** Number of ways to split `trials` requests over `backends` backends. */
export function countOutcomes(trials: number, backends: number): number {
  let ways = 1;
  for (let i = 1; i < backends; i++) ways = (ways * (trials + i)) / i;
  return ways;
}

/** All of these ways. */
export function* allOutcomes(trials: number, backends: number): Generator<number[]> {
  if (backends <= 1) {
    yield [trials];
    return;
  }
  for (let count = 0; count <= trials; count++) {
    for (const rest of allOutcomes(trials - count, backends - 1)) yield [count, ...rest];
  }
}

/** One random split: each backend's count is binomial given those before it. */
export function drawMultinomial(random: () => number, trials: number, shares: readonly number[]): number[] {
  let [left, share] = [trials, 1];
  return shares.map((own, index) => {
    const count = index === shares.length - 1 ? left : drawBinomial(random, left, Math.min(1, own / share));
    left -= count;
    share -= own;
    return count;
  });
}

/**
 * A random number of successes, exact for any number of trials: one uniform number is used up by the terms of the law from
 * the mode outwards, which takes about as many steps as the standard deviation.
 * L. Devroye, Non-Uniform Random Variate Generation, 1986, sections III.2.2 and X.4.2
 */
export function drawBinomial(random: () => number, trials: number, share: number): number {
  if (share <= 0 || share >= 1) return share <= 0 ? 0 : trials;
  const odds = share / (1 - share);
  const mode = Math.min(trials, Math.floor((trials + 1) * share));
  const atMode = multinomialProbability([mode, trials - mode], [share, 1 - share]);
  let left = random() - atMode;
  for (let low = mode, high = mode, below = atMode, above = atMode; left > 0 && (low > 0 || high < trials);) {
    below *= low / ((trials - low + 1) * odds);
    above *= ((trials - high) * odds) / (high + 1);
    if (low > 0 && (left -= below) <= 0) return low - 1;
    if (high < trials && (left -= above) <= 0) return high + 1;
    low = Math.max(0, low - 1);
    high = Math.min(trials, high + 1);
  }
  // Used up at the mode, or rounding left a rest when all terms were gone.
  return mode;
}
