/** Is this split by weight one that chance makes? A split is counts of good answers by backend, and weights that sum to 1. */
import { binomialTerms } from "./binomial.ts";
import { allOutcomes, countOutcomes, drawMultinomial, multinomialProbability } from "./multinomial.ts";
import { distanceToReference } from "./splitDistance.ts";

/** Terms of a law below this part of the largest are left out, so that a p value below it is 0. */
const smallest = 1e-300;
/** An outcome as likely as the observed one but for rounding counts as such, as in R's binom.test. */
const rounding = 1e-7;
/** With three backends and more, up to so many outcomes are added up; where there are more, so many are simulated. */
const mostOutcomes = 10_000;

export interface SplitTest {
  /** Probability of a split as unlikely as this one, or more so, when requests are drawn at random by weight. */
  readonly p: number;
  /** The distance to the weights within which chance stays at the level. */
  readonly chance: number;
  /** `exact`: over all outcomes. `simulated`: over 10,000 random ones, so that p is 0.0001 at the least. */
  readonly method: "exact" | "simulated";
}

/**
 * Tests a split against its weights by the method of small p values, and gives the distance that chance allows at this
 * number of requests. Two backends: the exact two-sided binomial test. More: the multinomial test, exact where there are
 * at most 10,000 outcomes, else simulated. A backend of weight 0 must get nothing: p is 0 when it gets something.
 * null without requests, and with fewer than two backends of a weight above 0, since nothing is split then.
 * R, stats::binom.test; N. Cressie and T. R. C. Read, J. R. Statist. Soc. B 46 (1984) 440-464
 */
export function splitTest(
  counts: readonly number[],
  weights: readonly number[],
  random: () => number,
  level = 0.95,
): SplitTest | null {
  const used = weights.flatMap((weight, index) => (weight > 0 ? [{ weight, count: counts[index] ?? 0 }] : []));
  const total = sum(counts);
  if (used.length < 2 || total === 0) return null;
  const shares = used.map(({ weight }) => weight);
  const observed = used.map(({ count }) => count);
  const test =
    used.length === 2
      ? twoBackends(observed, shares, total, level)
      : manyBackends(observed, shares, total, level, random);
  return sum(observed) < total ? { ...test, p: 0 } : test;
}

function twoBackends(observed: readonly number[], shares: readonly number[], total: number, level: number): SplitTest {
  const [share = 0] = shares;
  const { first, terms } = binomialTerms(total, share, smallest);
  const asUnlikely = (terms[(observed[0] ?? 0) - first] ?? 0) * (1 + rounding);
  const p = Math.min(1, sum(terms.filter((term) => term <= asUnlikely)));
  // From the weight outwards, the nearer side first, until the level is held.
  const distanceOf = (index: number): number => Math.abs((first + index) / total - share);
  let [below, above] = [Math.floor(total * share) - first, Math.floor(total * share) - first + 1];
  let [held, chance] = [0, 0];
  while (held < level && (below >= 0 || above < terms.length)) {
    const nearest = above >= terms.length || (below >= 0 && distanceOf(below) <= distanceOf(above)) ? below-- : above++;
    held += terms[nearest] ?? 0;
    chance = distanceOf(nearest);
  }
  return { p, chance, method: "exact" };
}

function manyBackends(
  observed: readonly number[],
  shares: readonly number[],
  total: number,
  level: number,
  random: () => number,
): SplitTest {
  const exact = countOutcomes(total, shares.length) <= mostOutcomes;
  const splits = exact
    ? [...allOutcomes(total, shares.length)]
    : Array.from({ length: mostOutcomes }, () => drawMultinomial(random, total, shares));
  const outcomes = splits.map((counts) => {
    const likelihood = multinomialProbability(counts, shares);
    const mass = exact ? likelihood : 1 / mostOutcomes;
    return { likelihood, mass, distance: distanceToReference(counts, shares) };
  });
  const asUnlikely = multinomialProbability(observed, shares) * (1 + rounding);
  const tail = sum(outcomes.filter(({ likelihood }) => likelihood <= asUnlikely).map(({ mass }) => mass));
  let held = 0;
  const byDistance = outcomes.toSorted((x, y) => x.distance - y.distance);
  return {
    p: Math.min(1, exact ? tail : (tail * mostOutcomes + 1) / (mostOutcomes + 1)),
    chance: (byDistance.find(({ mass }) => (held += mass) >= level) ?? byDistance.at(-1))?.distance ?? 0,
    method: exact ? "exact" : "simulated",
  };
}

function sum(values: Iterable<number>): number {
  let all = 0;
  for (const value of values) all += value;
  return all;
}
