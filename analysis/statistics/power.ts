import tQuantile from "@stdlib/stats-base-dists-t-quantile";
import { noncentralTCdf } from "./noncentralT.ts";

/** A test of two sets with the same number of runs each. */
export interface Test {
  /** Allowed chance of a false alarm. */
  readonly alpha: number;
  /** 2: a difference either way; 1: a difference in one direction. */
  readonly sides: 1 | 2;
}

/** Beyond this nobody runs a campaign. */
const mostRuns = 10_000;

/**
 * Power of a t test: the probability that `runs` runs on each side show a true difference. The difference and the
 * standard deviation of one run are in the same unit (here: logarithms); `runs` >= 2, `deviation` > 0.
 * J. Cohen, Statistical Power Analysis, 2nd ed. 1988, chapter 2; from the noncentral t law
 */
export function testPower(difference: number, deviation: number, runs: number, { alpha, sides }: Test): number {
  const freedom = 2 * (runs - 1);
  const critical = tQuantile(1 - alpha / sides, freedom);
  const noncentrality = (Math.abs(difference) / deviation) * Math.sqrt(runs / 2);
  const above = 1 - noncentralTCdf(critical, freedom, noncentrality);
  return sides === 1 ? above : above + noncentralTCdf(-critical, freedom, noncentrality);
}

/** Fewest runs on each side that reach a power; null for more than 10,000 or a difference of zero. Units as in `testPower`. */
export function runsNeeded(difference: number, deviation: number, power: number, test: Test): number | null {
  const reached = (runs: number): boolean => testPower(difference, deviation, runs, test) >= power;
  if (difference === 0 || !reached(mostRuns)) return null;
  let [low, high] = [1, 2];
  while (!reached(high)) [low, high] = [high, Math.min(2 * high, mostRuns)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (reached(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Smallest true difference that `runs` runs on each side show with a power, in the unit of the deviation. */
export function smallestDetectable(deviation: number, runs: number, power: number, test: Test): number {
  const reached = (multiple: number): boolean => testPower(multiple, 1, runs, test) >= power;
  let [low, high] = [0, 1];
  while (!reached(high)) [low, high] = [high, 2 * high];
  while (high - low > 1e-9 * high) {
    const middle = (low + high) / 2;
    if (reached(middle)) high = middle;
    else low = middle;
  }
  return high * deviation;
}
