/** A campaign carried out: labs, blocks, runs, in the order of the schedule; goes on from what the bundle holds. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { plannedComparisons } from "../analysis/comparisons.ts";
import { cellOf } from "../scenarios/cell.ts";
import { assertSameCampaign, openBundle } from "./bundle.ts";
import { readRecords, removeUnfinished, shown } from "./bundleFolder.ts";
import type { Campaign } from "./campaign.ts";
import { assertSameMachine, assertSameVersions, type KnownVersions } from "./collect.ts";
import type { Interruption } from "./interrupt.ts";
import { Observations } from "./intervals.ts";
import { openJournal } from "./journal.ts";
import { runLab, stackOf } from "./labSession.ts";
import { lanesOf, onlyOnce, runLanes } from "./lanes.ts";
import { labsToRemove, removeLeftLabs } from "./leftLabs.ts";
import { acquireLock } from "./locks.ts";
import { sharesMachine } from "./machineLock.ts";
import { repairedLine } from "./recover.ts";
import { runId, schedule, seededOrder } from "./schedule.ts";
import { stoppingRule } from "./stopping.ts";
import { Standing, type Plan } from "./standing.ts";
import type { WorkspaceOptions } from "./workspace.ts";

export interface CampaignOptions extends Omit<WorkspaceOptions, "stack" | "stop"> {
  readonly campaign: Campaign;
  readonly interruption: Interruption;
  /** Move a bundle of the same name aside instead of going on with it. */
  readonly fresh: boolean;
  /** Leave labs as they are at the end, also after an error. */
  readonly keep: boolean;
  /** Labs that may work at the same time, where they do not share a machine. */
  readonly parallel: number;
  readonly command: string;
  /** What the runs to come will use, as far as it is known before a lab is built. */
  readonly versions: KnownVersions;
}

export interface CampaignResult {
  readonly bundle: string;
  /** Whole runs in the bundle, invalid ones included. */
  readonly runs: number;
  /** Runs that could not be made, with their errors. */
  readonly failures: readonly { readonly run: string; readonly error: string }[];
  /** Cells without a valid run in some block, though replaced as often as allowed. */
  readonly failing: readonly string[];
}

/** Runs what the bundle does not hold yet. Labs are destroyed at the end, also after an error or an interruption. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { campaign, paths } = options;
  const bundle = bundleOf(options);
  const lock = await acquireLock(
    // No stack can have a dot in its name.
    join(paths.locks, `${campaign.name}.bundle.json`),
    `bundle ${shown(bundle)}`,
    options.command,
  );
  try {
    return await carryOut(options, bundle);
  } finally {
    lock.release();
  }
}

async function carryOut(options: CampaignOptions, bundle: string): Promise<CampaignResult> {
  const { campaign, parallel } = options;
  openBundle(bundle, campaign, options.fresh, options.report);
  if (campaign.cells.some(({ read }) => sharesMachine(read))) assertSameMachine(bundle);
  const unfinished = removeUnfinished(bundle);
  const journal = openJournal(bundle, options.report);
  const { report } = journal;
  if (unfinished > 0) report({ kind: "note", text: repairedLine([`${unfinished} half-made run folder(s)`]) });

  const plan = planned(campaign);
  const lanes = lanesOf(plan);
  const records = readRecords(bundle);
  assertSameVersions(bundle, records, options.versions);
  const standing = new Standing(campaign, plan, records, Math.min(parallel, lanes.length));
  const observations = new Observations(
    campaign.comparisons.length > 0
      ? campaign.comparisons
      : plannedComparisons(campaign.cells.map(({ read }) => cellOf(read))),
  );
  for (const record of records) await observations.add(record, bundle);
  report({
    kind: "campaign",
    name: campaign.name,
    runs: standing.planned,
    done: standing.planned - standing.remaining().length,
    expectedSeconds: standing.expectedSeconds(),
  });
  const began = Math.min(Date.now() / 1000, ...records.map(({ load }) => load.started_s));
  const enough = stoppingRule(campaign.stopping, {
    get block() {
      return standing.block;
    },
    halfWidths: (alpha, looks) => observations.halfWidths(alpha, looks),
    elapsed: () => Date.now() / 1000 - began,
  });
  const failures: { run: string; error: string }[] = [];
  const shared = {
    ...options,
    ...{ bundle, standing, observations, journal, enough },
    campaign: { name: campaign.name, cooldown: campaign.cooldown },
    named: parallel > 1 && lanes.length > 1,
    calibrate: onlyOnce<number>(),
    failed: (run: string, error: string) => {
      failures.push({ run, error });
    },
  };
  if (!options.keep) {
    const openBlock = (one: Plan): number | undefined => {
      const block = standing.openBlock(one);
      return block === undefined || enough(block) ? undefined : block;
    };
    const left = labsToRemove(lanes, records, campaign.replication, openBlock);
    const stop = options.interruption;
    await removeLeftLabs(
      left.map((lab) => stackOf(campaign, { lab })),
      { ...options, stop, report },
    );
  }
  await runLanes(lanes, parallel, async (lab, halted) => {
    const block = standing.openBlock(lab);
    if (block !== undefined && !enough(block)) await runLab(lab, { ...shared, halted });
  });
  journal.check();
  return { bundle, runs: readRecords(bundle).length, failures, failing: standing.failing() };
}

/** What `runCampaign` would do now. Nothing is made or changed. */
export interface Outlook {
  readonly bundle: string;
  readonly runs: number;
  readonly done: number;
  readonly expectedSeconds: number;
  /** Runs to come, in their order. */
  readonly next: readonly { readonly run: string; readonly cell: string; readonly lab: string }[];
  readonly parallel: number;
}

/** @throws LabError as `runCampaign` does before its first run: another campaign file, another machine. */
export function outlook(options: Pick<CampaignOptions, "campaign" | "paths" | "fresh" | "parallel">): Outlook {
  const { campaign, fresh, parallel } = options;
  const bundle = bundleOf(options);
  const goesOn = !fresh && existsSync(bundle);
  if (goesOn) {
    assertSameCampaign(bundle, campaign);
    if (campaign.cells.some(({ read }) => sharesMachine(read))) assertSameMachine(bundle);
  }
  const plan = planned(campaign);
  const lanes = Math.min(parallel, lanesOf(plan).length);
  const standing = new Standing(campaign, plan, goesOn ? readRecords(bundle) : [], lanes);
  const remaining = standing.remaining();
  return {
    bundle,
    runs: standing.planned,
    done: standing.planned - remaining.length,
    expectedSeconds: standing.expectedSeconds(),
    next: remaining.map((run) => ({ run: runId(run), cell: run.cell.id, lab: run.cell.lab })),
    parallel: lanes,
  };
}

const planned = ({ cells, blocks, seed, replication }: Campaign) =>
  schedule(cells, blocks, seededOrder(seed), replication);

const bundleOf = ({ campaign, paths }: Pick<CampaignOptions, "campaign" | "paths">): string =>
  join(paths.results, campaign.name);
