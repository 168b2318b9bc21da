/**
 * Intervals that hold although a campaign looks at them after each block and stops when it likes what it sees: repeated
 * confidence intervals. All looks together hold with at least 1 - alpha, whatever ends the campaign: a wanted half-width, a
 * budget, or somebody who has seen enough. Alpha is spent by a function of the share of the planned blocks that is done, so
 * looks that were not planned are allowed too. The nominal level of each look comes from the joint normal law of the looks;
 * a t interval (Student for a mean, Welch for a ratio) at that level takes account of few runs (the significance level
 * approach: Jennison and Turnbull 2000, 4.4; simulated in the tests, since it is exact for large numbers only).
 * C. Jennison and B. W. Turnbull, Interim analyses: the repeated confidence interval approach, J. R. Statist. Soc. B 51
 * (1989) 305-361; K. K. G. Lan and D. L. DeMets, Biometrika 70 (1983) 659-663.
 */
import { nominalLevels, pocockSpending } from "./groupSequential.ts";

export const sequentialMethod =
  "repeated confidence intervals (Jennison and Turnbull 1989): t intervals at nominal levels of a group sequential boundary, alpha spent by Pocock's type of function (Lan and DeMets 1983)";

/** From the twentieth look on or so, looks are this far apart: few more would be gained, and each costs a little alpha. */
const growth = 1.05;

/** Numbers of blocks after which a campaign looks: from `minBlocks` on after each, later every twentieth part more. */
export function plannedLooks(minBlocks: number, maxBlocks: number): number[] {
  const looks: number[] = [];
  for (let blocks = minBlocks; blocks < maxBlocks; blocks = Math.floor(Math.max(blocks + 1, blocks * growth)))
    looks.push(blocks);
  return [...looks, maxBlocks];
}

/**
 * Two-sided error rate of an ordinary interval at each of the looks, so that all hold together with 1 - alpha.
 * @param looks numbers of blocks, growing; the last at most `maxBlocks`
 */
export function lookLevels(looks: readonly number[], maxBlocks: number, alpha: number): readonly number[] {
  const key = [alpha, maxBlocks, ...looks].join(" ");
  const information = looks.map((blocks) => blocks / maxBlocks);
  const levels =
    known.get(key) ??
    nominalLevels(
      information,
      information.map((share) => pocockSpending(alpha, share)),
    );
  known.set(key, levels);
  return levels;
}

/** A campaign asks for the same levels again and again, and each takes a few milliseconds. */
const known = new Map<string, readonly number[]>();

/** The looks that a campaign has taken when it has so many blocks, this one included, also when it was not planned. */
export function looksTaken(planned: readonly number[], blocks: number): number[] {
  return [...planned.filter((look) => look < blocks), blocks];
}

/** Error rates for which the repeated p value is computed exactly; between them it is interpolated on logarithms. */
const rates = [1e-6, 1e-5, 1e-4, 1e-3, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.7, 0.95];

/**
 * The repeated p value of an ordinary two-sided p value at the last of the looks: the smallest error rate of all looks
 * together at which this look would still show a difference. At most alpha exactly when the interval of this look leaves
 * out no difference, whatever alpha is; so it may be adjusted for many comparisons like any p value.
 * C. Jennison and B. W. Turnbull 1989, section 6
 */
export function repeatedP(looks: readonly number[], maxBlocks: number): (p: number) => number {
  const table = rates.map((rate) => ({ rate, nominal: lookLevels(looks, maxBlocks, rate).at(-1) ?? rate }));
  return (p) => {
    const above = table.findIndex(({ nominal }) => nominal >= p);
    if (above === -1) return 1;
    const [low, high] = [table[above - 1], table[above]];
    // Below the smallest rate of the table Boole's inequality is as good.
    if (high === undefined) return 1;
    if (low === undefined) return Math.min(high.rate, p * looks.length);
    const part = Math.log(p / low.nominal) / Math.log(high.nominal / low.nominal);
    return Math.min(1, low.rate * (high.rate / low.rate) ** part);
  };
}
