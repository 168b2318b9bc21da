import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { increase, interpolate, longestGap, usualInterval, within, type Samples } from "../../analysis/timeSeries.ts";

describe("counters in a window", () => {
  it("counts from the first to the last sample", () => {
    expect(
      increase([
        [10, 5],
        [11, 7],
        [13, 11],
      ]),
    ).toEqual({ amount: 6, seconds: 3, resets: 0 });
  });

  it("goes on from 0 after a reset and reports it", () => {
    expect(
      increase([
        [10, 5],
        [11, 7],
        [12, 1],
        [13, 4],
      ]),
    ).toEqual({ amount: 6, seconds: 3, resets: 1 });
  });

  it("needs two samples", () => {
    expect(increase([])).toBeNull();
    expect(increase([[10, 5]])).toBeNull();
  });

  it("is last less first for a counter that never falls", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 2, maxLength: 50 }), (steps) => {
        let value = 0;
        const samples: Samples = steps.map((step, index) => [index, (value += step)]);
        expect(increase(samples)?.amount).toBe(value - (steps[0] ?? 0));
      }),
    );
  });

  it("takes samples on the window's edges", () => {
    expect(
      within(
        [
          [1, 0],
          [2, 0],
          [3, 0],
          [4, 0],
        ],
        { start_s: 2, end_s: 3 },
      ),
    ).toEqual([
      [2, 0],
      [3, 0],
    ]);
  });
});

describe("interpolation", () => {
  const line: Samples = [
    [10, 0],
    [12, 4],
    [13, 4],
  ];
  it.each([
    [9, 0],
    [10, 0],
    [11, 2],
    [12, 4],
    [12.5, 4],
    [20, 4],
  ])("at %f s is %f", (time, value) => {
    expect(interpolate(line, time)).toBe(value);
  });

  it("has nothing without samples", () => {
    expect(interpolate([], 1)).toBeNull();
  });
});

describe("gaps", () => {
  const window = { start_s: 10, end_s: 20 };
  it.each<[string, number[], number]>([
    ["a gap inside", [9, 10, 11, 15, 16, 17, 18, 19, 20, 21], 4],
    ["a gap that begins before the window", [7, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20], 4],
    ["a gap that ends after the window", [10, 11, 12, 13, 14, 15, 16, 17, 18, 24], 6],
    ["monitoring that stopped", [9, 10, 11, 12], 8],
    ["monitoring that started late", [16, 17, 18, 19, 20, 21], 6],
    ["no samples at all", [], 10],
  ])("sees %s", (_, times, gap) => {
    expect(longestGap(times, window)).toBe(gap);
  });

  it("knows the usual distance", () => {
    expect(usualInterval([1, 2, 3, 7, 8])).toBe(1);
    expect(usualInterval([1])).toBeNull();
  });
});
