import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketOf, histogramQuantile, mergeHistograms, upperBound, type Histogram } from "../../analysis/latency.ts";

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Map<number, number>();
  for (const value of values) histogram.set(bucketOf(value), (histogram.get(bucketOf(value)) ?? 0) + 1);
  return histogram;
}

const latencies = fc.array(fc.integer({ min: 0, max: 60_000_000 }), { minLength: 1, maxLength: 300 });

describe("latency histogram", () => {
  it("has buckets without holes, each value below its upper bound and at most 1/32 away", () => {
    let before = -1;
    for (let value = 0; value < 70_000; value++) {
      const bucket = bucketOf(value);
      if (bucket !== before && bucket !== before + 1) expect.fail(`${value} is in bucket ${bucket}, after ${before}`);
      before = bucket;
    }
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (value) => {
        const bound = upperBound(bucketOf(value)) * 1e6;
        expect(bound).toBeGreaterThan(value);
        expect(bound).toBeLessThanOrEqual(Math.max(value + 1.0000001, value * (1 + 1 / 32) + 1e-6));
      }),
    );
  });

  it("knows the bounds at powers of two", () => {
    expect(upperBound(bucketOf(31))).toBeCloseTo(32e-6, 12);
    expect(upperBound(bucketOf(32))).toBeCloseTo(33e-6, 12);
    expect(upperBound(bucketOf(1024))).toBeCloseTo(1056e-6, 12);
    expect(bucketOf(63)).toBe(63);
    expect(bucketOf(64)).toBe(64);
  });

  it("finds quantiles as sorting does", () => {
    fc.assert(
      fc.property(latencies, fc.double({ min: 0.001, max: 1, noNaN: true }), (values, share) => {
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? 0;
        expect(histogramQuantile(histogramOf(values), share)).toBe(upperBound(bucketOf(exact)));
      }),
    );
  });

  it("merges to what all values together give", () => {
    fc.assert(
      fc.property(fc.array(latencies, { minLength: 1, maxLength: 4 }), (parts) => {
        const merged = mergeHistograms(parts.map(histogramOf));
        expect(new Map([...merged].sort())).toEqual(new Map([...histogramOf(parts.flat())].sort()));
      }),
    );
  });

  it("has no quantile without values", () => {
    expect(histogramQuantile(new Map(), 0.5)).toBeNull();
    expect(histogramQuantile(new Map([[3, 0]]), 0.5)).toBeNull();
  });
});
