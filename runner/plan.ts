/** What a campaign will take, cost and find, before it runs. Pure. */
import { looksOf } from "../analysis/looks.ts";
import type { Stopping } from "../analysis/plan.ts";
import { meanHalfWidth } from "../analysis/statistics/meanInterval.ts";
import { runsNeeded, smallestDetectable, type Test } from "../analysis/statistics/power.ts";
import { compareLogs, ratioHalfWidth } from "../analysis/statistics/ratio.ts";
import type { Campaign, CampaignCell } from "./campaign.ts";
import { questionsOf, scheduleOf, takesTurns } from "./campaignPlan.ts";
import { sharesMachine } from "./machineLock.ts";
import { Estimator, loadSeconds } from "./estimate.ts";
import type { Question } from "./intervals.ts";
import { levelsOf } from "./stopping.ts";

const power = 0.8;
/** The difference that every plan says the runs for. */
const wanted = Math.log(1.05);

/** Spread of one metric between runs of a cell: a standard deviation of the logarithm, about the CV. */
export interface Noise {
  readonly what: string;
  readonly cv: number;
}

/** Examples where no earlier bundle is given: a quiet and a noisy metric. */
export const exampleNoise: readonly Noise[] = [
  { what: "a quiet metric (example)", cv: 0.03 },
  { what: "a noisy metric (example)", cv: 0.09 },
];

/** Name of what a question measures, as noise is told by. */
export const measuredBy = ({ metric, phase, role }: Pick<Question, "metric" | "phase" | "role">): string =>
  `${metric}${role === "" ? "" : ` of ${role}`} (${phase})`;

export interface Finding extends Noise {
  /** Smallest difference that the planned runs find four times in five, as a share. */
  readonly smallest: number;
  /** Runs of a cell that find 5 % four times in five; null for more than 10,000. */
  readonly runsForFivePercent: number | null;
}

/** What a number of blocks takes. Seconds. */
export interface Time {
  readonly blocks: number;
  readonly runs: number;
  readonly seconds: number;
  /** Phases with their warm-up. */
  readonly load: number;
  /** Building labs and taking them down. */
  readonly labs: number;
  /** Engine, collection and cool-down of the runs. */
  readonly between: number;
  /** Price of the nodes of clouds; undefined where no price is given. */
  readonly cost: string | undefined;
}

export interface CampaignOutlook {
  readonly cells: readonly { readonly id: string; readonly lab: string; readonly loadSeconds: number }[];
  readonly blocks: number;
  readonly runs: number;
  readonly labs: number;
  readonly comparisons: number;
  readonly means: number;
  readonly firstBlock: readonly string[];
  /** Of all blocks. */
  readonly whole: Time;
  /** Of the blocks after which it will know enough with the given noise; undefined without a stopping rule or such noise. */
  readonly expected: Time | undefined;
  /** What must be there, a sentence for each kind of machine. */
  readonly machines: readonly string[];
  readonly findings: readonly Finding[];
  /** What the caller ought to know before it begins. */
  readonly warnings: readonly string[];
}

export interface Given {
  readonly noise: readonly Noise[];
  /** Whether the noise is that of an earlier bundle, so that it says when the campaign ends. */
  readonly measured: boolean;
  readonly estimator: Estimator;
}

/** With examples of noise and usual times. */
export const givenNothing = (): Given => ({ noise: exampleNoise, measured: false, estimator: new Estimator() });

export function outlookOf(campaign: Campaign, { noise, measured, estimator }: Given): CampaignOutlook {
  const { cells, blocks, comparisons, means } = campaign;
  const questions = questionsOf(campaign);
  const test: Test = { alpha: 1 - levelsOf(campaign.stopping)(blocks), sides: 2 };
  const enough = measured ? blocksUntil(campaign.stopping, questions, noise) : undefined;
  const whole = timeOf(campaign, blocks, estimator);
  const firstBlock = scheduleOf({ ...campaign, blocks: 1 })
    .flatMap((lab) => lab.blocks.flat())
    .map(({ cell }) => cell.id);
  return {
    cells: cells.map(({ id, lab, read }) => ({ id, lab, loadSeconds: loadSeconds(read) })),
    ...{ blocks, runs: cells.length * blocks, labs: labsOf(cells).size, firstBlock, whole },
    ...{ comparisons: comparisons.length, means: means.length },
    expected: enough === undefined ? undefined : timeOf(campaign, enough, estimator),
    machines: machinesOf(campaign),
    findings: noise.map(({ what, cv }) => ({
      ...{ what, cv },
      smallest: blocks < 2 ? Infinity : Math.expm1(smallestDetectable(cv, blocks, power, test)),
      runsForFivePercent: runsNeeded(wanted, cv, power, test),
    })),
    warnings: warningsOf(campaign, whole),
  };
}

const labsOf = (cells: readonly CampaignCell[]): Map<string, CampaignCell[]> => Map.groupBy(cells, ({ lab }) => lab);

