/** Do the intervals and tests keep what they promise? Simulated, seeded, with the measured figures printed. */
import { afterAll, describe, expect, it } from "vitest";
import { bcaInterval } from "../../analysis/statistics/bootstrap.ts";
import { dispersionIndex } from "../../analysis/statistics/dispersion.ts";
import { holmAdjusted } from "../../analysis/statistics/holm.ts";
import type { Interval } from "../../analysis/statistics/interval.ts";
import type { Samples } from "../../analysis/statistics/mean.ts";
import { tInterval } from "../../analysis/statistics/meanInterval.ts";
import { medianInterval } from "../../analysis/statistics/median.ts";
import { differenceP, equivalenceP, logRatio, ratioEffect } from "../../analysis/statistics/ratio.ts";
import { shapeOf } from "../../analysis/statistics/skewness.ts";
import { splitTest, type SplitTest } from "../../analysis/statistics/splitTest.ts";
import { wilsonInterval } from "../../analysis/statistics/wilson.ts";
import { batchMeansInterval } from "../support/batchInterval.ts";
import { drawBinomial, seededRandom } from "../support/random.ts";

/** One standard error of a coverage near 95 % is 0.11 points. */
const trials = 40_000;

const figures: string[] = [];
afterAll(() => {
  console.log(["measured:", ...figures].join("\n  "));
});

/** Share of the trials in which it holds, as a number that is printed. */
function rate(name: string, holds: () => boolean, of = trials): number {
  let held = 0;
  for (let trial = 0; trial < of; trial++) if (holds()) held++;
  figures.push(`${name}: ${((100 * held) / of).toFixed(2)} %`);
  return held / of;
}

const random = seededRandom(20_260_101);
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const draw = (n: number, one: () => number): Samples => [one(), ...Array.from({ length: n - 1 }, one)];
const half = (): number => Math.exp(0.5 * normal());
const whole = (): number => Math.exp(normal());
/** A series in which each value carries on a part of the one before, with mean 0, from its steady state on. */
function autoregressive(length: number, dependence: number): number[] {
  let value = normal() / Math.sqrt(1 - dependence ** 2);
  return Array.from({ length }, () => (value = dependence * value + normal()));
}
const holds = (interval: Interval | null, truth: number): boolean =>
  interval !== null && interval.low <= truth && truth <= interval.high;

describe("coverage of 95 % intervals", () => {
  it.each([8, 16])("t on normal data, n = %i: 94 to 96 %", (n) => {
    const covered = rate(`t interval, normal, n = ${n}`, () => holds(tInterval(draw(n, normal)), 0));
    expect(covered).toBeGreaterThan(0.94);
    expect(covered).toBeLessThan(0.96);
  });

  it.each([8, 16])(
    "order statistics of the median, n = %i: the attained level, at least 95 %, whatever the shape",
    (n) => {
      const attained = medianInterval(draw(n, normal))?.level ?? 0;
      expect(attained).toBeGreaterThanOrEqual(0.95);
      for (const [shape, one] of [
        ["normal", normal],
        ["lognormal sigma 0.5", () => Math.expm1(0.5 * normal())],
        ["lognormal sigma 1", () => Math.expm1(normal())],
      ] as const) {
        const covered = rate(`median interval, ${shape}, n = ${n} (attained ${(100 * attained).toFixed(1)} %)`, () =>
          holds(medianInterval(draw(n, one)), 0),
        );
        expect(Math.abs(covered - attained)).toBeLessThan(0.004);
      }
    },
  );

  it.each([
    [8, 0.5],
    [8, 1],
    [16, 0.5],
    [16, 1],
  ])(
    "t and Welch on skewed data, n = %i, lognormal sigma %f: t falls short as the docs say, the ratio does not",
    (n, sigma) => {
      const one = (): number => Math.exp(sigma * normal());
      const mean = Math.exp(sigma ** 2 / 2);
      const t = rate(`t interval, lognormal sigma ${sigma}, n = ${n}`, () => holds(tInterval(draw(n, one)), mean));
      expect(t).toBeLessThan(0.94);
      expect(t).toBeGreaterThan(0.8);
      const ratio = rate(`Welch ratio interval, lognormal sigma ${sigma}, n = ${n}`, () =>
        holds(ratioEffect(draw(n, one), draw(n, one)), 0),
      );
      expect(ratio).toBeGreaterThan(0.94);
      expect(ratio).toBeLessThan(0.965);
    },
  );

  // The lag-1 autocorrelation of 1 s throughput in public raw data is -0.21 to 0.81, median 0.29.
  it.each(
    [8, 16].flatMap((batches) => [-0.21, 0, 0.29, 0.5, 0.81].map((dependence) => [batches, dependence] as const)),
  )(
    "batch means of 2 min in 1 s samples, at most %i batches, autocorrelation %f: 93 to 97 percent",
    (batches, dependence) => {
      const covered = rate(
        `batch means, 120 values, at most ${batches} batches, autocorrelation ${dependence}`,
        () => holds(batchMeansInterval(autoregressive(120, dependence), batches), 0),
        10_000,
      );
      expect(covered).toBeGreaterThan(0.93);
      expect(covered).toBeLessThan(0.97);
    },
  );

  it.each([8, 16])(
    "batch means of a 12 min run, at most %i batches, the longest dependence: 93 to 97 percent",
    (batches) => {
      const covered = rate(
        `batch means, 720 values, at most ${batches} batches, autocorrelation 0.81`,
        () => holds(batchMeansInterval(autoregressive(720, 0.81), batches), 0),
        10_000,
      );
      expect(covered).toBeGreaterThan(0.93);
      expect(covered).toBeLessThan(0.97);
    },
  );

  it.each([
    [8, 0],
    [16, 0],
    [8, 0.5],
    [16, 0.5],
    [8, 1],
    [16, 1],
  ])("BCa of the mean, n = %i, lognormal sigma %f (0: normal): falls short, as the docs say", (n, sigma) => {
    const one = sigma === 0 ? normal : (): number => Math.exp(sigma * normal());
    let seed = 0;
    const covered = rate(
      `BCa interval, ${sigma === 0 ? "normal" : `lognormal sigma ${sigma}`}, n = ${n}`,
      () =>
        holds(
          bcaInterval(draw(n, one), undefined, { resamples: 1000, seed: ++seed }),
          sigma === 0 ? 0 : Math.exp(sigma ** 2 / 2),
        ),
      1000,
    );
    expect(covered).toBeGreaterThan(0.7);
    expect(covered).toBeLessThan(0.95);
  });

  it.each([8, 16])(
    "the detector of skewed runs, n = %i: at most 6 percent of normal ones, and what the docs say of others",
    (n) => {
      const found = (one: () => number): number =>
        rate(
          `runs named as skewed, n = ${n}, ${one === normal ? "normal" : one === half ? "lognormal sigma 0.5" : "lognormal sigma 1"}`,
          () => shapeOf(draw(n, one)) !== "",
          10_000,
        );
      expect(found(normal)).toBeLessThan(0.06);
      expect(found(half)).toBeGreaterThan(0.15);
      expect(found(whole)).toBeGreaterThan(n === 8 ? 0.38 : 0.74);
    },
  );

  it("Wilson: the share of a true 60/40 at 500 requests", () => {
    const covered = rate(
      "Wilson interval, 60/40, n = 500",
      () => holds(wilsonInterval(drawBinomial(random, 500, 0.6), 500), 0.6),
      10_000,
    );
    expect(covered).toBeGreaterThan(0.94);
    expect(covered).toBeLessThan(0.96);
  });

  it("dispersion: 30 windows of 300 to 500 requests of a random splitter hold 1", () => {
    const covered = rate(
      "dispersion interval, random splitter, 30 windows",
      () => {
        const windows = Array.from({ length: 30 }, (_, index) => {
          const all = 300 + (index % 5) * 50;
          return { trials: all, successes: drawBinomial(random, all, 0.6) };
        });
        return holds(dispersionIndex(windows), 1);
      },
      4000,
    );
    expect(covered).toBeGreaterThan(0.94);
    expect(covered).toBeLessThan(0.96);
  });
});

