import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holmAdjusted } from "../../../analysis/statistics/holm.ts";
import { noncentralTCdf } from "../../../analysis/statistics/noncentralT.ts";
import { runsNeeded, smallestDetectable, testPower } from "../../../analysis/statistics/power.ts";
import { differenceP, equivalenceP, logRatio, ratioInterval } from "../../../analysis/statistics/ratio.ts";
import { seededRandom } from "../../support/random.ts";

const fast = [10.2, 10.6, 9.9, 10.8];
const slow = [9.5, 9.9, 9.7];

function compared(a: readonly number[], b: readonly number[]) {
  const ratio = logRatio(a, b);
  if (ratio === null) throw new Error("no ratio");
  return ratio;
}

describe("tests on the log ratio", () => {
  it("agree with SciPy", () => {
    // scipy 1.17.1, x = log(fast), y = log(slow), m = log1p(margin):
    // stats.ttest_ind(x, y, equal_var=False).pvalue; TOST: the larger p of
    // ttest_ind(x + m, y, equal_var=False, alternative="greater") and ttest_ind(x - m, y, …, alternative="less")
    const ratio = compared(fast, slow);
    expect(differenceP(ratio)).toBeCloseTo(0.035454407567539814, 12);
    expect(ratio.freedom).toBeCloseTo(4.6797334589179105, 12);
    expect(equivalenceP(ratio, 0.05)).toBeCloseTo(0.766365544808219, 12);
    expect(equivalenceP(ratio, 0.1)).toBeCloseTo(0.13567405691582712, 12);
    expect(equivalenceP(ratio, 0.2)).toBeCloseTo(0.0023517665024741174, 12);
  });

  it("are the same the other way round", () => {
    expect(differenceP(compared(slow, fast))).toBeCloseTo(differenceP(compared(fast, slow)) ?? 0, 12);
    expect(equivalenceP(compared(slow, fast), 0.1)).toBeCloseTo(equivalenceP(compared(fast, slow), 0.1) ?? 0, 12);
  });

  it("say what the interval says", () => {
    const set = fc.array(fc.double({ min: 0.9, max: 1.1, noNaN: true }), { minLength: 3, maxLength: 8 });
    fc.assert(
      fc.property(set, set, (a, b) => {
        const ratio = compared(a, b);
        fc.pre(ratio.deviation > 1e-6);
        const { low, high } = ratioInterval(ratio);
        expect((differenceP(ratio) ?? 1) < 0.05).toBe(low > 0 || high < 0);
        const inside = high < 0.05 && low > 1 / 1.05 - 1;
        expect((equivalenceP(ratio, 0.05) ?? 1) < 0.025).toBe(inside);
      }),
    );
  });

  it("have no p value when nothing varies", () => {
    const ratio = compared([2, 2], [1, 1]);
    expect(ratio.freedom).toBeNull();
    expect(differenceP(ratio)).toBeNull();
    expect(equivalenceP(ratio, 0.05)).toBeNull();
  });
});

describe("Holm's adjustment", () => {
  it("agrees with statsmodels", () => {
    // statsmodels 0.15.0: multipletests([0.01, 0.04, 0.03, 0.005, 0.6], method="holm")
    const adjusted = holmAdjusted([0.01, 0.04, 0.03, 0.005, 0.6]);
    [0.04, 0.09, 0.09, 0.025, 0.6].forEach((p, index) => {
      expect(adjusted[index]).toBeCloseTo(p, 12);
    });
  });

  it("rejects what the step-down procedure rejects", () => {
    const naive = (ps: readonly number[], level: number): number => {
      let rejected = 0;
      for (const [index, p] of ps.toSorted((x, y) => x - y).entries()) {
        if (p > level / (ps.length - index)) break;
        rejected++;
      }
      return rejected;
    };
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }), (ps) => {
        expect(holmAdjusted(ps).filter((p) => p <= 0.0499).length).toBe(naive(ps, 0.0499));
      }),
    );
  });

  it("leaves one test as it is, and an empty family empty", () => {
    expect(holmAdjusted([0.03])).toEqual([0.03]);
    expect(holmAdjusted([])).toEqual([]);
  });
});

