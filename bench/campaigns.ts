/** What campaigns cost to plan, and what the precise ones save: pure simulations, without a lab. */
import { join } from "node:path";
import { meanHalfWidth } from "../analysis/statistics/meanInterval.ts";
import { Observations } from "../runner/intervals.ts";
import { loadCampaign, readCampaign, type Campaign } from "../runner/campaign.ts";
import { scheduleOf } from "../runner/campaignPlan.ts";
import { loadSeconds } from "../runner/estimate.ts";
import { givenNothing, outlookOf } from "../runner/plan.ts";
import { Standing } from "../runner/standing.ts";
import { stoppingRule } from "../runner/stopping.ts";
import { falseAlarms, normals, questionsAbout, untilRule } from "../test/support/simulated.ts";
import { root } from "./lab.ts";
import { betweenVariance, pooledSpreads, recordedSpreads, type RecordedSpread } from "./recorded.ts";

type Note = (text: string) => void;

/** Seconds to read a campaign of 100,000 runs, plan it, and ask for its first run, time left and what remains. */
export function planTime(count: number, note: Note): Promise<readonly number[]> {
  const shapes = [
    { cells: 10, blocks: 10_000, replication: "reuse" },
    { cells: 1000, blocks: 100, replication: "rebuild" },
  ];
  const times = Array.from({ length: count }, () =>
    shapes.map(({ cells, blocks, replication }) => {
      const users = Array.from({ length: cells / 2 }, (_, index) => index + 1).join(",");
      const text = `blocks: ${blocks}\nreplication: ${replication}\ncells: [{ scenario: ingress, gateway: [nginx, envoy], vus: [${users}] }]\n`;
      const start = performance.now();
      const campaign = readCampaign(text, "many.yaml");
      outlookOf(campaign, givenNothing());
      const plan = scheduleOf(campaign);
      const standing = new Standing(campaign, plan, [], 1);
      const runs = standing.remaining().length;
      standing.next(plan[0]?.blocks[0] ?? []);
      standing.expectedSeconds();
      const seconds = (performance.now() - start) / 1000;
      note(`${runs} runs, ${cells} cells in ${blocks} blocks: ${seconds.toFixed(2)} s`);
      return seconds;
    }),
  );
  return Promise.resolve(times.map((both) => Math.max(...both)));
}

/**
 * Load time of a precise campaign over that of the thesis' campaign at the same half-width of a ratio, for the recorded
 * spreads of goodput and round-trip time; one value for each pair of campaigns, the mean over simulated campaigns. A precise
 * campaign whose blocks run out before is counted as if it went on until it is narrow enough.
 */
export function preciseLoad(repetitions: number, note: Note): Promise<readonly number[]> {
  const values = ["egress", "ingress-local", "ingress-aks"].map((name) => {
    const [thesis, precise] = ["thesis", "precise"].map((kind) =>
      loadCampaign(join(root, "campaigns", `${kind}-${name}.yaml`)),
    );
    if (thesis === undefined || precise === undefined) throw new Error(`no campaigns for ${name}`);
    const ratios = (spreads: readonly RecordedSpread[], each: number): number[] =>
      spreads
        .flatMap((spread, index) =>
          Array.from({ length: each }, (_, at) => loadRatio(thesis, precise, spread, 1000 * index + at)),
        )
        .sort((a, b) => a - b);
    const pooled = ratios(pooledSpreads, 10 * repetitions);
    const mean = pooled.reduce((sum, ratio) => sum + ratio, 0) / pooled.length;
    const single = ratios(recordedSpreads, repetitions);
    note(
      `${name}: ${mean.toFixed(3)} over ${pooled.length} campaigns; set-up by set-up (some without a variance between their three runs) median ${(single[Math.floor(single.length / 2)] ?? 0).toFixed(3)}`,
    );
    return mean;
  });
  return Promise.resolve(values);
}

/** Variance of the logarithm of one run's mean. */
const runVariance = (spread: RecordedSpread, seconds: number): number =>
  betweenVariance(spread) + spread.within ** 2 / seconds;

/** Length of the phase that is compared, and of a run's whole load. */
function lengths({ cells }: Campaign): { phase: number; run: number } {
  const read = cells[0]?.read;
  const phase = read?.phases.find((one) => one.phase === "saturated" || one.phase === "closed")?.seconds;
  if (read === undefined || phase === undefined) throw new Error("no load phase");
  return { phase, run: loadSeconds(read) };
}

function loadRatio(thesis: Campaign, precise: Campaign, spread: RecordedSpread, seed: number): number {
  if (precise.stopping.rule !== "until") throw new Error("no stopping rule");
  const [long, short] = [lengths(thesis), lengths(precise)];
  const n = thesis.blocks;
  // The usual half-width of the thesis' ratio: both sides with the spread of its runs, n runs each.
  const one = { n: 2 * n - 1, mean: 0, variance: runVariance(spread, long.phase) };
  const wanted = Math.SQRT2 * (meanHalfWidth(one, 0.95) ?? 0) * Math.sqrt((2 * n - 1) / n);
  const { minBlocks, maxBlocks, alpha } = precise.stopping;
  const stopping = untilRule({ minBlocks, maxBlocks, alpha, halfWidth: wanted });
  const normal = normals(seed);
  const deviation = Math.sqrt(runVariance(spread, short.phase));
  const questions = questionsAbout(["a", "b"], wanted);
  const observations = new Observations(questions);
  let [block, width] = [0, Infinity];
  const ends = stoppingRule(stopping, {
    get block() {
      return block;
    },
    estimates: (level) => {
      const estimates = observations.estimates(level);
      width = estimates[0]?.halfWidth ?? Infinity;
      return estimates;
    },
    elapsed: () => 0,
  });
  let narrow = false;
  while (!narrow && block < maxBlocks) {
    block += 1;
    for (const cell of ["a", "b"]) {
      observations.observe({ cell, phase: "saturated", role: "", metric: "goodput" }, Math.exp(deviation * normal()));
    }
    narrow = ends(block + 1);
  }
  const blocks = narrow ? block : block * Math.max(1, width / wanted) ** 2;
  return (blocks * short.run) / (n * long.run);
}

/** Share of 2,000 campaigns of equal cells that find a difference at any of their looks, at 5 %: of a ratio, and of a mean its truth left out. */
export function sequentialAlarms(_count: number, note: Note): Promise<readonly number[]> {
  const common = { campaigns: 2000, cv: 0.04, minBlocks: 4, maxBlocks: 20, alpha: 0.05, halfWidth: 0.05 };
  const values = [2, 1].map((cells) => {
    const { anyLook, atEnd, blocks } = falseAlarms({ ...common, cells, seed: 4 + cells });
    note(
      `${cells === 2 ? "a ratio" : "a mean"}: at any look ${(100 * anyLook).toFixed(2)} %, where it ends ${(100 * atEnd).toFixed(2)} %, after ${blocks.toFixed(1)} blocks`,
    );
    return 100 * anyLook;
  });
  return Promise.resolve(values);
}
