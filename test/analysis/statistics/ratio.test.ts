import { describe, expect, it } from "vitest";
import { ratioEffect } from "../../../analysis/statistics/ratio.ts";

describe("Welch interval on the log ratio", () => {
  it("agrees with SciPy", () => {
    // scipy 1.17.1: stats.ttest_ind(log(a), log(b), equal_var=False).confidence_interval(0.95), expm1
    const effect = ratioEffect([10.2, 10.6, 9.9, 10.8], [9.5, 9.9, 9.7]);
    expect(effect?.effect).toBeCloseTo(0.06913136042045669, 10);
    expect(effect?.low).toBeCloseTo(0.006940924358313659, 10);
    expect(effect?.high).toBeCloseTo(0.1351627867969662, 10);
  });

  it("is the same the other way round", () => {
    const a = [10.2, 10.6, 9.9, 10.8];
    const b = [9.5, 9.9, 9.7];
    expect((1 + (ratioEffect(a, b)?.effect ?? 0)) * (1 + (ratioEffect(b, a)?.effect ?? 0))).toBeCloseTo(1, 12);
    expect((1 + (ratioEffect(a, b)?.low ?? 0)) * (1 + (ratioEffect(b, a)?.high ?? 0))).toBeCloseTo(1, 12);
  });

  it("does not depend on the unit", () => {
    const scaled = ratioEffect([1e9, 1.1e9, 1.2e9], [0.9e9, 1e9, 1.05e9]);
    const plain = ratioEffect([1, 1.1, 1.2], [0.9, 1, 1.05]);
    expect(scaled?.low).toBeCloseTo(plain?.low ?? 0, 9);
  });

  it("needs two positive values on each side", () => {
    expect(ratioEffect([1], [1, 2])).toBeNull();
    expect(ratioEffect([1, 0], [1, 2])).toBeNull();
    expect(ratioEffect([1, Number.NaN], [1, 2])).toBeNull();
  });

  it("has a point for an interval when nothing varies", () => {
    expect(ratioEffect([2, 2], [1, 1])).toEqual({ effect: 1, low: 1, high: 1 });
  });
});
