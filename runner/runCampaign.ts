/** A campaign carried out: lab by lab, block by block, each run a transaction; goes on from what the bundle holds. */
import { join } from "node:path";
import type { RunRecord } from "../analysis/record.ts";
import { readSettings } from "../scenarios/settings.ts";
import { openBundle } from "./bundle.ts";
import { readRecords, removeUnfinished, shown } from "./bundleFolder.ts";
import { calibratedBaseRate } from "./calibrate.ts";
import type { Campaign, CampaignCell } from "./campaign.ts";
import { collectRun } from "./collect.ts";
import { LabError, messageOf, toLabError } from "./errors.ts";
import { estimator, loadSeconds, usualBuildSeconds, usualLabSeconds, type Estimator } from "./estimate.ts";
import type { Interruption } from "./interrupt.ts";
import { openLab, type Lab } from "./lab.ts";
import { acquireLock } from "./locks.ts";
import { repairedLine } from "./recover.ts";
import { reported } from "./reporter.ts";
import { failingCells, nextRun, runId, schedule, type Attempt, type LabPlan, type PlannedRun } from "./schedule.ts";
import type { WorkspaceOptions } from "./workspace.ts";
import type { RawSettings } from "./workFolder.ts";

export interface CampaignOptions extends Omit<WorkspaceOptions, "stack" | "stop"> {
  readonly campaign: Campaign;
  readonly interruption: Interruption;
  /** Move a bundle of the same name aside instead of going on with it. */
  readonly fresh: boolean;
  readonly command: string;
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

type Plan = LabPlan<CampaignCell>;
type Run = PlannedRun<CampaignCell>;

/** So many cells failing one after the other means that the lab is at fault, not the cell. */
const failuresInARow = 3;

/** Runs what the bundle does not hold yet. Labs are destroyed at the end, also after an error or an interruption. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { campaign, paths, report } = options;
  const bundle = join(paths.results, campaign.name);
  const lock = await acquireLock(
    join(paths.locks, `bundle-${campaign.name}.json`),
    `bundle ${shown(bundle)}`,
    options.command,
  );
  try {
    openBundle(bundle, campaign, options.fresh, report);
    const unfinished = removeUnfinished(bundle);
    if (unfinished > 0) report({ kind: "note", text: repairedLine([`${unfinished} half-made run folder(s)`]) });
    return await new Execution(options, bundle).run();
  } finally {
    lock.release();
  }
}

class Execution {
  readonly #options: CampaignOptions;
  readonly #bundle: string;
  readonly #plan: readonly Plan[];
  readonly #attempts: Attempt[];
  readonly #failures: { run: string; error: string }[] = [];
  readonly #estimator: Estimator = estimator();
  #labIsBuilt = false;
  #failedInARow = 0;

  constructor(options: CampaignOptions, bundle: string) {
    this.#options = options;
    this.#bundle = bundle;
    this.#plan = schedule(options.campaign.cells, options.campaign.blocks);
    this.#attempts = readRecords(bundle).flatMap((record) => attemptOf(record) ?? []);
  }

  async run(): Promise<CampaignResult> {
    const { campaign, report } = this.#options;
    const open = this.#remaining();
    const runs = campaign.cells.length * campaign.blocks;
    report({
      kind: "campaign",
      name: campaign.name,
      runs,
      done: runs - open.length,
      expectedSeconds: this.#expected(),
    });
    for (const plan of this.#plan) {
      if (plan.blocks.some((block) => this.#next(block) !== undefined)) await this.#runLab(plan);
    }
    return {
      bundle: this.#bundle,
      runs: readRecords(this.#bundle).length,
      failures: this.#failures,
      failing: failingCells(this.#plan, this.#attempts),
    };
  }

  async #runLab(plan: Plan): Promise<void> {
    this.#labIsBuilt = false;
    const { campaign, interruption, report } = this.#options;
    const lab = await openLab({ ...this.#options, stack: `${campaign.name}-${plan.lab}`, stop: interruption });
    try {
      const baseRate = await this.#baseRate(plan, lab);
      for (const block of plan.blocks) await this.#runBlock(block, lab, baseRate);
    } catch (error) {
      await this.#takeDown(lab).catch((second: unknown) => {
        report({ kind: "warning", text: `the lab was not taken down: ${toLabError(second).message}` });
      });
      throw error;
    }
    await this.#takeDown(lab);
  }

  /** From here on a signal does not end the lab's end, a second one does. */
  async #takeDown(lab: Lab): Promise<void> {
    const { interruption, report } = this.#options;
    interruption.cleaningUp();
    try {
      await reported(report, "taking the lab down", () => lab.destroy());
    } finally {
      lab.close();
    }
    if (interruption.exitCode === undefined) interruption.working();
  }

  async #baseRate(plan: Plan, lab: Lab): Promise<number | undefined> {
    const cell = plan.blocks[0]?.find((run) => run.cell.needsBaseRate)?.cell;
    return cell === undefined ? undefined : calibratedBaseRate(cell, this.#bundle, lab, this.#options.report);
  }

  async #runBlock(block: readonly Run[], lab: Lab, baseRate: number | undefined): Promise<void> {
    const givenUp = new Set<string>();
    for (let run = this.#next(block, givenUp); run !== undefined; run = this.#next(block, givenUp)) {
      const record = await this.#runOnce(run, lab, baseRate);
      if (record === undefined) givenUp.add(run.cell.id);
      else this.#attempts.push({ cell: run.cell.id, block: run.block, valid: record.measured.validity.valid });
    }
  }

  /** One run, tried a second time after a refresh when the engine fails; undefined when that fails too. */
  async #runOnce(run: Run, lab: Lab, baseRate: number | undefined): Promise<RunRecord | undefined> {
    const { report } = this.#options;
    const id = runId(run);
    const load = loadSeconds(run.cell.read);
    const place = { run: id, cell: run.cell.id, index: this.#index(), runs: this.#total() };
    const expectedSeconds = this.#estimator.run(load) + (this.#labIsBuilt ? 0 : usualBuildSeconds);
    report({ kind: "run", state: "started", ...place, expectedSeconds, remainingSeconds: this.#expected() });
    for (const lastTry of [false, true]) {
      const start = performance.now();
      // Another name makes the load run again, also when it was the collection that failed.
      const raw = settingsOf(run, lastTry ? `${id}-again` : id, baseRate);
      try {
        const output = await lab.up(readSettings(raw), raw, { block: run.block, position: run.position });
        const record = await collectRun(output, this.#bundle);
        const seconds = (performance.now() - start) / 1000;
        // The first run of a lab builds it too, so it says nothing about the runs that follow.
        if (this.#labIsBuilt) this.#estimator.observe(load, seconds);
        this.#labIsBuilt = true;
        this.#failedInARow = 0;
        const { valid, reasons } = record.measured.validity;
        report({ kind: "run", state: valid ? "valid" : "invalid", ...place, seconds, reasons });
        return record;
      } catch (error) {
        const failure = toLabError(error);
        if (failure.kind !== "failed") throw failure;
        const reasons = failure.details.length > 0 ? failure.details : [failure.message];
        report({ kind: "run", state: "failed", ...place, seconds: (performance.now() - start) / 1000, reasons });
        if (lastTry) this.#fail(id, failure);
        else report({ kind: "note", text: `${id}: tried once more after a refresh` });
      }
    }
    return undefined;
  }

  #fail(run: string, failure: LabError): void {
    const error = failure.details.length > 0 ? failure.details.join("; ") : failure.message;
    this.#failures.push({ run, error });
    this.#failedInARow += 1;
    if (this.#failedInARow < failuresInARow) return;
    throw new LabError(`${failuresInARow} cells failed one after the other; the last: ${messageOf(failure)}`, {
      kind: "failed",
      details: failure.details,
      remedy: "npx lab doctor says whether this machine can run the lab; the same command goes on from here",
      cause: failure,
    });
  }

  #next(block: readonly Run[], givenUp: ReadonlySet<string> = new Set()): Run | undefined {
    return nextRun(block, this.#attempts, givenUp, this.#options.campaign.cells.length);
  }

  #remaining(): Run[] {
    const validIn = (run: Run): boolean =>
      this.#attempts.some(({ cell, block, valid }) => valid && cell === run.cell.id && block === run.block);
    return this.#plan.flatMap(({ blocks }) => blocks.flat()).filter((run) => !validIn(run));
  }

  /** Runs made or to be made, replacements included as far as they are known. */
  #total(): number {
    return this.#attempts.length + this.#remaining().length;
  }

  #index(): number {
    return this.#attempts.length + 1;
  }

  #expected(): number {
    const remaining = this.#remaining();
    const labs = new Set(remaining.map(({ cell }) => cell.lab)).size;
    const runs = remaining.reduce((sum, { cell }) => sum + this.#estimator.run(loadSeconds(cell.read)), 0);
    return runs + labs * usualLabSeconds;
  }
}

/** Pure: a cell's settings for one run. */
export function settingsOf(run: Run, id: string, baseRate: number | undefined): RawSettings {
  const rate = run.cell.needsBaseRate && baseRate !== undefined ? { baseRate: String(Math.round(baseRate)) } : {};
  return { ...run.cell.settings, ...rate, run: id };
}

function attemptOf({ block, cell, measured }: RunRecord): Attempt | undefined {
  return block === null ? undefined : { cell: cell.id, block, valid: measured.validity.valid };
}
