/** The benchmarks by name: what each measures, its bound, and how. Ratios come from interleaved pairs within one run. */
import { join } from "node:path";
import { planTime, preciseLoad, sequentialAlarms } from "./campaigns.ts";
import { goodputOf, requestRateOf, withLab, type BenchLab } from "./lab.ts";
import { withBasePath, withGateway } from "./byHand.ts";
import { campaignOverhead, resumeTimes, survivedKills } from "./campaign.ts";
import { analysisBenches } from "./analysis/benches.ts";
import { peakMemory } from "./memory.ts";
import { manyBackends, preview, stacks, type Preview } from "./preview.ts";

export interface Bench {
  readonly what: string;
  readonly unit: string;
  readonly bound: { readonly atLeast: number } | { readonly atMost: number };
  /** How often it is done when nobody says; 10 for ratios, 5 for others. */
  readonly repetitions?: number;
  /** One value for each repetition or pair; the median is judged. `seed`: where a benchmark's random numbers begin. */
  measure(repetitions: number, note: (text: string) => void, seed: number): Promise<readonly number[]>;
}

/** Ratios a/b of `count` pairs, with the order turned from pair to pair so that drift hits both alike. */
async function pairs(
  count: number,
  a: () => Promise<number>,
  b: () => Promise<number>,
  note: (text: string) => void,
): Promise<number[]> {
  const ratios: number[] = [];
  for (let pair = 0; pair < count; pair++) {
    const first = pair % 2 === 0 ? await a() : await b();
    const second = pair % 2 === 0 ? await b() : await a();
    const [ours, theirs] = pair % 2 === 0 ? [first, second] : [second, first];
    ratios.push(ours / theirs);
    note(
      `pair ${pair + 1} of ${count}: ${ours.toPrecision(4)} / ${theirs.toPrecision(4)} = ${(ours / theirs).toFixed(3)}`,
    );
  }
  return ratios;
}

const seconds = 4;
const warmup = 1;
const egress = { phases: `saturated:${seconds}s`, warmup: `${warmup}s` };
const ingress = { scenario: "ingress", phases: `closed:${seconds}s`, warmup: `${warmup}s`, vus: "10" };

const goodput = async (lab: BenchLab, settings: Record<string, string>): Promise<number> =>
  goodputOf(join((await lab.run({ ...egress, ...settings })).folder, "iperf3-saturated.json"));
const requestRate = async (lab: BenchLab, settings: Record<string, string>): Promise<number> =>
  requestRateOf(join((await lab.run({ ...ingress, ...settings })).folder, "k6-closed.json"), warmup + seconds);

const gatewayByHand = (gateway: "nginx" | "envoy"): Bench => ({
  what: `${gateway} requests/s in the lab against the same configuration started by hand`,
  unit: "ratio",
  bound: { atLeast: 0.97 },
  measure: (count, note) =>
    withLab("bench-by-hand", (lab) =>
      withGateway(gateway, Number(ingress.vus), (byHand) =>
        pairs(
          count,
          () => requestRate(lab, { gateway }),
          () => byHand(seconds, warmup),
          note,
        ),
      ),
    ),
});