/** Blocks after which every question that has known noise is narrow enough; undefined where none has. */
function blocksUntil(stopping: Stopping, questions: readonly Question[], noise: readonly Noise[]): number | undefined {
  if (stopping.rule === "fixed") return undefined;
  const level = levelsOf(stopping);
  const known = new Map(noise.map(({ what, cv }) => [what, cv]));
  const needs = questions.flatMap((question) => {
    const cv = known.get(measuredBy(question));
    if (cv === undefined) return [];
    const one = { n: 0, mean: 0, variance: cv ** 2 };
    const half = (n: number): number => {
      if ("cell" in question) return meanHalfWidth({ ...one, n }, level(n)) ?? Infinity;
      const compared = compareLogs({ ...one, n }, { ...one, n });
      return compared === null ? Infinity : ratioHalfWidth(compared, level(n));
    };
    return looksOf(stopping).find((blocks) => half(blocks) <= (question.wanted ?? 0)) ?? stopping.maxBlocks;
  });
  return needs.length === 0 ? undefined : Math.max(...needs);
}

function timeOf(campaign: Campaign, blocks: number, estimator: Estimator): Time {
  const { cells, replication, cooldown } = campaign;
  const labs = [...labsOf(cells).values()].map((own) => {
    const load = blocks * own.reduce((sum, { read }) => sum + loadSeconds(read), 0);
    const between =
      blocks *
      own.reduce((sum, { read }) => {
        const seconds = loadSeconds(read);
        return sum + estimator.run(read.environment, seconds) - seconds + cooldown;
      }, 0);
    const environment = own[0]?.read.environment ?? "netns";
    const times = replication === "rebuild" ? blocks : 1;
    return { own, load, between, labs: times * (estimator.build(environment) + estimator.destroy(environment)) };
  });
  const total = (pick: (lab: (typeof labs)[number]) => number): number => labs.reduce((sum, lab) => sum + pick(lab), 0);
  const [load, between, building] = [total((lab) => lab.load), total((lab) => lab.between), total((lab) => lab.labs)];
  const seconds = load + between + building;
  const cost = costOf(
    labs.map((lab) => ({
      read: lab.own[0]?.read,
      seconds: takesTurns(campaign) ? seconds : lab.load + lab.between + lab.labs,
    })),
  );
  return { blocks, runs: cells.length * blocks, seconds, load, labs: building, between, cost };
}

type Read = CampaignCell["read"];

/** Sums by currency: two prices in two currencies are not added. */
function costOf(labs: readonly { read: Read | undefined; seconds: number }[]): string | undefined {
  const sums = new Map<string, number>();
  for (const { read, seconds } of labs) {
    const [, price, currency] = /^([\d.]+) ?([A-Z]{3})$/.exec(read?.["aks.pricePerNodeHour"] ?? "") ?? [];
    if (read?.environment !== "aks" || price === undefined || currency === undefined) continue;
    sums.set(currency, (sums.get(currency) ?? 0) + (Number(price) * read["aks.nodes"] * seconds) / 3600);
  }
  return sums.size === 0
    ? undefined
    : [...sums].map(([currency, sum]) => `${sum.toFixed(2)} ${currency}`).join(" and ");
}

function machinesOf(campaign: Campaign): string[] {
  const { cells } = campaign;
  const labs = [...labsOf(cells).values()].flatMap(([first]) => (first === undefined ? [] : [first.read]));
  const of = (environment: Read["environment"]): Read[] => labs.filter((read) => read.environment === environment);
  const [netns, kind, aks, existing] = [of("netns"), of("local"), of("aks"), of("existing")];
  const [cloud] = aks;
  const outside = cells.some(({ read }) => read.environment !== "netns" && read.used["load.placement"] === "outside");
  return [
    ...(netns.length > 0 ? ["this machine: network namespaces, one lab at a time"] : []),
    ...(kind.length > 0 ? ["this machine: a kind cluster of 3 nodes, one at a time"] : []),
    ...(cloud === undefined
      ? []
      : [
          `Azure, ${cloud["aks.location"]}: ${cloud["aks.nodes"]} nodes of ${cloud["aks.vmSize"]} a cluster, ${takesTurns(campaign) ? `${aks.length} clusters at the same time` : aks.some((read) => sharesMachine(read)) || aks.length === 1 ? "one cluster at a time" : `one cluster at a time (--parallel ${aks.length}: all at once)`}${aks.some((read) => read.scenario === "egress") ? `, and a ${cloud["aks.serverVmSize"]} as the server of egress` : ""}`,
        ]),
    ...(existing.length > 0 ? ["the cluster of the given kubeconfig"] : []),
    ...(outside ? ["this machine: the load generator, outside the cluster"] : []),
  ];
}

function warningsOf({ cells }: Campaign, whole: Time): string[] {
  const cloud = cells.find(({ read }) => read.environment === "aks")?.read;
  const unused = Map.groupBy(
    cells.flatMap(({ read }) => read.unused.map((name) => `${name} by ${read.scenario} on ${read.environment}`)),
    (text) => text,
  );
  return [
    ...(cloud !== undefined && whole.seconds > cloud["aks.timeToLive"]
      ? ["it may take longer than aks.timeToLive: lab sweep would remove its clusters; give a longer time"]
      : []),
    ...(cloud !== undefined && whole.cost === undefined
      ? ["Azure's nodes cost money: set aks.pricePerNodeHour, such as 0.20 EUR, and the plan says how much"]
      : []),
    ...[...unused.keys()].map((text) => `a setting is not used: ${text}`),
  ];
}
