import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { autocorrelation } from "../../../analysis/statistics/autocorrelation.ts";
import { bcaInterval } from "../../../analysis/statistics/bootstrap.ts";
import { shapeOf, skewness, skewnessP } from "../../../analysis/statistics/skewness.ts";
import { warmupLength } from "../../../analysis/statistics/warmup.ts";
import { isSamples } from "../../../analysis/statistics/mean.ts";
import { batchMeansInterval } from "../../support/batchInterval.ts";
import { z } from "zod";

const numbers = z.array(z.number());
const golden = z
  .object({
    series: numbers,
    autocorrelation: numbers,
    independent: numbers,
    batchMeans: numbers,
    warming: numbers,
    warmup: z.number(),
    samples: z.array(z.object({ values: numbers, skewness: z.number(), p: z.number(), bca: numbers })),
  })
  .parse(
    JSON.parse(readFileSync(join(import.meta.dirname, "../../fixtures/statistics/golden.json"), "utf8")) as unknown,
  );

describe("against SciPy", () => {
  it("autocorrelation and batch means", () => {
    for (const [index, lag] of [1, 2, 5].entries())
      expect(autocorrelation(golden.series, lag)).toBeCloseTo(golden.autocorrelation[index] ?? NaN, 12);
    const interval = batchMeansInterval(golden.independent);
    expect(interval).toMatchObject({ batches: 10, size: 12 });
    expect(interval?.low).toBeCloseTo(golden.batchMeans[0] ?? NaN, 9);
    expect(interval?.high).toBeCloseTo(golden.batchMeans[1] ?? NaN, 9);
  });

  it("MSER-5", () => {
    expect(warmupLength(golden.warming)).toBe(golden.warmup);
    expect(golden.warmup).toBeGreaterThanOrEqual(25);
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

const value = fc.double({ min: -100, max: 100, noNaN: true, noDefaultInfinity: true });
const series = (minLength: number) => fc.array(value, { minLength, maxLength: 60 });
const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0);

describe("against a naive version", () => {
  it("autocorrelation, and it stays between -1 and 1", () => {
    fc.assert(
      fc.property(series(3), fc.integer({ min: 1, max: 4 }), (values, lag) => {
        const found = autocorrelation(values, lag);
        if (found === null) return;
        const centre = sum(values) / values.length;
        let [shared, all] = [0, 0];
        for (let at = 0; at < values.length; at++) {
          all += ((values[at] ?? 0) - centre) ** 2;
          if (at >= lag) shared += ((values[at] ?? 0) - centre) * ((values[at - lag] ?? 0) - centre);
        }
        expect(found).toBeCloseTo(shared / all, 9);
        expect(Math.abs(found)).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });

  it("MSER-5 drops what leaves the smallest standard error", () => {
    fc.assert(
      fc.property(series(20), (values) => {
        const means: number[] = [];
        for (let at = 0; at + 5 <= values.length; at += 5) means.push(sum(values.slice(at, at + 5)) / 5);
        let [best, least] = [0, Infinity];
        for (let drop = 0; drop <= Math.floor(means.length / 2); drop++) {
          const kept = means.slice(drop);
          const error = sum(kept.map((one) => (one - sum(kept) / kept.length) ** 2)) / kept.length ** 2;
          if (error < least) [best, least] = [drop, error];
        }
        const expected = best === Math.floor(means.length / 2) ? null : best * 5;
        expect(warmupLength(values)).toBe(expected);
      }),
    );
  });

  it("batch means: the interval moves and grows with the values, and its batches fill the end of the series", () => {
    fc.assert(
      fc.property(series(20), fc.integer({ min: 2, max: 10 }), (values, most) => {
        const found = batchMeansInterval(values, most);
        if (found === null) return;
        expect(found.batches).toBeLessThanOrEqual(most);
        expect(found.batches * found.size).toBeLessThanOrEqual(values.length);
        const used = values.slice(values.length - found.batches * found.size);
        expect((found.low + found.high) / 2).toBeCloseTo(sum(used) / used.length, 6);
        // A power of two changes no digit, so the batches are the same.
        const doubled = batchMeansInterval(
          values.map((one) => 2 * one),
          most,
        );
        expect(doubled?.low).toBeCloseTo(2 * found.low, 9);
        expect(doubled?.high).toBeCloseTo(2 * found.high, 9);
      }),
    );
  });

  it("BCa ends lie between smallest and largest value, in order, and grow with the values", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 3, maxLength: 12 }), (values) => {
        if (!isSamples(values)) return;
        const found = bcaInterval(values, undefined, { resamples: 200 });
        if (found === null) return;
        expect(found.low).toBeGreaterThanOrEqual(Math.min(...values));
        expect(found.high).toBeLessThanOrEqual(Math.max(...values));
        expect(found.low).toBeLessThanOrEqual(found.high);
        const [first, ...rest] = values.map((one) => 2 * one);
        const doubled = bcaInterval([first ?? 0, ...rest], undefined, { resamples: 200 });
        expect(doubled).toEqual({ low: 2 * found.low, high: 2 * found.high });
      }),
      { numRuns: 50 },
    );
  });

  it("skewness turns its sign with the values and does not depend on their unit", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 3, maxLength: 20 }), (values) => {
        const of = (map: (one: number) => number): number | null => {
          const [first = 0, ...rest] = values.map(map);
          return skewness([first, ...rest]);
        };
        const found = of((one) => one);
        if (found === null) return;
        expect(of((one) => -one)).toBeCloseTo(-found, 9);
        expect(of((one) => 4 * one + 3)).toBeCloseTo(found, 9);
      }),
    );
  });
});

describe("by hand", () => {
  it("batch means take fewer and longer batches where a series depends on itself for long", () => {
    const slow = Array.from({ length: 120 }, (_, index) => Math.sin(index / 12));
    expect(batchMeansInterval(slow)).toMatchObject({ batches: 4, size: 30 });
    const quick = Array.from({ length: 120 }, (_, index) => (index * 7) % 11);
    expect(batchMeansInterval(quick)).toMatchObject({ batches: 10, size: 12 });
  });

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
