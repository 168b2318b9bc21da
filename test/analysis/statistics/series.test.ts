import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { autocorrelation } from "../../../analysis/statistics/autocorrelation.ts";
import { batchMeansInterval } from "../../../analysis/statistics/batchMeans.ts";
import { bcaInterval } from "../../../analysis/statistics/bootstrap.ts";
import { shapeOf, skewness, skewnessP } from "../../../analysis/statistics/skewness.ts";
import { warmupLength } from "../../../analysis/statistics/warmup.ts";
import { isSamples } from "../../../analysis/statistics/mean.ts";
import { z } from "zod";

const numbers = z.array(z.number());
const golden = z
  .object({
    series: numbers,
    autocorrelation: numbers,
    batchMeans: numbers,
    samples: z.array(z.object({ values: numbers, skewness: z.number(), p: z.number(), bca: numbers })),
  })
  .parse(
    JSON.parse(readFileSync(join(import.meta.dirname, "../../fixtures/statistics/golden.json"), "utf8")) as unknown,
  );

describe("against SciPy", () => {
  it("autocorrelation and batch means", () => {
    for (const [index, lag] of [1, 2, 5].entries())
      expect(autocorrelation(golden.series, lag)).toBeCloseTo(golden.autocorrelation[index] ?? NaN, 12);
    const interval = batchMeansInterval(golden.series);
    expect(interval).toMatchObject({ batches: 10, size: 4 });
    expect(interval?.low).toBeCloseTo(golden.batchMeans[0] ?? NaN, 9);
    expect(interval?.high).toBeCloseTo(golden.batchMeans[1] ?? NaN, 9);
  });

  it.each(golden.samples)("skewness, its test and the BCa bootstrap", ({ values, skewness: g1, p, bca }) => {
    if (!isSamples(values)) throw new Error("no values");
    expect(skewness(values)).toBeCloseTo(g1, 10);
    expect(skewnessP(values)).toBeCloseTo(p, 10);
    const interval = bcaInterval(values);
    const width = (bca[1] ?? NaN) - (bca[0] ?? NaN);
    // Both are random: 5,000 resamples place an end within about 5 % of the width.
    expect(Math.abs((interval?.low ?? NaN) - (bca[0] ?? NaN))).toBeLessThan(0.06 * width);
    expect(Math.abs((interval?.high ?? NaN) - (bca[1] ?? NaN))).toBeLessThan(0.06 * width);
    expect(bcaInterval(values)).toEqual(interval);
  });
});

describe("by hand", () => {
  it("autocorrelation of an alternating series, and where there is none", () => {
    expect(autocorrelation([1, -1, 1, -1], 1)).toBeCloseTo(-0.75, 12);
    expect(autocorrelation([5, 5, 5], 1)).toBeNull();
    expect(autocorrelation([1], 1)).toBeNull();
  });

  it("MSER-5 drops a ramp at the start and nothing of a steady series", () => {
    const steady = Array.from({ length: 100 }, (_, index) => 10 + (index % 2));
    expect(warmupLength(steady)).toBe(0);
    expect(warmupLength([...Array.from({ length: 20 }, (_, index) => index / 4), ...steady])).toBe(20);
    expect(warmupLength(Array.from({ length: 100 }, (_, index) => index))).toBeNull();
    expect(warmupLength([1, 2, 3])).toBeNull();
  });

  it("names the shape of runs, from eight on", () => {
    const uniform = [-7, -5, -3, -1, 1, 3, 5, 7];
    expect(shapeOf([1, 1, 1, 1, 1, 1, 1, 1])).toBe("");
    expect(shapeOf([10, 11, 12, 13, 14, 15, 16, 17])).toBe("");
    const [first = 0, ...rest] = uniform.map((power) => Math.exp(power / 2));
    expect(shapeOf([first, ...rest])).toBe("lognormal");
    expect(shapeOf([0, 1, 1, 1, 1, 1, 1, 50])).toBe("skewed");
    expect(shapeOf([1, 50, 1])).toBe("");
  });

  it("batch means and BCa have nothing to say of too few or equal values", () => {
    expect(batchMeansInterval([1, 2, 3], 2)).toBeNull();
    expect(bcaInterval([1, 1, 1])).toBeNull();
    expect(bcaInterval([1, 2])).toBeNull();
  });
});
