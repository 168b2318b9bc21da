import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dispersionIndex } from "../../../analysis/statistics/dispersion.ts";
import {
  allOutcomes,
  countOutcomes,
  drawBinomial,
  drawMultinomial,
  multinomialProbability,
} from "../../../analysis/statistics/multinomial.ts";
import { seededRandom } from "../../../analysis/statistics/random.ts";
import { splitTest } from "../../../analysis/statistics/splitTest.ts";
import { distanceToReference } from "../../../analysis/statistics/splitDistance.ts";

const test = (counts: readonly number[], weights: readonly number[]) => splitTest(counts, weights, seededRandom(1));

describe("split test of two backends", () => {
  // scipy 1.17.1: stats.binomtest(k, n, p).pvalue
  it.each([
    [60, 100, 0.6, 1],
    [55, 100, 0.6, 0.3092381616341078],
    [3100, 5000, 0.6, 0.003889358959641308],
    [0, 10, 0.3, 0.0388396033],
    [10, 10, 0.9, 0.612579511],
    [1, 3, 0.4, 1],
    [59_870, 100_000, 0.6, 0.4013889677621166],
    [7, 20, 0.5, 0.26317596435546875],
    [620_000, 1_000_000, 0.6, 0],
  ])("agrees with SciPy for %i of %i at %f", (count, n, weight, p) => {
    const result = test([count, n - count], [weight, 1 - weight]);
    expect(result?.p).toBeCloseTo(p, 10);
    expect(result?.method).toBe("exact");
  });

  it("says the same of either backend", () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), fc.double({ min: 0.05, max: 0.95, noNaN: true }), (a, b, weight) => {
        fc.pre(a + b > 0);
        const [one, other] = [test([a, b], [weight, 1 - weight]), test([b, a], [1 - weight, weight])];
        expect(one?.p).toBeCloseTo(other?.p ?? 0, 9);
        expect(one?.chance).toBeCloseTo(other?.chance ?? 0, 12);
      }),
    );
  });

  // scipy 1.17.1: k = arange(n + 1); smallest |k / n - p| that holds 95 % of stats.binom.pmf(k, n, p)
  it.each([
    [1000, 0.6, 0.03],
    [5000, 0.6, 0.0136],
    [100_000, 0.6, 0.00304],
    [10, 0.6, 0.3],
    [37, 0.95, 0.05810810810810807],
  ])("allows chance at %i requests and weight %f a distance of %f", (n, weight, distance) => {
    expect(test([n, 0], [weight, 1 - weight])?.chance).toBeCloseTo(distance, 12);
  });

  it("takes a hundred million requests", () => {
    const result = test([60_004_801, 39_995_199], [0.6, 0.4]);
    // scipy 1.17.1: stats.binomtest(60_004_801, 10**8, 0.6).pvalue
    expect(result?.p).toBeCloseTo(0.327136490441284, 6);
    expect(result?.chance).toBeCloseTo(0.000096, 6);
  });
});

describe("split test of three backends and more", () => {
  const weights = [0.5, 0.3, 0.2];

  // scipy 1.17.1: sum of stats.multinomial(n, weights).pmf over all splits that are not likelier than the observed one;
  // smallest distance that holds 95 % of it
  it.each([
    [[10, 6, 4], 1, 0.25],
    [[4, 10, 6], 0.016422854383828556, 0.25],
    [[14, 3, 3], 0.21961569211356224, 0.25],
    [[30, 20, 10], 0.7842793459007387, 0.13333333333333336],
  ])("agrees with SciPy for %j", (counts, p, chance) => {
    const result = test(counts, weights);
    expect(result?.p).toBeCloseTo(p, 10);
    expect(result?.chance).toBeCloseTo(chance, 10);
    expect(result?.method).toBe("exact");
  });

  it("is simulated where there are too many outcomes, and comes near to chi-square there", () => {
    const near = test([5000, 3080, 1920], weights);
    expect(near?.method).toBe("simulated");
    // scipy 1.17.1: stats.chisquare([5000, 3080, 1920], [5000, 3000, 2000]).pvalue
    expect(Math.abs((near?.p ?? 1) - 0.0694834512228015)).toBeLessThan(0.01);
    expect(test([5000, 3300, 1700], weights)?.p).toBe(1 / 10_001);
    expect(test([5000, 3000, 2000], weights)?.p).toBeCloseTo(1, 9);
  });

  it("is the same each time, and the same as the exact one but for chance", () => {
    expect(test([5000, 3100, 1900], weights)).toEqual(test([5000, 3100, 1900], weights));
    const random = seededRandom(3);
    const counts = [4, 10, 6];
    const likelihood = multinomialProbability(counts, weights) * (1 + 1e-7);
    let rarer = 0;
    for (let i = 0; i < 20_000; i++) {
      if (multinomialProbability(drawMultinomial(random, 20, weights), weights) <= likelihood) rarer++;
    }
    // Three standard errors of 20,000 draws.
    expect(Math.abs(rarer / 20_000 - (test(counts, weights)?.p ?? 1))).toBeLessThan(0.0027);
  });
});

