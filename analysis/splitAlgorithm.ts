/** How a gateway picks a backend, by the dispersion of its windows. Pure. */
import type { Dispersion } from "./statistics/dispersion.ts";

/**
 * `random`: each request is drawn by itself. `scheduled`: backends take turns, so that windows scatter less than draws would.
 * `sticky or bursty`: answers come in runs, so that they scatter more. `cannot tell`: too few windows. Blank: no split.
 */
export type SplitAlgorithm = "random" | "scheduled" | "sticky or bursty" | "cannot tell" | "";

/** An interval that holds 1 says "random" only when it lies inside these bounds: a variance within a factor of two of the binomial. */
export const randomWithin = [0.5, 2] as const;

/** Fewest answers for and against a backend in a window of mean size, below which the interval does not hold. */
const leastAnswers = 5;

/**
 * The algorithm by the 95 % interval of the dispersion index: below 1 as a whole, above 1 as a whole, or around 1 and narrow.
 * One true random splitter in twenty is named otherwise, as with any 95 % interval.
 * @param fewest answers for or against the backend in a window of mean size, whichever are fewer
 */
export function splitAlgorithm(dispersion: Dispersion | null, fewest: number): SplitAlgorithm {
  if (dispersion === null) return "";
  const { low, high } = dispersion;
  if (fewest < leastAnswers) return "cannot tell";
  if (high < 1) return "scheduled";
  if (low > 1) return "sticky or bursty";
  return low >= randomWithin[0] && high <= randomWithin[1] ? "random" : "cannot tell";
}
