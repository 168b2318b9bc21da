/** Do campaigns that may end early keep what they promise? Simulated through the real rule, seeded, with the figures printed. */
import { afterAll, expect, it } from "vitest";
import { falseAlarms, type Simulation } from "../support/simulated.ts";

const figures: string[] = [];
afterAll(() => {
  console.log(["measured:", ...figures].join("\n  "));
});

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

function measured(name: string, simulation: Omit<Simulation, "alpha" | "campaigns" | "seed">) {
  const alarms = falseAlarms({ ...simulation, alpha: 0.05, campaigns: 10_000, seed: figures.length + 1 });
  figures.push(
    `${name}: wrong at any look ${percent(alarms.anyLook)}, where it ends ${percent(alarms.atEnd)}, any of a family after Holm ${percent(alarms.family)}; ${alarms.blocks.toFixed(1)} blocks`,
  );
  return alarms;
}

/** Three standard errors of 5 % in 10,000 campaigns are 0.65 points. */
const bound = 0.06;

it.each([
  ["one comparison, 4 to 20 blocks, CV 4 %", { cells: 2, cv: 0.04, minBlocks: 4, maxBlocks: 20, halfWidth: 0.05 }],
  [
    "one comparison, 4 to 20 blocks, CV 10 %, never narrow",
    { cells: 2, cv: 0.1, minBlocks: 4, maxBlocks: 20, halfWidth: 0.01 },
  ],
  ["one comparison, 4 to 40 blocks, CV 4 %", { cells: 2, cv: 0.04, minBlocks: 4, maxBlocks: 40, halfWidth: 0.03 }],
  ["one comparison, 6 to 200 blocks, CV 10 %", { cells: 2, cv: 0.1, minBlocks: 6, maxBlocks: 200, halfWidth: 0.05 }],
  ["one mean, 4 to 20 blocks, CV 4 %", { cells: 1, cv: 0.04, minBlocks: 4, maxBlocks: 20, halfWidth: 0.03 }],
  [
    "six comparisons of four cells, 4 to 20 blocks, CV 4 %",
    { cells: 4, cv: 0.04, minBlocks: 4, maxBlocks: 20, halfWidth: 0.05 },
  ],
])("%s: at most 6 % of 10,000 campaigns of equal cells are wrong", (name, simulation) => {
  const { anyLook, atEnd, family } = measured(name, simulation);
  expect(anyLook).toBeLessThanOrEqual(bound);
  expect(atEnd).toBeLessThanOrEqual(bound);
  expect(family).toBeLessThanOrEqual(bound);
  // Not merely cautious: what may be spent is spent.
  expect(anyLook).toBeGreaterThan(0.04);
});