describe("false alarms and power", () => {
  const known = new Map<number, SplitTest | null>();
  const judged = (count: number): SplitTest | null => {
    const test = known.get(count) ?? splitTest([count, 5000 - count], [0.6, 0.4], random);
    known.set(count, test);
    return test;
  };

  it("split test at n = 5,000: at most 5 % on true random splitters, at least 80 % against a 2-point error", () => {
    const alarms = rate(
      "split test, false alarms, 60/40, n = 5,000",
      () => (judged(drawBinomial(random, 5000, 0.6))?.p ?? 1) <= 0.05,
      20_000,
    );
    expect(alarms).toBeLessThanOrEqual(0.05);
    const found = rate(
      "split test, power against 62/38, n = 5,000",
      () => (judged(drawBinomial(random, 5000, 0.62))?.p ?? 1) <= 0.05,
      5000,
    );
    expect(found).toBeGreaterThanOrEqual(0.8);
    const within = rate(
      "distance within what chance allows, 60/40, n = 5,000",
      () => Math.abs(drawBinomial(random, 5000, 0.6) / 5000 - 0.6) <= (judged(3000)?.chance ?? 0) + 1e-12,
      20_000,
    );
    expect(within).toBeGreaterThanOrEqual(0.95);
  });

  it("Welch and TOST on the log ratio, 8 runs a side, CV 5 %: at most 5 % false alarms", () => {
    const set = (ratio: number): Samples => draw(8, () => ratio * Math.exp(0.05 * normal()));
    const compared = (ratio: number) => {
      const result = logRatio(set(ratio), set(1));
      if (result === null) throw new Error("no ratio");
      return result;
    };
    const different = rate("Welch test, false `different`", () => (differenceP(compared(1)) ?? 1) <= 0.05);
    expect(different).toBeLessThan(0.0535);
    // The worst case for equivalence: a ratio exactly at the margin. Verdicts use 2.5 %.
    const equivalent = rate("TOST, false `equivalent` at the margin", () => {
      return (equivalenceP(compared(1.05), 0.05) ?? 1) <= 0.025;
    });
    expect(equivalent).toBeLessThanOrEqual(0.0275);
  });

  it("ten comparisons of equal cells, 8 runs a side: at most 5 % of families with a false alarm", () => {
    const set = (): Samples => draw(8, () => Math.exp(0.05 * normal()));
    const pValue = (): number => {
      const compared = logRatio(set(), set());
      return compared === null ? 1 : (differenceP(compared) ?? 1);
    };
    const of = 10_000;
    const alarms = rate(
      "ten comparisons, any false `different`, Holm",
      () => Math.min(...holmAdjusted(draw(10, pValue))) <= 0.05,
      of,
    );
    // Three standard errors of 10,000 families are 0.65 points.
    expect(alarms).toBeLessThan(0.0565);
    const naive = rate("the same, unadjusted", () => Math.min(...draw(10, pValue)) <= 0.05, of);
    expect(naive).toBeGreaterThan(0.3);
  });
});
