/** A campaign carried out: labs, blocks, runs, in the order of the schedule; goes on from what the bundle holds. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { looksOf } from "../analysis/looks.ts";
import type { RunRecord } from "../analysis/record.ts";
import { assertSameCampaign, openBundle } from "./bundle.ts";
import { readRecords, removeUnfinished } from "./bundleFolder.ts";
import type { Campaign } from "./campaign.ts";
import { questionsOf, roundsOf, scheduleOf, takesTurns } from "./campaignPlan.ts";
import { assertSameMachine, assertSameVersions, type KnownVersions } from "./collect.ts";
import type { Interruption } from "./interrupt.ts";
import { Observations } from "./intervals.ts";
import { openJournal } from "./journal.ts";
import { runLab, StandingLabs } from "./labSession.ts";
import { lanesOf, onlyOnce, runLanes } from "./lanes.ts";
import { labsToRemove, removeLeftLabs } from "./leftLabs.ts";
import { holdingBundle } from "./locks.ts";
import { sharesMachine } from "./machineLock.ts";
import { repairedLine } from "./recover.ts";
import type { LabEvent, Reporter } from "./reporter.ts";
import { stackOf } from "./runSettings.ts";
import { runId } from "./schedule.ts";
import { levelsOf, stoppingRule } from "./stopping.ts";
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
  const bundle = bundleOf(options);
  return holdingBundle(options.paths, bundle, options.command, () => carryOut(options, bundle));
}

async function carryOut(options: CampaignOptions, bundle: string): Promise<CampaignResult> {
  const { campaign, parallel } = options;
  openBundle(bundle, campaign, options.fresh, options.report);
  if (campaign.cells.some(({ read }) => sharesMachine(read))) assertSameMachine(bundle);
  const unfinished = removeUnfinished(bundle);
  const journal = openJournal(bundle, options.report);
  const { report } = journal;
  if (unfinished > 0) report({ kind: "note", text: repairedLine([`${unfinished} half-made run folder(s)`]) });

  const plan = scheduleOf(campaign);
  const lanes = lanesOf(plan);
  const records = readRecords(bundle);
  assertSameVersions(bundle, records, options.versions);
  const standing = new Standing(campaign, plan, records, Math.min(parallel, lanes.length));
  const knowledge = await knowledgeOf(campaign, standing, records, bundle, report);
  const { enough } = knowledge;
  // A campaign that has ended already is not to be counted, or built, once more.
  const ended = enough(standing.block + (standing.blockIsDone() ? 1 : 0));
  report({
    kind: "campaign",
    name: campaign.name,
    runs: standing.total,
    mostRuns: campaign.cells.length * campaign.blocks,
    done: standing.total - standing.left,
    expectedSeconds: standing.expectedSeconds(),
  });
  const failures: { run: string; error: string }[] = [];
  const shared = {
    ...options,
    ...{ bundle, standing, journal, enough },
    named: parallel > 1 && lanes.length > 1,
    calibrate: onlyOnce<number>(),
    observed: knowledge.observed,
    failed: (run: string, error: string) => {
      failures.push({ run, error });
    },
  };
  if (!options.keep) {
    const openBlock = (one: Plan): number | undefined => {
      const block = standing.openBlock(one);
      return block === undefined || enough(block) ? undefined : block;
    };
    // Labs that take turns go on side by side, also where they share a lane.
    const paths = takesTurns(campaign) ? [...Map.groupBy(plan, ({ lab }) => lab).values()] : lanes;
    const left = labsToRemove(paths, records, campaign.replication, openBlock);
    const stop = options.interruption;
    await removeLeftLabs(
      left.map((lab) => stackOf(campaign, { lab })),
      { ...options, stop, report },
    );
  }
  const standingLabs = new StandingLabs();
  const work = async (lab: Plan, halted: () => boolean): Promise<void> => {
    const block = standing.openBlock(lab);
    if (block === undefined || enough(block)) return;
    if (takesTurns(campaign)) await standingLabs.work(lab, { ...shared, halted });
    else await runLab(lab, { ...shared, halted });
  };
  try {
    for (const round of ended ? [] : roundsOf(campaign, plan)) await runLanes(lanesOf(round), parallel, work);
  } catch (error) {
    await standingLabs.takeDown("after an error");
    throw error;
  }
  await standingLabs.takeDown();
  journal.check();
  return { bundle, runs: readRecords(bundle).length, failures, failing: standing.failing() };
}

/** What `runCampaign` would do now. Nothing is made or changed. */
export interface Outlook {
  readonly bundle: string;
  readonly runs: number;
  readonly done: number;
  readonly expectedSeconds: number;
  /** Runs to come, in their order, up to where the campaign is expected to end. */
  readonly next: readonly { readonly run: string; readonly cell: string; readonly lab: string }[];
  /** More runs that there may be where the campaign ends when it knows enough. */
  readonly atMostMore: number;
  readonly parallel: number;
}

