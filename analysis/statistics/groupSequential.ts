/**
 * Boundaries of a group sequential test: critical values for several looks at growing data that together keep one error
 * rate. They come from the joint normal law of the looks, by recursive numerical integration.
 * P. Armitage, C. K. McPherson and B. C. Rowe, Repeated significance tests on accumulating data, J. R. Statist. Soc. A 132
 * (1969) 235-244; C. Jennison and B. W. Turnbull, Group Sequential Methods, 2000, chapter 19.
 */
import normalCdf from "@stdlib/stats-base-dists-normal-cdf";

/**
 * Spending function of Pocock's type: the part of `alpha` that may be used up when the share `information` (0 to 1) of all
 * planned data is there. It is nearly flat in the critical values, so that an early end costs little.
 * K. K. G. Lan and D. L. DeMets, Discrete sequential boundaries for clinical trials, Biometrika 70 (1983) 659-663
 */
export function pocockSpending(alpha: number, information: number): number {
  return alpha * Math.log(1 + (Math.E - 1) * Math.min(1, Math.max(0, information)));
}

/** Steps of Simpson's rule from zero to the boundary: the law is the same on both sides of zero. */
const steps = 40;

/** Sizes of the score process where it went on, with the weight of each in an integral over its law. */
interface Law {
  readonly at: readonly number[];
  readonly weight: readonly number[];
}

/**
 * Two-sided nominal levels, one for each look: an ordinary test at look k with its level makes all looks together wrong with
 * probability `spent[k]` up to there. `information` and `spent` grow, from above 0; information is a share of all that is
 * planned. To about four digits.
 */
export function nominalLevels(information: readonly number[], spent: readonly number[]): number[] {
  let law: Law = { at: [0], weight: [1] };
  let [informationBefore, spentBefore] = [0, 0];
  return information.map((now, look) => {
    const step = Math.sqrt(now - informationBefore);
    const spentNow = spent[look] ?? spentBefore;
    const boundary = boundaryOf(law, step, spentNow - spentBefore, Math.sqrt(now));
    law = lawAfter(law, step, boundary);
    [informationBefore, spentBefore] = [now, spentNow];
    return 2 * below(-boundary / Math.sqrt(now));
  });
}

const below = (z: number): number => normalCdf(z, 0, 1);

/** Where the process crosses for the first time with the wanted probability, by halving. `scale`: its standard deviation. */
function boundaryOf({ at, weight }: Law, step: number, wanted: number, scale: number): number {
  const crossing = (boundary: number): number =>
    at.reduce(
      (sum, x, index) => sum + (weight[index] ?? 0) * (below((x - boundary) / step) + below((-boundary - x) / step)),
      0,
    );
  let [low, high] = [0, 9 * scale];
  while (high - low > 1e-6 * scale) {
    const middle = (low + high) / 2;
    if (crossing(middle) > wanted) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The law of the size of the process at a look where it stayed between the boundaries. */
function lawAfter({ at, weight }: Law, step: number, boundary: number): Law {
  const width = boundary / steps;
  const points = Array.from({ length: steps + 1 }, (_, index) => index * width);
  const scale = 1 / (step * Math.sqrt(2 * Math.PI));
  return {
    at: points,
    weight: points.map((x, index) => {
      let density = 0;
      for (const [from, before] of at.entries()) {
        const [near, far] = [(x - before) / step, (x + before) / step];
        density += (weight[from] ?? 0) * (Math.exp((-near * near) / 2) + Math.exp((-far * far) / 2));
      }
      const simpson = index === 0 || index === steps ? 1 : index % 2 === 1 ? 4 : 2;
      return density * scale * simpson * (width / 3);
    }),
  };
}
