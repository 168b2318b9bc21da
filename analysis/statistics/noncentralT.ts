import betainc from "@stdlib/math-base-special-betainc";
import normalCdf from "@stdlib/stats-base-dists-normal-cdf";

/** The sum ends when all terms that are left cannot add more than this. */
const enough = 1e-13;
/** Over this noncentrality the first term underflows, and the law is close to normal. */
const largest = 37;

/**
 * Noncentral t law: P(T <= t) with `freedom` > 0 degrees of freedom and a noncentrality, all plain numbers. It is the law of
 * a t statistic when there is a true difference, so it gives the power of a t test.
 * R. V. Lenth, Algorithm AS 243, Applied Statistics 38 (1989) 185-189; for a noncentrality above 37 in size the normal
 * approximation 26.7.10 of Abramowitz and Stegun.
 */
export function noncentralTCdf(t: number, freedom: number, noncentrality: number): number {
  if (t < 0) return 1 - noncentralTCdf(-t, freedom, -noncentrality);
  if (Math.abs(noncentrality) > largest) {
    const narrow = 1 - 1 / (4 * freedom);
    return normalCdf((t * narrow - noncentrality) / Math.sqrt(1 + t ** 2 / (2 * freedom)), 0, 1);
  }
  const x = t ** 2 / (t ** 2 + freedom);
  const half = noncentrality ** 2 / 2;
  const b = freedom / 2;
  let even = 0.5 * Math.exp(-half);
  let odd = Math.sqrt(2 / Math.PI) * even * noncentrality;
  let [sum, left] = [0, 0.5 - even];
  for (let a = 0.5; x > 0; a++) {
    const [evenBeta, oddBeta] = [betainc(x, a, b), betainc(x, a + 0.5, b)];
    sum += even * evenBeta + odd * oddBeta;
    // From the largest Poisson weight on, what is left of them bounds the error.
    if (a > half && 2 * left * evenBeta <= enough) break;
    even *= half / (a + 0.5);
    odd *= half / (a + 1);
    left -= even;
  }
  return Math.min(1, sum + normalCdf(-noncentrality, 0, 1));
}
