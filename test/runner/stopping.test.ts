import { expect, test } from "vitest";
import type { Stopping } from "../../analysis/plan.ts";
import { stoppingRule } from "../../runner/stopping.ts";

const until: Stopping = {
  ...{ rule: "until", method: "", alpha: 0.05, halfWidth: 0.05 },
  ...{ minBlocks: 4, maxBlocks: 9, budget_s: 100 },
};
const at = (block: number, widths: (number | null)[], elapsed = 0) => ({
  block,
  halfWidths: () => widths,
  elapsed: () => elapsed,
});

test("it ends at a planned look when every comparison is narrow, and stays ended", () => {
  const ends = stoppingRule(until, at(4, [0.04, 0.05]));
  expect([4, 5, 6].map(ends)).toEqual([false, true, true]);
  expect(stoppingRule(until, at(4, [0.04, 0.06]))(5)).toBe(false);
  expect(stoppingRule(until, at(4, [0.04, null]))(5)).toBe(false);
  expect(stoppingRule(until, at(4, []))(5)).toBe(false);
});

test("it does not end between looks, nor at a look that it went past", () => {
  expect(stoppingRule(until, at(5, [0.01]))(6)).toBe(false);
  expect(stoppingRule(until, at(6, [0.01]))(5)).toBe(false);
});

test("the budget ends it after the fewest blocks; a fixed campaign never ends early", () => {
  expect([4, 5].map(stoppingRule(until, at(3, [1], 100)))).toEqual([false, true]);
  expect(stoppingRule({ rule: "fixed", blocks: 9 }, at(4, [0]))(5)).toBe(false);
});
