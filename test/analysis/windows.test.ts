import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { measuredSeconds } from "../../analysis/phases.ts";
import type { SecondCount } from "../../analysis/raw/counts.ts";
import { windowLength, windowRows } from "../../analysis/windows.ts";
import { ingressOutput } from "../support/fixtures.ts";

const run = {
  run_id: "r",
  backends: [
    { name: "echo-1", weight: 60 },
    { name: "echo-2", weight: 40 },
  ],
};
const part = { phase: "closed", warmup_s: 2, seconds: 5 };
const second = (at: number, backend: number, requests: number, errors = 0): SecondCount => ({
  second: at,
  backend,
  requests,
  errors,
});

describe("windows of the measured part", () => {
  it("are whole, begin after the warm-up and leave the rest out", () => {
    const seconds = [
      second(1, 0, 99),
      second(2, 0, 3),
      second(3, 0, 4, 1),
      second(3, 1, 5),
      second(5, 1, 2),
      second(6, 0, 77),
      second(7, 0, 88),
    ];
    expect(
      windowRows(run, part, { seconds }, 2).map((row) => [
        row.window_start_s,
        row.window_s,
        row.backend,
        row.requests,
        row.errors,
      ]),
    ).toEqual([
      [0, 2, "echo-1", 7, 1],
      [0, 2, "echo-2", 5, 0],
      [2, 2, "echo-1", 0, 0],
      [2, 2, "echo-2", 2, 0],
    ]);
  });

  it("have a row for requests that no backend answered, where there are any", () => {
    const rows = windowRows(run, { ...part, seconds: 1 }, { seconds: [second(2, -1, 3, 3)] }, 1);
    expect(rows.map(({ backend, requests }) => [backend, requests])).toEqual([
      ["echo-1", 0],
      ["echo-2", 0],
      ["", 3],
    ]);
  });

  it("hold each request of the measured part exactly once", () => {
    const counts = fc.array(
      fc
        .tuple(fc.nat(20), fc.integer({ min: -1, max: 1 }), fc.nat(50))
        .map(([at, backend, requests]) => second(at, backend, requests)),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(
        counts,
        fc.nat(4),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 4 }),
        (seconds, warmup_s, length, window_s) => {
          const rows = windowRows(run, { phase: "closed", warmup_s, seconds: length }, { seconds }, window_s);
          const covered = warmup_s + Math.floor(length / window_s) * window_s;
          const naive = seconds.filter((entry) => entry.second >= warmup_s && entry.second < covered);
          expect(rows.reduce((sum, { requests }) => sum + requests, 0)).toBe(
            naive.reduce((sum, { requests }) => sum + requests, 0),
          );
        },
      ),
    );
  });

  it("have the length of the setting, and the measured part the phase's own or the common one", () => {
    const output = ingressOutput();
    expect(windowLength({ settings: { window: "5s" } })).toBe(5);
    expect(windowLength({ settings: {} })).toBe(1);
    expect(measuredSeconds(output, "closed")).toBe(2);
    expect(measuredSeconds({ ...output, settings: { phases: "idle:5s, closed:1m", duration: "9s" } }, "closed")).toBe(
      60,
    );
    expect(measuredSeconds({ ...output, settings: {} }, "closed")).toBe(2);
  });
});
