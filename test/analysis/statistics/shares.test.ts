import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binomialBand, binomialQuantiles } from "../../../analysis/statistics/binomial.ts";
import { wilsonInterval } from "../../../analysis/statistics/wilson.ts";

describe("Wilson interval", () => {
  // scipy 1.17.1: stats.binomtest(k, n).proportion_ci(0.95, "wilson")
  it.each([
    [60, 100, 0.5020025867910618, 0.6905987135675411],
    [0, 10, 0, 0.27753279986288926],
    [10, 10, 0.7224672001371109, 1],
    [59_870, 100_000, 0.5956582678947073, 0.6017341493568689],
    [1, 500, 0.00035313639455927456, 0.011240706705146757],
  ])("agrees with SciPy for %i of %i", (successes, n, low, high) => {
    const interval = wilsonInterval(successes, n);
    expect(interval?.low).toBeCloseTo(low, 10);
    expect(interval?.high).toBeCloseTo(high, 10);
  });

  it("holds the share and stays between 0 and 1", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, part) => {
        const successes = Math.round(n * part);
        const { low, high } = wilsonInterval(successes, n) ?? { low: 2, high: -1 };
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(successes / n + 1e-12);
        expect(high).toBeGreaterThanOrEqual(successes / n - 1e-12);
      }),
    );
  });

  it("has none without requests", () => {
    expect(wilsonInterval(0, 0)).toBeNull();
  });
});

/** P(X <= k) by adding products of plain fractions; only for few trials. */
function naiveCdf(trials: number, share: number, count: number): number {
  let sum = 0;
  for (let k = 0; k <= count; k++) {
    let ways = 1;
    for (let i = 0; i < k; i++) ways = (ways * (trials - i)) / (i + 1);
    sum += ways * share ** k * (1 - share) ** (trials - k);
  }
  return sum;
}

describe("binomial band", () => {
  // scipy 1.17.1: stats.binom.ppf([0.025, 0.5, 0.975], n, p)
  it.each([
    [1000, 0.6, [570, 600, 630]],
    [5000, 0.6, [2932, 3000, 3068]],
    [100_000, 0.6, [59_696, 60_000, 60_304]],
    [1, 0.6, [0, 1, 1]],
    [7, 0.05, [0, 0, 2]],
    [12_000, 0.95, [11_353, 11_400, 11_446]],
    [3, 0.5, [0, 1, 3]],
  ])("has SciPy's quantiles at n = %i, share %f", (trials, share, quantiles) => {
    expect(binomialQuantiles(trials, share, [0.025, 0.5, 0.975])).toEqual(quantiles);
  });

  it("is 3.0, 1.36 and 0.30 points wide for 60/40, as the method says", () => {
    const half = (trials: number): number => (0.6 - (binomialBand(trials, 0.6)?.low ?? 0)) * 100;
    expect(half(1000)).toBeCloseTo(3.0, 1);
    expect(half(5000)).toBeCloseTo(1.36, 2);
    expect(half(100_000)).toBeCloseTo(0.3, 2);
  });

  it("gives the smallest count that reaches the probability", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (trials, share, probability) => {
          const [count = -1] = binomialQuantiles(trials, share, [probability]);
          expect(naiveCdf(trials, share, count)).toBeGreaterThanOrEqual(probability - 1e-9);
          if (count > 0) expect(naiveCdf(trials, share, count - 1)).toBeLessThan(probability + 1e-9);
        },
      ),
    );
  });

  it("knows certain outcomes and no requests", () => {
    expect(binomialBand(50, 1)).toEqual({ low: 1, high: 1 });
    expect(binomialBand(50, 0)).toEqual({ low: 0, high: 0 });
    expect(binomialBand(0, 0.6)).toBeNull();
  });
});
