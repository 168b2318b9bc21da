import { expect, test } from "vitest";
import type { Stopping } from "../../analysis/plan.ts";
import type { Estimate } from "../../runner/intervals.ts";
import { levelsOf, stoppingRule, type Look } from "../../runner/stopping.ts";

const until: Stopping = {
  ...{ rule: "until", method: "", alpha: 0.05, halfWidth: 0.05 },
  ...{ minBlocks: 4, maxBlocks: 9, looks: [4, 5, 6, 7, 9], budget_s: 100 },
};
const estimate = (halfWidth: number | null, wanted = 0.05): Estimate => ({
  ...{ a: "a", b: "b", phase: "saturated", role: "", metric: "goodput", wanted },
  ...{ n: 4, value: 1, low: 1, high: 1, halfWidth },
});
const at = (block: number, widths: (number | null)[], elapsed = 0) => ({
  block,
  estimates: () => widths.map((width) => estimate(width)),
  elapsed: () => elapsed,
});

test("it ends at a planned look when everything is narrow, and stays ended", () => {
  const ends = stoppingRule(until, at(4, [0.04, 0.05]));
  expect([4, 5, 6].map(ends)).toEqual([false, true, true]);
  expect(stoppingRule(until, at(4, [0.04, 0.06]))(5)).toBe(false);
  expect(stoppingRule(until, at(4, [0.04, null]))(5)).toBe(false);
  expect(stoppingRule(until, at(4, []))(5)).toBe(false);
});

test("each question has its own half-width", () => {
  const progress = { block: 4, estimates: () => [estimate(0.04), estimate(0.08, 0.1)], elapsed: () => 0 };
  expect(stoppingRule(until, progress)(5)).toBe(true);
});

test("it does not end between looks, nor at a look that it went past, nor before a block that may still come", () => {
  expect(stoppingRule(until, at(8, [0.01]))(9)).toBe(false);
  expect(stoppingRule(until, at(6, [0.01]))(5)).toBe(false);
  expect(stoppingRule(until, at(9, [0.01]))(10)).toBe(false);
});

test("the budget ends it after the fewest blocks; a fixed campaign never ends early", () => {
  expect([4, 5].map(stoppingRule(until, at(3, [1], 100)))).toEqual([false, true]);
  expect(stoppingRule({ rule: "fixed", blocks: 9 }, at(4, [0]))(5)).toBe(false);
});

test("each look is told once, with its level, what is furthest from its half-width, and why it ends there", () => {
  const looks: Look[] = [];
  const widths = [0.04, 0.2, null];
  const rule = stoppingRule(until, at(4, widths), (look) => looks.push(look));
  for (const block of [4, 5, 5, 5]) rule(block);
  expect(looks).toMatchObject([{ blocks: 4, asked: 3, narrow: 1, ends: null, widest: { halfWidth: null } }]);
  expect(looks[0]?.level).toBe(levelsOf(until)(4));
  const late: Look[] = [];
  stoppingRule(until, at(8, [1], 1000), (look) => late.push(look))(9);
  expect(late).toMatchObject([{ blocks: 8, ends: "budget" }]);
});

test("levels are above 95 % from the first look on, and 95 % where the number of runs is fixed", () => {
  const level = levelsOf(until);
  for (const blocks of [1, 4, 6, 8, 9]) expect(level(blocks)).toBeGreaterThan(0.95);
  expect(level(100)).toBe(level(9));
  expect(levelsOf({ rule: "fixed", blocks: 4 })(4)).toBe(0.95);
});
