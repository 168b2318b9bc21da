import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSamples, type Samples } from "../../../analysis/statistics/mean.ts";
import { median, medianInterval } from "../../../analysis/statistics/median.ts";
import { truncatedMean } from "../../../analysis/statistics/truncatedMean.ts";
import { coefficientOfVariation } from "../../../analysis/statistics/variation.ts";

const rates: Samples = [9.3, 11.0, 10.2, 9.9, 10.6];
const withOutlier: Samples = [50, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1];

const runs = (min: number, max: number) =>
  fc
    .array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: min, maxLength: max })
    .filter((values): values is [number, ...number[]] => isSamples(values));

/** 1 to n. */
function ranks(n: number): [number, ...number[]] {
  return [1, ...Array.from({ length: n - 1 }, (_, index) => index + 2)];
}

describe("median", () => {
  it("agrees with SciPy and leaves the values in their order", () => {
    // numpy.median
    expect(median(rates)).toBe(10.2);
    expect(median(withOutlier)).toBe(6.5);
    expect(withOutlier[0]).toBe(50);
    expect(median([3])).toBe(3);
  });

  it("has as many values above as below", () => {
    fc.assert(
      fc.property(runs(1, 40), (values) => {
        const middle = median(values);
        const above = values.filter((value) => value > middle).length;
        const below = values.filter((value) => value < middle).length;
        expect(Math.max(above, below)).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });

  // scipy 1.17.1: k = stats.binom.ppf(0.025, n, 0.5); ranks k and n + 1 - k; level 1 - 2 * stats.binom.cdf(k - 1, n, 0.5)
  it.each([
    [6, 1, 6, 0.96875],
    [7, 1, 7, 0.984375],
    [8, 1, 8, 0.9921875],
    [9, 2, 8, 0.9609375],
    [10, 2, 9, 0.978515625],
    [16, 4, 13, 0.978729248046875],
    [20, 6, 15, 0.9586105346679688],
    [50, 18, 33, 0.9671608624357315],
  ])("has SciPy's ranks and level at n = %i", (n, low, high, level) => {
    const interval = medianInterval(ranks(n));
    expect(interval).toMatchObject({ low, high });
    expect(interval?.level).toBeCloseTo(level, 12);
  });

  it("has no interval below six values, and a wider one at a higher level", () => {
    for (const n of [1, 2, 3, 4, 5]) expect(medianInterval(ranks(n))).toBeNull();
    expect(medianInterval(ranks(16), 0.99)).toMatchObject({ low: 3, high: 14 });
  });

  it("has an interval of one point when nothing varies", () => {
    expect(medianInterval([2, 2, 2, 2, 2, 2])).toMatchObject({ low: 2, high: 2 });
  });
});

describe("truncated mean", () => {
  it("agrees with SciPy", () => {
    // scipy 1.17.1: stats.trim_mean(values, max(1, n // 10) / n)
    expect(truncatedMean(rates)).toBeCloseTo(10.233333333333334, 12);
    expect(truncatedMean(withOutlier)).toBeCloseTo(6.5, 12);
  });

  it("cuts 10 % of each end when that is more than one", () => {
    expect(truncatedMean([1000, ...ranks(28), -1000])).toBe(14.5);
  });

  it("needs three values", () => {
    expect(truncatedMean([1])).toBeNull();
    expect(truncatedMean([1, 2])).toBeNull();
    expect(truncatedMean([1, 2, 9])).toBe(2);
  });

  it("stays between smallest and largest", () => {
    fc.assert(
      fc.property(runs(3, 40), (values) => {
        const result = truncatedMean(values) ?? Number.NaN;
        expect(result).toBeGreaterThanOrEqual(Math.min(...values) - 1e-6);
        expect(result).toBeLessThanOrEqual(Math.max(...values) + 1e-6);
      }),
    );
  });
});

describe("coefficient of variation", () => {
  it("agrees with SciPy and does not depend on the unit", () => {
    // scipy 1.17.1: stats.variation(values, ddof=1)
    expect(coefficientOfVariation(rates)).toBeCloseTo(0.06391374907061417, 12);
    expect(coefficientOfVariation([1, 2, 3])).toBeCloseTo(coefficientOfVariation([-1e9, -2e9, -3e9]) ?? 0, 12);
  });

  it("has none for one value or a mean of zero, and 0 when nothing varies", () => {
    expect(coefficientOfVariation([3])).toBeNull();
    expect(coefficientOfVariation([1, -1])).toBeNull();
    expect(coefficientOfVariation([4, 4])).toBe(0);
  });
});
