import { expect, test } from "vitest";
import { estimator, loadSeconds, spoken } from "../../runner/estimate.ts";
import { readSettings } from "../../scenarios/settings.ts";

test("a run's load is its phases, with a warm-up for each but idle", () => {
  expect(loadSeconds(readSettings({ phases: "idle:2s,unloaded:2s,saturated:4s", warmup: "1s" }))).toBe(10);
});

test("what runs really took replaces the guess; one slow run does not count", () => {
  const estimate = estimator();
  expect(estimate.run(10)).toBe(13);
  for (const seconds of [11, 11.2, 60]) estimate.observe(10, seconds);
  expect(estimate.run(20)).toBeCloseTo(21.2);
});

test.each([
  [8.4, "8 s"],
  [60, "1 min"],
  [245, "4 min 5 s"],
  [12_000, "3 h 20 min"],
  [-3, "0 s"],
])("%d seconds are spoken as %s", (seconds, text) => {
  expect(spoken(seconds)).toBe(text);
});
