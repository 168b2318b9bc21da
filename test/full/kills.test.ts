/** Campaigns under seeded kills of runner, engine, provider and load. `npm run bench -- kills` does a hundred. */
import { expect, test } from "vitest";
import { killPlan } from "../support/kills/plan.ts";
import { surviveKills } from "../support/kills/survive.ts";

/** Kills wanted, and the time after which no further campaign begins, in milliseconds. */
const wanted = 16;
const longest = 5 * 60_000;

test("a seed always means the same campaign and the same kills, and seeds differ", () => {
  expect(killPlan(7)).toEqual(killPlan(7));
  const plans = Array.from({ length: 200 }, (_, seed) => killPlan(seed).kills);
  const kills = plans.flat();
  for (const victim of ["runner", "engine", "provider", "load"])
    expect(kills.some((kill) => kill.victim === victim)).toBe(true);
  const moments = new Set(kills.map(({ moment }) => moment.at));
  expect([...moments].sort()).toEqual(["build", "destroy", "load", "locks", "runs", "state", "time"]);
});

test("nothing is lost, doubled, skipped or left by kills at random moments", async () => {
  const start = Date.now();
  let hits = 0;
  for (let seed = 1; hits < wanted && Date.now() - start < longest; seed++) {
    const survival = await surviveKills(seed, console.log);
    hits += survival.hits;
    // The seed is in what is shown: npm run bench -- kills --repetitions 1 --seed <seed>
    expect(survival).toEqual({ seed, hits: survival.hits, problems: [] });
  }
  expect(hits).toBeGreaterThan(4);
});