export const benches: Readonly<Record<string, Bench>> = {
  "lab-up": {
    what: "lab up from nothing (all nodes, servers, monitoring), load not counted",
    unit: "s",
    bound: { atMost: 15 },
    measure: (count, note) =>
      repeated(count, note, () =>
        withLab("bench-up", async (lab) => {
          const { up_s, load_s } = await lab.run({ path: "gateway", phases: "saturated:1s", warmup: "0s" });
          return up_s - load_s;
        }),
      ),
  },
  "lab-destroy": {
    what: "lab destroy",
    unit: "s",
    bound: { atMost: 8 },
    measure: (count, note) =>
      repeated(count, note, () =>
        withLab("bench-down", async (lab) => {
          await lab.run({ path: "gateway", phases: "saturated:1s", warmup: "0s" });
          return lab.destroy();
        }),
      ),
  },
  "run-overhead": {
    what: "engine and collection time of one run beyond its load, lab standing",
    unit: "s",
    bound: { atMost: 5 },
    measure: (count, note) =>
      withLab("bench-overhead", async (lab) => {
        await lab.run(egress);
        return repeated(count, note, async () => {
          const { up_s, collect_s, load_s } = await lab.run(egress);
          return up_s + collect_s - load_s;
        });
      }),
  },
  "base-by-hand": {
    what: "base goodput of the lab against bare iperf3 over a hand-made path of the same shape",
    unit: "ratio",
    bound: { atLeast: 0.97 },
    measure: (count, note) =>
      withLab("bench-base", (lab) =>
        withBasePath((byHand) =>
          pairs(
            count,
            () => goodput(lab, {}),
            () => byHand(seconds, warmup),
            note,
          ),
        ),
      ),
  },
  "monitoring-cost": {
    what: "base goodput with monitoring on against off",
    unit: "ratio",
    bound: { atLeast: 0.98 },
    measure: (count, note) =>
      withLab("bench-monitoring", (lab) =>
        pairs(
          count,
          () => goodput(lab, { monitoring: "true" }),
          async () => {
            // The engine takes monitoring down only after the load that first does without: that one does not count.
            await lab.run({ phases: "saturated:1s", warmup: "0s", monitoring: "false" });
            return goodput(lab, { monitoring: "false" });
          },
          note,
        ),
      ),
  },
  "counting-cost": {
    what: "k6 requests/s with counting for each backend and second on against off (NGINX, 10 VUs)",
    unit: "ratio",
    bound: { atLeast: 0.97 },
    measure: (count, note) =>
      withLab("bench-counting", (lab) =>
        pairs(
          count,
          () => requestRate(lab, { gateway: "nginx", countAnswers: "true" }),
          () => requestRate(lab, { gateway: "nginx", countAnswers: "false" }),
          note,
        ),
      ),
  },
  "counting-cost-direct": {
    what: "the same with no gateway in between, where the generator is nearly all there is; no bound asked",
    unit: "ratio",
    bound: { atLeast: 0 },
    measure: (count, note) =>
      withLab("bench-counting", (lab) =>
        pairs(
          count,
          () => requestRate(lab, { gateway: "direct", countAnswers: "true" }),
          () => requestRate(lab, { gateway: "direct", countAnswers: "false" }),
          note,
        ),
      ),
  },
  "log-cost": {
    what: "k6 requests/s with a line for every answer on against off (direct, 10 VUs); no bound asked, off by default",
    unit: "ratio",
    bound: { atLeast: 0 },
    measure: (count, note) =>
      withLab("bench-log", (lab) =>
        pairs(
          count,
          () => requestRate(lab, { gateway: "direct", logAnswers: "true" }),
          () => requestRate(lab, { gateway: "direct", logAnswers: "false" }),
          note,
        ),
      ),
  },
  "nginx-by-hand": gatewayByHand("nginx"),
  "envoy-by-hand": gatewayByHand("envoy"),
  "campaign-overhead": {
    what: "wall time of a campaign over its time in phases (idle and warm-up included), 60 s of phases a run",
    unit: "ratio",
    bound: { atMost: 1.15 },
    repetitions: 4,
    measure: async (runs, note) => [await campaignOverhead(runs, note)],
  },
  resume: {
    what: "from `lab run` to its next load, after kill -9 of the command before, lab still up",
    unit: "s",
    bound: { atMost: 10 },
    measure: (count, note) => resumeTimes(count, note),
  },
  kills: {
    what: "random kills of runner, engine, provider and load survived with nothing lost (--repetitions kills, --seed first)",
    unit: "of all kills",
    bound: { atLeast: 1 },
    repetitions: 100,
    measure: async (count, note, seed) => [await survivedKills(count, seed, note)],
  },
  plan: {
    what: "reading and planning a campaign of 100,000 runs, the slower of 10 cells × 10,000 blocks and 1,000 × 100",
    unit: "s",
    bound: { atMost: 2 },
    measure: planTime,
  },
  "precise-load": {
    what: "load time of each precise campaign over the thesis' design at the same half-width, recorded spreads (simulation)",
    unit: "ratio",
    bound: { atMost: 0.5 },
    measure: preciseLoad,
  },
  "sequential-alarms": {
    what: "false positives of sequential stopping at 5 %, 2,000 campaigns that may stop at any look (simulation)",
    unit: "%",
    bound: { atMost: 6 },
    measure: sequentialAlarms,
  },
  preview: {
    what: "a stack's program under mocks, process start and module load included; the slowest stack of each repetition",
    unit: "s",
    bound: { atMost: 5 },
    measure: (count, note) =>
      repeated(count, note, async () => {
        const seconds: number[] = [];
        for (const stack of stacks) {
          const { seconds: taken, resources } = await preview(stack);
          const { environment = "", cni = "", path = "", gateway = "" } = stack;
          note(
            `${[environment, cni, path, gateway].filter((part) => part !== "").join(" ")}: ${resources} resources, ${taken.toFixed(2)} s`,
          );
          seconds.push(taken);
        }
        return Math.max(...seconds);
      }),
  },
  "preview-500-backends": {
    what: "the same with 500 backends",
    unit: "s",
    bound: { atMost: 20 },
    measure: (count, note) => repeated(count, note, async () => (await manyPreviewed(note)).seconds),
  },
  "preview-500-memory": {
    what: "peak resident memory of the same",
    unit: "MB",
    bound: { atMost: 1000 },
    measure: (count, note) => repeated(count, note, async () => (await manyPreviewed(note)).megabytes),
  },
  memory: {
    what: "peak resident memory of runner, engine, provider and analysis together, over a short campaign",
    unit: "MB",
    bound: { atMost: 600 },
    measure: (_count, note) => peakMemory(note),
  },
  ...analysisBenches,
};

async function manyPreviewed(note: (text: string) => void): Promise<Preview> {
  const made = await preview(manyBackends);
  note(`${made.resources} resources, ${made.seconds.toFixed(2)} s, ${made.megabytes.toFixed(0)} MB`);
  return made;
}

async function repeated(count: number, note: (text: string) => void, work: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let index = 0; index < count; index++) {
    const value = await work();
    values.push(value);
    note(`${index + 1} of ${count}: ${value.toFixed(2)}`);
  }
  return values;
}
