/** Do campaigns that may end early keep what they promise? Simulated through the real rule, seeded, with the figures printed. */
import { afterAll, expect, it } from "vitest";
import { inferenceOf } from "../../analysis/looks.ts";
import { logRatio, ratioHalfWidth, ratioInterval, type LogRatio } from "../../analysis/statistics/ratio.ts";
import { seededRandom } from "../support/random.ts";
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

it.each([
  ["a half-width of 4 %", (ratio: LogRatio, level: number) => ratioHalfWidth(ratio, level) <= 0.04],
  ["its first interval that leaves out 1", (ratio: LogRatio, level: number) => leavesOutOne(ratio, level)],
])("two campaigns of equal cells, each ended at %s: the strictest level holds between them", (name, ends) => {
  const random = seededRandom(9);
  const value = (): number =>
    Math.exp(0.04 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
  const [minBlocks, maxBlocks] = [4, 20];
  const stopping = {
    rule: "until" as const,
    method: "",
    alpha: 0.05,
    halfWidth: 0.04,
    minBlocks,
    maxBlocks,
    budget_s: null,
  };
  const levels = Array.from({ length: maxBlocks + 1 }, (_, block) =>
    block < minBlocks ? null : inferenceOf({ stopping }, [{ block }]).level,
  );
  /** Runs of the campaign's first cell, which is the one that is compared, and the level at which it ended. */
  const campaign = (): { runs: number[]; level: number } => {
    const [runs, others]: [number[], number[]] = [[], []];
    for (const level of levels.slice(1)) {
      runs.push(value());
      others.push(value());
      const ratio = logRatio(runs, others);
      if (level !== null && ratio !== null && (runs.length === maxBlocks || ends(ratio, level))) return { runs, level };
    }
    throw new Error("a campaign ends at its last block");
  };
  const pairs = 4000;
  let [ordinary, strictest] = [0, 0];
  for (let pair = 0; pair < pairs; pair++) {
    const [a, b] = [campaign(), campaign()];
    const ratio = logRatio(a.runs, b.runs);
    if (ratio === null) continue;
    if (leavesOutOne(ratio, 0.95)) ordinary++;
    if (leavesOutOne(ratio, Math.max(a.level, b.level))) strictest++;
  }
  figures.push(
    `two campaigns, each ended at ${name}: 95 % intervals wrong ${percent(ordinary / pairs)}, at the strictest level ${percent(strictest / pairs)}`,
  );
  expect(strictest / pairs).toBeLessThanOrEqual(0.05);
});

function leavesOutOne(ratio: LogRatio, level: number): boolean {
  const { low, high } = ratioInterval(ratio, level);
  return low > 0 || high < 0;
}
