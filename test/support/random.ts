export { seededRandom } from "../../analysis/statistics/random.ts";

/** Number of successes in `trials` draws. */
export function drawBinomial(random: () => number, trials: number, share: number): number {
  let successes = 0;
  for (let trial = 0; trial < trials; trial++) if (random() < share) successes++;
  return successes;
}
