import type { Interval } from "./interval.ts";

/** Terms smaller than this part of the largest one cannot move a quantile that anyone asks for. */
const negligible = 1e-20;

/** The terms of a binomial law that are not negligible: `terms[i]` is the probability of `first + i` successes. */
export interface BinomialTerms {
  readonly first: number;
  readonly terms: Float64Array;
}

/**
 * The probabilities of a binomial law down to `smallest` times the largest one. They are built up from the mode by their
 * ratio and then normalised, so nothing overflows and no approximation is made; it takes about 20 standard deviations'
 * worth of terms, which is quick at a million trials. `trials` is a whole number >= 0; `share` is between 0 and 1.
 * https://en.wikipedia.org/wiki/Binomial_distribution
 */
export function binomialTerms(trials: number, share: number, smallest = negligible): BinomialTerms {
  if (share <= 0 || share >= 1) return { first: share <= 0 ? 0 : trials, terms: Float64Array.of(1) };
  const mode = Math.min(trials, Math.floor((trials + 1) * share));
  const odds = share / (1 - share);
  const below: number[] = [];
  for (let count = mode, term = 1; count > 0 && term > smallest; count--) {
    term *= count / ((trials - count + 1) * odds);
    below.push(term);
  }
  const above: number[] = [];
  for (let count = mode, term = 1; count < trials && term > smallest; count++) {
    term *= ((trials - count) * odds) / (count + 1);
    above.push(term);
  }
  // A report asks for thousands of them: loops, since lists of lists cost more than the terms.
  const terms = new Float64Array(below.length + 1 + above.length);
  let total = 0;
  for (let index = 0; index < terms.length; index++) {
    const distance = index - below.length;
    const term = distance === 0 ? 1 : ((distance < 0 ? below[-distance - 1] : above[distance - 1]) ?? 0);
    terms[index] = term;
    total += term;
  }
  for (let index = 0; index < terms.length; index++) terms[index] = (terms[index] ?? 0) / total;
  return { first: mode - below.length, terms };
}

/** Quantiles that were asked for before: a report asks several times for the band of each window. */
const known = new Map<string, readonly number[]>();
/** Some megabytes. */
const mostKnown = 20_000;

/** Exact quantiles of the binomial law: for each probability the smallest count k with P(X <= k) >= probability. */
export function binomialQuantiles(trials: number, share: number, probabilities: readonly number[]): readonly number[] {
  const key = `${trials} ${share} ${probabilities.join(" ")}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const { first, terms } = binomialTerms(trials, share);
  const quantiles = probabilities.map((probability) => {
    let index = 0;
    for (let sum = terms[0] ?? 0; sum < probability && index < terms.length - 1; sum += terms[index] ?? 0) index++;
    return first + index;
  });
  if (known.size >= mostKnown) known.clear();
  known.set(key, quantiles);
  return quantiles;
}

/**
 * The band in which the share of a random weighted split falls by chance alone: the central `level` of the binomial law
 * at `trials` requests and the given weight (0 to 1). Equal-tailed; because counts are whole it covers at least `level`.
 * null when there is no request.
 */
export function binomialBand(trials: number, weight: number, level = 0.95): Interval | null {
  if (trials <= 0) return null;
  const [low, high] = binomialQuantiles(trials, weight, [(1 - level) / 2, (1 + level) / 2]);
  return low === undefined || high === undefined ? null : { low: low / trials, high: high / trials };
}
