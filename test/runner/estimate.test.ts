import { expect, test } from "vitest";
import { Estimator, loadSeconds, spoken, usual } from "../../runner/estimate.ts";
import { readSettings } from "../../scenarios/settings.ts";

test("a run's load is its phases, with a warm-up for each but idle", () => {
  expect(loadSeconds(readSettings({ phases: "idle:2s,unloaded:2s,saturated:4s", warmup: "1s" }))).toBe(10);
});

test("what runs and labs really took replaces the guess; one slow run does not count; environments are told apart", () => {
  const estimate = new Estimator();
  expect(estimate.run("netns", 10)).toBe(10 + usual.netns.overhead);
  for (const seconds of [11, 11.2, 60]) estimate.observe("netns", 10, seconds);
  expect(estimate.run("netns", 20)).toBeCloseTo(21.2);
  expect(estimate.run("local", 20)).toBe(20 + usual.local.overhead);
  expect(estimate.build("local")).toBe(usual.local.build);
  estimate.observeBuild("local", 99);
  expect([estimate.build("local"), estimate.build("aks")]).toEqual([99, usual.aks.build]);
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