describe("noncentral t law", () => {
  // scipy 1.17.1: stats.nct.cdf(t, freedom, noncentrality)
  it.each([
    [2, 14, 1, 0.8167669546374143],
    [2.144787, 14, 2.8, 0.25971913577717837],
    [-1, 5, 0.5, 0.08244409105672337],
    [0, 10, 1.5, 0.06680720126885809],
    [3.5, 2.5, 6, 0.06475636091138681],
    [1.97, 398, 2.8, 0.20348997422229198],
    [25, 60, 20, 0.977518474054533],
    [-2, 8, -3, 0.8296584427348587],
    [0.5, 3, 10, 6.065871882752259e-21],
  ])("agrees with SciPy at t = %f, %f degrees of freedom, noncentrality %f", (t, freedom, noncentrality, p) => {
    expect(noncentralTCdf(t, freedom, noncentrality)).toBeCloseTo(p, 11);
  });

  it("is near to SciPy's where only the normal approximation is left", () => {
    expect(noncentralTCdf(60, 30, 55)).toBeCloseTo(0.7133080848924451, 2);
  });
});

describe("power", () => {
  const twoSided = { alpha: 0.05, sides: 2 } as const;

  it("agrees with statsmodels", () => {
    // statsmodels 0.15.0: TTestIndPower().power(d, nobs1=n, alpha=alpha, ratio=1, alternative="two-sided" | "larger")
    expect(testPower(1.5, 1, 8, twoSided)).toBeCloseTo(0.7965450101336035, 10);
    expect(testPower(3, 2, 8, { alpha: 0.05, sides: 1 })).toBeCloseTo(0.88599416067775, 10);
    expect(testPower(-2, 1, 3, twoSided)).toBeCloseTo(0.46264081189130635, 10);
    expect(testPower(1, 1, 16, { alpha: 0.01, sides: 2 })).toBeCloseTo(0.5383452145427641, 10);
    // TTestIndPower().solve_power(d, alpha=alpha, power=power, ratio=1), rounded up
    expect(runsNeeded(1.5, 1, 0.8, twoSided)).toBe(9);
    expect(runsNeeded(1, 1, 0.8, twoSided)).toBe(17);
    expect(runsNeeded(0.5, 1, 0.8, { alpha: 0.01, sides: 2 })).toBe(96);
    expect(runsNeeded(0.2, 1, 0.9, twoSided)).toBe(527);
    expect(runsNeeded(0.5, 1, 0.8, { alpha: 0.01, sides: 1 })).toBe(82);
    // TTestIndPower().solve_power(nobs1=n, alpha=alpha, power=power, ratio=1)
    expect(smallestDetectable(1, 8, 0.8, twoSided)).toBeCloseTo(1.5066342476563057, 5);
    expect(smallestDetectable(1, 3, 0.8, twoSided)).toBeCloseTo(3.070892269599019, 5);
    expect(smallestDetectable(2, 20, 0.9, { alpha: 0.01, sides: 2 })).toBeCloseTo(2 * 1.2762434896139756, 5);
  });

  it("is what the method says of eight runs: about 5 % at a CV of 3 %, 14 % at 9 %", () => {
    expect(smallestDetectable(0.03, 8, 0.8, twoSided)).toBeCloseTo(0.045, 3);
    expect(smallestDetectable(0.09, 8, 0.8, twoSided)).toBeCloseTo(0.136, 3);
  });

  it("is how often simulated t tests find the difference", () => {
    const random = seededRandom(5);
    const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const set = (shift: number): number[] => Array.from({ length: 6 }, () => Math.exp(shift + 0.1 * normal()));
    let found = 0;
    for (let trial = 0; trial < 4000; trial++) {
      if ((differenceP(compared(set(0.15), set(0))) ?? 1) < 0.05) found++;
    }
    // Welch's test loses a little against the pooled one; three standard errors of 4,000 trials are 2.4 points.
    expect(Math.abs(found / 4000 - testPower(0.15, 0.1, 6, twoSided))).toBeLessThan(0.03);
  });

  it("has no number of runs for no difference or one out of reach", () => {
    expect(runsNeeded(0, 1, 0.8, twoSided)).toBeNull();
    expect(runsNeeded(0.001, 1, 0.8, twoSided)).toBeNull();
    expect(runsNeeded(50, 1, 0.8, twoSided)).toBe(2);
  });
});
