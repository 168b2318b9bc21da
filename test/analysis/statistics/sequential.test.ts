import { expect, test } from "vitest";
import { isSamples } from "../../../analysis/statistics/mean.ts";
import {
  meanHalfWidth,
  plannedLooks,
  ratioHalfWidth,
  sequentialRatio,
} from "../../../analysis/statistics/sequential.ts";
import { seededRandom } from "../../../analysis/statistics/random.ts";

test("looks grow from the fewest to the most blocks", () => {
  expect(plannedLooks(4, 20)).toEqual([4, 6, 9, 14, 20]);
  expect(plannedLooks(8, 8)).toEqual([8]);
});

test("half-widths are those of t intervals at the look's level", () => {
  // t(0.975, 2) = 4.302653; mean 10, standard error 1/sqrt(3)
  const values = [9, 10, 11] as const;
  expect(meanHalfWidth([...values], 0.05, 1)).toBeCloseTo(4.302653 / Math.sqrt(3) / 10, 6);
  // Five looks: t(0.995, 2) = 9.924843
  expect(meanHalfWidth([...values], 0.05, 5)).toBeCloseTo(9.924843 / Math.sqrt(3) / 10, 6);
  expect(ratioHalfWidth([1], [1, 2], 0.05, 1)).toBeNull();
});

test("2,000 campaigns of equal cells that stop at will: at most 6 % find a difference at 5 %", () => {
  const random = seededRandom(5);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const looks = plannedLooks(4, 20);
  let [narrow, wrong] = [0, 0];
  for (let campaign = 0; campaign < 2000; campaign++) {
    const draw = (): number[] => Array.from({ length: 20 }, () => Math.exp(0.05 * normal()));
    const [a, b] = [draw(), draw()];
    const at = (n: number) => sequentialRatio(a.slice(0, n), b.slice(0, n), 0.05, looks.length);
    const excludes = looks.map((n) => at(n)).map((effect) => effect !== null && (effect.low > 0 || effect.high < 0));
    // The worst that a stopping rule can do: stop at the first look that shows something.
    if (excludes.some(Boolean)) wrong++;
    const stop = looks.findIndex(
      (n) => (ratioHalfWidth(a.slice(0, n), b.slice(0, n), 0.05, looks.length) ?? 1) <= 0.06,
    );
    if (excludes[stop === -1 ? looks.length - 1 : stop] === true) narrow++;
    expect(isSamples(a)).toBe(true);
  }
  expect(wrong / 2000).toBeLessThanOrEqual(0.06);
  expect(narrow / 2000).toBeLessThanOrEqual(0.06);
});
