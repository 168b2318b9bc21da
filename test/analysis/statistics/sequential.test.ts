import normalCdf from "@stdlib/stats-base-dists-normal-cdf";
import { describe, expect, test } from "vitest";
import { nominalLevels, pocockSpending } from "../../../analysis/statistics/groupSequential.ts";
import { lookLevels, looksTaken, plannedLooks, repeatedP } from "../../../analysis/statistics/sequential.ts";
import { falseAlarms } from "../../support/simulated.ts";

describe("looks", () => {
  test("one after each block from the fewest on, later further apart, the last at the most", () => {
    expect(plannedLooks(4, 9)).toEqual([4, 5, 6, 7, 8, 9]);
    expect(plannedLooks(8, 8)).toEqual([8]);
    const many = plannedLooks(4, 10_000);
    expect(many.length).toBeLessThan(200);
    expect(many.at(-1)).toBe(10_000);
    expect(many.every((look, index) => index === 0 || look > (many[index - 1] ?? 0))).toBe(true);
  });

  test("those that were taken are the planned ones before, and now", () => {
    expect(looksTaken([4, 6, 8], 7)).toEqual([4, 6, 7]);
    expect(looksTaken([4, 6, 8], 8)).toEqual([4, 6, 8]);
    expect(looksTaken([4, 6, 8], 2)).toEqual([2]);
  });
});

describe("boundaries", () => {
  test("five equal looks at 5 %, two-sided: the published values of Lan and DeMets' Pocock type", () => {
    // Reboussin, DeMets, Kim and Lan, Controlled Clinical Trials 21 (2000) 190-207, and R's ldbounds.
    const published = [2.438, 2.4268, 2.4101, 2.3966, 2.3859];
    const shares = [0.2, 0.4, 0.6, 0.8, 1];
    const levels = nominalLevels(
      shares,
      shares.map((share) => pocockSpending(0.05, share)),
    );
    for (const [look, level] of levels.entries()) {
      expect(level).toBeCloseTo(2 * normalCdf(-(published[look] ?? 0), 0, 1), 5);
    }
  });

  test("two looks with all of alpha at the last one: the second is an ordinary test; one look is one, too", () => {
    expect(nominalLevels([0.5, 1], [1e-12, 0.05]).at(-1)).toBeCloseTo(0.05, 5);
    expect(lookLevels([20], 20, 0.05)).toEqual([expect.closeTo(0.05, 5)]);
  });

  test("Pocock's constant boundary: 2.178 at two looks spends 5 % in all", () => {
    // Pocock, Biometrika 64 (1977) 191-199, table 1.
    const constant = 2 * normalCdf(-2.178, 0, 1);
    const [, second] = nominalLevels([0.5, 1], [constant, 0.05]);
    expect(second).toBeCloseTo(constant, 4);
  });
});

describe("repeated p values", () => {
  const looks = plannedLooks(4, 12);
  const p = repeatedP(looks, 12);

  test("are alpha exactly where the ordinary p is the nominal level of the look, whatever alpha", () => {
    for (const alpha of [0.001, 0.01, 0.025, 0.05, 0.1])
      expect(p(lookLevels(looks, 12, alpha).at(-1) ?? 1)).toBeCloseTo(alpha, 8);
    // Between the rates of the table.
    expect(p(lookLevels(looks, 12, 0.033).at(-1) ?? 1) / 0.033).toBeCloseTo(1, 2);
  });

  test("grow with p, are never below it and never above one", () => {
    const ordinary = Array.from({ length: 200 }, (_, index) => 10 ** (-14 + index * 0.07));
    const repeated = ordinary.map(p);
    expect(repeated.every((one, at) => one <= 1 && one >= (ordinary[at] ?? 1) && one >= (repeated[at - 1] ?? 0))).toBe(
      true,
    );
    expect(p(1)).toBe(1);
  });
});

/** 2,000 campaigns that look after each of 4 to 20 blocks; the standard error of 5 % is 0.49 points. */
describe(
  "2,000 campaigns of equal cells at 5 %: at most 6 % find a difference, though they stop when it suits them",
  { timeout: 120_000 },
  () => {
    const stopping = { minBlocks: 4, maxBlocks: 20, alpha: 0.05, halfWidth: 0.05 };

    test("one comparison: at any look at all, and at the look that ends them", () => {
      const { anyLook, atEnd, blocks } = falseAlarms({ ...stopping, campaigns: 2000, cv: 0.04, cells: 2, seed: 5 });
      expect(anyLook).toBeLessThanOrEqual(0.06);
      expect(anyLook).toBeGreaterThan(0.035);
      expect(atEnd).toBeLessThanOrEqual(0.06);
      expect(blocks).toBeLessThan(20);
    });

    test("one mean: its interval leaves out the truth", () => {
      const { anyLook, atEnd } = falseAlarms({ ...stopping, campaigns: 2000, cv: 0.04, cells: 1, seed: 6 });
      expect(anyLook).toBeLessThanOrEqual(0.06);
      expect(atEnd).toBeLessThanOrEqual(0.06);
    });
  },
);
