import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mean, sampleVariance, standardDeviation, type Samples } from "../../../analysis/statistics/mean.ts";
import { tInterval } from "../../../analysis/statistics/meanInterval.ts";

/** Any set of runs: at least two finite values of a size that measurements have. */
const runs = fc
  .tuple(
    fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 30 }),
  )
  .map(([first, rest]): Samples => [first, ...rest]);

describe("mean, deviation and t interval", () => {
  // scipy 1.17.1: stats.t.interval(0.95, n - 1, mean, sem)
  it.each([
    {
      values: [9.3, 11.0, 10.2, 9.9, 10.6] as Samples,
      mean: 10.2,
      sd: 0.6519202405202645,
      low: 9.390534107645648,
      high: 11.009465892354351,
    },
    {
      values: [31.4, 28.3, 33.9] as Samples,
      mean: 31.2,
      sd: 2.8053520278211064,
      low: 24.231119232954327,
      high: 38.16888076704567,
    },
    {
      values: [1e9 + 1, 1e9 + 2, 1e9 + 4] as Samples,
      mean: 1000000002.3333334,
      sd: 1.5275252316519474,
      low: 999999998.5387503,
      high: 1000000006.1279165,
    },
  ])("agrees with SciPy for $values", ({ values, mean: centre, sd, low, high }) => {
    expect(mean(values)).toBeCloseTo(centre, 6);
    expect(standardDeviation(values)).toBeCloseTo(sd, 9);
    expect(tInterval(values)?.low).toBeCloseTo(low, 6);
    expect(tInterval(values)?.high).toBeCloseTo(high, 6);
  });

  it("takes another level", () => {
    expect(tInterval([9.3, 11.0, 10.2, 9.9, 10.6], 0.99)?.low).toBeCloseTo(8.857687214292712, 9);
  });

  it("has no spread and no interval for one run", () => {
    expect(sampleVariance([3])).toBeNull();
    expect(tInterval([3])).toBeNull();
  });

  it("agrees with the sum over all pairs", () => {
    fc.assert(
      fc.property(runs, (values) => {
        const pairs = values.flatMap((a) => values.map((b) => (a - b) ** 2));
        const naive = pairs.reduce((sum, square) => sum + square, 0) / (2 * values.length * (values.length - 1));
        expect(Math.abs((sampleVariance(values) ?? Number.NaN) - naive)).toBeLessThanOrEqual(1e-6 * Math.max(1, naive));
      }),
    );
  });
});