/** @throws LabError as `runCampaign` does before its first run: another campaign file, another machine. */
export async function outlook(
  options: Pick<CampaignOptions, "campaign" | "paths" | "fresh" | "parallel">,
): Promise<Outlook> {
  const { campaign, fresh, parallel } = options;
  const bundle = bundleOf(options);
  const goesOn = !fresh && existsSync(bundle);
  if (goesOn) {
    assertSameCampaign(bundle, campaign);
    if (campaign.cells.some(({ read }) => sharesMachine(read))) assertSameMachine(bundle);
  }
  const plan = scheduleOf(campaign);
  const lanes = Math.min(parallel, lanesOf(plan).length);
  const records = goesOn ? readRecords(bundle) : [];
  const standing = new Standing(campaign, plan, records, lanes);
  const { enough } = await knowledgeOf(campaign, standing, records, bundle, () => undefined);
  const ended = enough(standing.block + (standing.blockIsDone() ? 1 : 0));
  const remaining = ended ? [] : standing.remaining();
  return {
    bundle,
    runs: standing.planned,
    done: standing.planned - standing.left,
    expectedSeconds: standing.expectedSeconds(),
    next: remaining.map((run) => ({ run: runId(run), cell: run.cell.id, lab: run.cell.lab })),
    atMostMore: ended ? 0 : campaign.cells.length * (campaign.blocks - standing.end),
    parallel: lanes,
  };
}

/** What the runs so far say, and whether that is enough. Reads the raw files of all runs that the bundle holds. */
async function knowledgeOf(
  campaign: Campaign,
  standing: Standing,
  records: readonly RunRecord[],
  bundle: string,
  report: Reporter,
) {
  const { stopping } = campaign;
  const observations = new Observations(questionsOf(campaign));
  for (const record of records) await observations.add(record, bundle);
  const levelAfter = levelsOf(stopping);
  const looks = stopping.rule === "fixed" ? [] : looksOf(stopping);
  const expectEnd = (): number => {
    const ahead = looks.filter((look) => look >= standing.block);
    const needed = observations.blocksNeeded(ahead, levelAfter);
    if (needed !== null) standing.expectEnd(needed);
    return standing.end;
  };
  expectEnd();
  const began = records.reduce((first, { load }) => Math.min(first, load.started_s), Date.now() / 1000);
  const enough = stoppingRule(
    stopping,
    {
      get block() {
        return standing.block;
      },
      estimates: (level) => observations.estimates(level).filter(({ wanted }) => wanted !== undefined),
      elapsed: () => Date.now() / 1000 - began,
    },
    (look) => {
      if (look.ends !== null) standing.expectEnd(look.blocks);
      report({ kind: "look", ...look, expectedBlocks: look.ends === null ? expectEnd() : look.blocks });
    },
  );
  const observed = async (record: RunRecord): Promise<Extract<LabEvent, { kind: "estimates" }> | undefined> => {
    await observations.add(record, bundle);
    if (stopping.rule === "until") expectEnd();
    const level = levelAfter(standing.block);
    const estimates = observations.estimates(level, record.cell.id).filter(({ value }) => value !== null);
    return estimates.length === 0 ? undefined : { kind: "estimates", level, estimates };
  };
  return { enough, observed };
}

const bundleOf = ({ campaign, paths }: Pick<CampaignOptions, "campaign" | "paths">): string =>
  join(paths.results, campaign.name);