describe("a split that is none", () => {
  it("has no test without requests or with one backend", () => {
    expect(test([0, 0], [0.6, 0.4])).toBeNull();
    expect(test([10], [1])).toBeNull();
    expect(test([10, 0], [1, 0])).toBeNull();
  });

  it("has p = 0 when a backend of weight 0 got something, and none of its own share", () => {
    expect(test([60, 40, 1], [0.6, 0.4, 0])?.p).toBe(0);
    expect(test([60, 40, 0], [0.6, 0.4, 0])?.p).toBe(test([60, 40], [0.6, 0.4])?.p);
  });
});

describe("distance to the reference", () => {
  it("is the share that should have gone elsewhere", () => {
    expect(distanceToReference([62, 38], [0.6, 0.4])).toBeCloseTo(0.02, 12);
    expect(distanceToReference([50, 30, 20], [0.4, 0.3, 0.3])).toBeCloseTo(0.1, 12);
    expect(distanceToReference([0, 7], [1, 0])).toBe(1);
  });
});

describe("the multinomial law", () => {
  it("sums to 1 over all outcomes, as many as are counted", () => {
    for (const [trials, shares] of [
      [7, [0.5, 0.3, 0.2]],
      [4, [0.1, 0.2, 0.3, 0.4]],
    ] as const) {
      const all = [...allOutcomes(trials, shares.length)];
      expect(all).toHaveLength(countOutcomes(trials, shares.length));
      expect(all.reduce((sum, counts) => sum + multinomialProbability(counts, shares), 0)).toBeCloseTo(1, 12);
    }
  });

  it("is drawn with its mean and variance", () => {
    const random = seededRandom(2);
    for (const [trials, share] of [
      [10, 0.3],
      [5000, 0.6],
      [3, 0.99],
    ] as const) {
      const draws = Array.from({ length: 20_000 }, () => drawBinomial(random, trials, share));
      const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
      const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
      const expected = trials * share * (1 - share);
      expect(Math.abs(mean - trials * share)).toBeLessThan(4 * Math.sqrt(expected / draws.length));
      expect(Math.abs(variance / expected - 1)).toBeLessThan(0.06);
    }
    expect(drawBinomial(random, 5, 0)).toBe(0);
    expect(drawBinomial(random, 5, 1)).toBe(5);
    expect(drawBinomial(random, 0, 0.5)).toBe(0);
    expect(drawMultinomial(random, 50, [0.2, 0.3, 0.5]).reduce((sum, count) => sum + count, 0)).toBe(50);
  });
});

describe("dispersion index", () => {
  it("agrees with SciPy on windows of unequal size", () => {
    // scipy 1.17.1: s = stats.chi2_contingency([x, n - x], correction=False).statistic; s / 4, s / stats.chi2.ppf([0.975, 0.025], 4)
    const trials = [50, 52, 47, 60, 55];
    const windows = [30, 33, 28, 40, 31].map((successes, index) => ({ successes, trials: trials[index] ?? 0 }));
    const dispersion = dispersionIndex(windows);
    expect(dispersion?.index).toBeCloseTo(0.37271351772811934, 12);
    expect(dispersion?.low).toBeCloseTo(0.13378943754162703, 10);
    expect(dispersion?.high).toBeCloseTo(3.0776155229781232, 10);
    expect(dispersionIndex([...windows, { successes: 0, trials: 0 }])).toEqual(dispersion);
  });

  it("tells random, scheduled and sticky splitters apart", () => {
    const random = seededRandom(4);
    const windows = (successes: (trials: number) => number) =>
      Array.from({ length: 200 }, (_, index) => {
        const trials = 400 + (index % 7) * 30;
        return { successes: successes(trials), trials };
      });
    const drawn = dispersionIndex(windows((trials) => drawBinomial(random, trials, 0.6)));
    expect(drawn?.low).toBeLessThan(1);
    expect(drawn?.high).toBeGreaterThan(1);
    expect(dispersionIndex(windows((trials) => Math.round(trials * 0.6)))?.high).toBeLessThan(0.05);
    // Ten requests in a row stay with one backend.
    const sticky = dispersionIndex(windows((trials) => 10 * drawBinomial(random, trials / 10, 0.6)));
    expect(sticky?.low).toBeGreaterThan(5);
  });

  it("takes no wrong share for spread", () => {
    const windows = Array.from({ length: 20 }, () => ({ successes: 50, trials: 100 }));
    expect(dispersionIndex(windows)).toEqual({ index: 0, low: 0, high: 0 });
  });

  it("has none for one window, or a backend that got nothing or all", () => {
    expect(dispersionIndex([])).toBeNull();
    expect(dispersionIndex([{ successes: 3, trials: 5 }])).toBeNull();
    expect(
      dispersionIndex([
        { successes: 0, trials: 5 },
        { successes: 0, trials: 5 },
      ]),
    ).toBeNull();
    expect(
      dispersionIndex([
        { successes: 5, trials: 5 },
        { successes: 5, trials: 5 },
      ]),
    ).toBeNull();
  });
});
