/** What a campaign will take and what it can find, before it runs. Pure. */
import { runsNeeded, smallestDetectable } from "../analysis/statistics/power.ts";
import type { Campaign } from "./campaign.ts";
import { estimator, loadSeconds, usualLabSeconds } from "./estimate.ts";
import { schedule, seededOrder } from "./schedule.ts";

const test = { alpha: 0.05, sides: 2 } as const;
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

export interface Finding extends Noise {
  /** Smallest difference that the planned runs find four times in five, as a share. */
  readonly smallest: number;
  /** Runs of a cell that find 5 % four times in five; null for more than 10,000. */
  readonly runsForFivePercent: number | null;
}

export interface CampaignOutlook {
  readonly cells: number;
  readonly blocks: number;
  readonly runs: number;
  readonly firstBlock: readonly string[];
  /** Seconds of the whole and of load alone. */
  readonly seconds: number;
  readonly loadSeconds: number;
  /** Azure nodes with their price an hour; undefined where none is given. */
  readonly cost: string | undefined;
  readonly findings: readonly Finding[];
}

export function outlookOf(campaign: Campaign, noise: readonly Noise[]): CampaignOutlook {
  const { cells, blocks, seed, replication, cooldown } = campaign;
  const plan = schedule(cells, blocks, seededOrder(seed), replication);
  const estimate = estimator();
  const perBlock = (one: (load: number) => number): number =>
    cells.reduce((sum, { read }) => sum + one(loadSeconds(read)), 0);
  const seconds = blocks * perBlock((load) => estimate.run(load) + cooldown) + plan.length * usualLabSeconds;
  return {
    ...{ cells: cells.length, blocks, runs: cells.length * blocks, seconds },
    loadSeconds: blocks * perBlock((load) => load),
    firstBlock: plan.flatMap((lab) =>
      lab.blocks.slice(0, 1).flatMap((block) => block.filter((one) => one.block === 1).map(({ cell }) => cell.id)),
    ),
    cost: costOf(campaign, seconds),
    findings: noise.map(({ what, cv }) => ({
      ...{ what, cv },
      smallest: blocks < 2 ? Infinity : Math.expm1(smallestDetectable(cv, blocks, power, test)),
      runsForFivePercent: runsNeeded(wanted, cv, power, test),
    })),
  };
}

function costOf({ cells }: Campaign, seconds: number): string | undefined {
  const read = cells.find((cell) => cell.read.environment === "aks")?.read;
  const [, price, currency] = /^([\d.]+) ?([A-Z]{3})$/.exec(read?.["aks.pricePerNodeHour"] ?? "") ?? [];
  if (read === undefined || price === undefined || currency === undefined) return undefined;
  return `${((Number(price) * read["aks.nodes"] * seconds) / 3600).toFixed(2)} ${currency}`;
}
