import normalCdf from "@stdlib/stats-base-dists-normal-cdf";
import tQuantile from "@stdlib/stats-base-dists-t-quantile";
import type { Interval } from "./interval.ts";
import { mean, type Samples } from "./mean.ts";
import { seededRandom } from "./random.ts";

const normalQuantile = (share: number): number => tQuantile(share, 1e12);

/**
 * Bootstrap interval of a statistic, bias-corrected and accelerated (BCa), in the unit of the statistic; the same for the
 * same seed. null when resampling does not move the statistic, and for fewer than three values.
 * B. Efron, Better bootstrap confidence intervals, J. Am. Statist. Assoc. 82 (1987) 171-185
 */
export function bcaInterval(
  values: Samples,
  statistic: (values: Samples) => number = mean,
  { resamples = 5000, level = 0.95, seed = 1 } = {},
): Interval | null {
  const n = values.length;
  if (n < 3) return null;
  const random = seededRandom(seed);
  // One list for all of thousands of resamples: a list for each takes longer than the statistic.
  const resample: [number, ...number[]] = [...values];
  const drawn = new Float64Array(resamples).map(() => {
    for (let index = 0; index < n; index++) resample[index] = values[Math.floor(random() * n)] ?? values[0];
    return statistic(resample);
  });
  drawn.sort();
  const observed = statistic(values);
  // Ties count half, so that a symmetric law has no bias.
  const below = drawn.filter((value) => value < observed).length;
  const equal = drawn.filter((value) => value === observed).length;
  const share = (below + equal / 2) / resamples;
  if (share <= 0 || share >= 1 || drawn[0] === drawn.at(-1)) return null;
  const bias = normalQuantile(share);
  const acceleration = accelerationOf(values, statistic);
  const at = (probability: number): number => {
    const z = bias + normalQuantile(probability);
    const adjusted = normalCdf(bias + z / (1 - acceleration * z), 0, 1);
    return drawn[Math.min(resamples - 1, Math.max(0, Math.floor(adjusted * resamples)))] ?? observed;
  };
  return { low: at((1 - level) / 2), high: at((1 + level) / 2) };
}

/** From the jackknife: how fast the standard error of the statistic changes with its value. */
function accelerationOf(values: Samples, statistic: (values: Samples) => number): number {
  const left = values.map((_, out) => {
    const [first = 0, ...rest] = values.filter((_value, index) => index !== out);
    return statistic([first, ...rest]);
  });
  const centre = left.reduce((sum, value) => sum + value, 0) / left.length;
  const squares = left.reduce((sum, value) => sum + (centre - value) ** 2, 0);
  return squares === 0 ? 0 : left.reduce((sum, value) => sum + (centre - value) ** 3, 0) / (6 * squares ** 1.5);
}
