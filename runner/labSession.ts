/** One lab of a campaign, from its building to its end: its blocks, each run a transaction, with limited retries. */
import { setTimeout as pause } from "node:timers/promises";
import type { RunOutput, RunRecord } from "../analysis/record.ts";
import type { RunPlace } from "../scenarios/deploy.ts";
import { readSettings } from "../scenarios/settings.ts";
import { calibratedBaseRate } from "./calibrate.ts";
import type { Campaign } from "./campaign.ts";
import { collectRun } from "./collect.ts";
import { sourceOf } from "./sources.ts";
import type { EngineStop } from "./engine.ts";
import { fullDisk, LabError, messageOf, saysFullDisk, toLabError } from "./errors.ts";
import type { Interruption } from "./interrupt.ts";
import type { Journal } from "./journal.ts";
import { forgetKept, keepLab } from "./kept.ts";
import { insist, openLab, type Lab } from "./lab.ts";
import { aloneOnMachine, sharesMachine } from "./machineLock.ts";
import { reported, type LabEvent, type Reporter } from "./reporter.ts";
import { assertRoom } from "./room.ts";
import { settingsOf, stackOf } from "./runSettings.ts";
import { runId } from "./schedule.ts";
import type { Plan, Run, Standing } from "./standing.ts";
import type { RawSettings } from "./workFolder.ts";
import type { WorkspaceOptions } from "./workspace.ts";

export interface SessionOptions extends Omit<WorkspaceOptions, "stack" | "stop" | "report"> {
  readonly campaign: Pick<Campaign, "name" | "cooldown">;
  readonly bundle: string;
  readonly standing: Standing;
  readonly journal: Journal;
  readonly interruption: Interruption;
  readonly command: string;
  /** Leave the lab as it is at the end. */
  readonly keep: boolean;
  /** Whether several labs work at the same time, so that each event names its lab. */
  readonly named: boolean;
  /** Set when another lab failed: this one ends after its run. */
  readonly halted: () => boolean;
  /** The base rate is measured once for all labs. */
  readonly calibrate: (work: () => Promise<number>) => Promise<number>;
  /** Whether the campaign ends before this block. */
  readonly enough: (nextBlock: number) => boolean;
  /** Told of each run that is in the bundle. */
  readonly observed: (record: RunRecord) => Promise<Extract<LabEvent, { kind: "estimates" }> | undefined>;
  /** Told of each run that could not be made. */
  readonly failed: (run: string, error: string) => void;
}

type Span = "build" | "up" | "load" | "collect" | "calibrate" | "repair" | "destroy" | "wait";

/** So many cells failing one after the other means that the lab is at fault, not the cell. */
const failuresInARow = 3;

/** Builds the plan's lab, makes the runs that are missing, and takes the lab down, also after an error or an interruption. */
export async function runLab(plan: Plan, options: SessionOptions): Promise<void> {
  const labs = new StandingLabs();
  try {
    await labs.work(plan, options);
  } catch (error) {
    await labs.takeDown("after an error");
    throw error;
  }
  await labs.takeDown();
}

/** Labs that stay up between the blocks of a campaign, each built when it is first needed. */
export class StandingLabs {
  readonly #sessions = new Map<string, Session>();

  /** Makes the runs of the plan that are missing. */
  async work(plan: Plan, options: SessionOptions): Promise<void> {
    const session = this.#sessions.get(plan.lab) ?? new Session(plan, options);
    this.#sessions.set(plan.lab, session);
    await session.work(plan, options.halted);
  }

  /** Takes all of them down. After an error, what goes wrong then is told and the rest goes on. */
  async takeDown(when?: "after an error"): Promise<void> {
    const ends = await Promise.allSettled([...this.#sessions.values()].map((session) => session.end()));
    this.#sessions.clear();
    const failed = ends.find((end) => end.status === "rejected");
    if (failed !== undefined && when === undefined) throw failed.reason;
  }
}

class Session {
  readonly #plan: Plan;
  readonly #options: SessionOptions;
  readonly #stack: string;
  readonly #stop: EngineStop;
  #report: Reporter;
  #lab: Lab | undefined;
  #rate: Promise<number | undefined> | undefined;
  #cleaning = false;
  #isBuilt = false;
  #hasLoaded = false;
  #failedInARow = 0;

  constructor(plan: Plan, options: SessionOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#stack = stackOf(options.campaign, plan);
    this.#report = this.#named(options.journal.report);
    const { interruption } = options;
    const isCleaning = (): boolean => this.#cleaning;
    // From the lab's end on a signal is history: only a second one stops the taking down.
    this.#stop = {
      get soft() {
        return isCleaning() ? interruption.hard : interruption.soft;
      },
      hard: interruption.hard,
    };
  }

  /** Opens the lab the first time, then makes the runs of the plan that are missing. */
  async work(plan: Plan, halted: () => boolean): Promise<void> {
    const lab = this.#lab ?? (await this.#opened());
    this.#rate ??= this.#baseRate(lab);
    const baseRate = await this.#rate;
    for (const block of plan.blocks) {
      if (this.#options.enough(block[0]?.block ?? 1)) break;
      await this.#runBlock(block, lab, baseRate, halted);
    }
  }

  async #opened(): Promise<Lab> {
    const { paths, keep } = this.#options;
    const open = () => insist(this.#report, () => this.#open());
    const lab = await this.#timed("repair", undefined, open).catch(async (error: unknown) => {
      await this.#takeDownUnopened(error);
      throw error;
    });
    this.#lab = lab;
    if (!keep) forgetKept(paths, this.#stack);
    return lab;
  }

  /** Takes the lab down, or leaves it where it is to be kept. */
  async end(): Promise<void> {
    const lab = this.#lab;
    this.#lab = undefined;
    if (lab === undefined) return;
    try {
      await this.#takeDown(lab);
    } catch (error) {
      this.#report({ kind: "warning", text: `the lab was not taken down: ${toLabError(error).message}` });
      throw error;
    }
  }

  #open(): Promise<Lab> {
    const { paths, ownBackend, debug, command } = this.#options;
    const report: Reporter = (event) => {
      this.#report(event);
    };
    return openLab({ paths, ownBackend, debug, command, report, stack: this.#stack, stop: this.#stop });
  }

  /** An earlier command may have left the lab: what comes before it is open, a signal or a failure, must not leave it for longer. */
  async #takeDownUnopened(error: unknown): Promise<void> {
    const { keep, interruption } = this.#options;
    const { kind } = toLabError(error);
    if (keep || (kind !== "interrupted" && kind !== "failed") || interruption.hard.aborted) return;
    this.#cleaning = true;
    try {
      await this.#takeDown(await this.#open());
    } catch (second) {
      this.#report({ kind: "warning", text: `the lab was not taken down: ${toLabError(second).message}` });
    }
  }

  async #takeDown(lab: Lab): Promise<void> {
    this.#cleaning = true;
    const { keep, paths, command } = this.#options;
    try {
      if (keep) {
        keepLab(paths, this.#stack, `${command} --keep`);
        this.#report({
          kind: "note",
          text: `lab ${this.#stack} is kept: npx lab destroy -s ${this.#stack} removes it`,
        });
      } else {
        const destroy = (): Promise<void> => reported(this.#report, "taking the lab down", () => lab.destroy());
        await this.#timed("destroy", undefined, destroy);
      }
    } finally {
      lab.close();
    }
  }

  async #baseRate(lab: Lab): Promise<number | undefined> {
    const cell = this.#plan.blocks[0]?.find((run) => run.cell.needsBaseRate)?.cell;
    if (cell === undefined) return undefined;
    const alone: Pick<Lab, "up" | "kubeconfig"> = {
      kubeconfig: () => lab.kubeconfig(),
      up: (settings, raw) => this.#alone(sharesMachine(settings), undefined, () => this.#newLoad(raw, lab)),
    };
    const { bundle, calibrate } = this.#options;
    return this.#timed("calibrate", undefined, () =>
      calibrate(() => calibratedBaseRate(cell, bundle, alone, this.#report)),
    );
  }

  async #runBlock(block: readonly Run[], lab: Lab, baseRate: number | undefined, halted: () => boolean): Promise<void> {
    const { standing, journal } = this.#options;
    const givenUp = new Set<string>();
    for (let run = standing.next(block, givenUp); run !== undefined; run = standing.next(block, givenUp)) {
      if (halted()) return;
      const report = this.#report;
      this.#report = this.#named(journal.forRun(runId(run)));
      try {
        const made = await this.#runOnce(run, lab, baseRate);
        if (!made) givenUp.add(run.cell.id);
      } finally {
        this.#report = report;
      }
      journal.check();
    }
  }

  /** One run, tried a second time after a refresh when the engine fails; false when that fails too. */
  async #runOnce(run: Run, lab: Lab, baseRate: number | undefined): Promise<boolean> {
    const { standing } = this.#options;
    await this.#coolDown(run);
    const id = runId(run);
    const place = { run: id, cell: run.cell.id, index: standing.index, runs: standing.total };
    const expectedSeconds = standing.runSeconds(run) + (this.#isBuilt ? 0 : standing.buildSeconds(run));
    const remainingSeconds = standing.expectedSeconds();
    this.#report({ kind: "run", state: "started", ...place, expectedSeconds, remainingSeconds });
    for (const lastTry of [false, true]) {
      const start = performance.now();
      const seconds = (): number => (performance.now() - start) / 1000;
      // Another name makes the load run again, also when it was the collection that failed.
      const raw = settingsOf(run, lastTry ? `${id}-again` : id, baseRate);
      try {
        const record = await this.#loadAndCollect(run, raw, lab);
        const { valid, reasons } = record.measured.validity;
        this.#report({ kind: "run", state: valid ? "valid" : "invalid", ...place, seconds: seconds(), reasons });
        await this.#observe(record);
        return true;
      } catch (error) {
        const failure = toLabError(error);
        if (failure.kind !== "failed") throw failure;
        const reasons = failure.details.length > 0 ? failure.details : [failure.message];
        this.#report({ kind: "run", state: "failed", ...place, seconds: seconds(), reasons });
        if (lastTry) this.#fail(id, failure);
        else this.#report({ kind: "note", text: `${id}: tried once more after a refresh` });
      }
    }
    return false;
  }

  async #loadAndCollect(run: Run, raw: RawSettings, lab: Lab): Promise<RunRecord> {
    const settings = readSettings(raw);
    const { output, seconds } = await this.#alone(sharesMachine(settings), run, async () => {
      const start = performance.now();
      const output = await this.#newLoad(raw, lab, { block: run.block, position: run.position });
      return { output, seconds: (performance.now() - start) / 1000 };
    });
    const load = Math.min(seconds, output.load.finished_s - output.load.started_s);
    this.#span("load", load, run);
    this.#span(this.#isBuilt ? "up" : "build", seconds - load, run);
    if (!this.#isBuilt) this.#options.standing.built(run, seconds - load);
    const start = performance.now();
    const record = await this.#timed("collect", run, async () =>
      collectRun(output, this.#options.bundle, await sourceOf(output, () => lab.kubeconfig()), { sameVersions: true }),
    );
    // The first run of a lab builds it too, so it says nothing about the runs that follow.
    const whole = this.#isBuilt ? seconds + (performance.now() - start) / 1000 : undefined;
    this.#options.standing.add(run, record, whole);
    this.#isBuilt = true;
    this.#hasLoaded = true;
    this.#failedInARow = 0;
    return record;
  }

  /**
   * A load of this bundle. One that a killed command made and did not collect is taken as it is. A lab that is still there
   * from an earlier bundle (kept, or begun anew with --fresh) may hold a load under the same name: that is another bundle's.
   */
  async #newLoad(raw: RawSettings, lab: Lab, place?: RunPlace): Promise<RunOutput> {
    const { bundle, paths, journal } = this.#options;
    assertRoom([bundle, paths.state]);
    const began = Date.now() / 1000;
    const up = (run: RawSettings): Promise<RunOutput> => lab.up(readSettings(run), run, place);
    let output = await up(raw);
    const { started_s, finished_s } = output.load;
    const isOld = started_s < journal.began_s || (finished_s < began && isCutShort(output));
    if (isOld) output = await up({ ...raw, run: `${raw["run"] ?? ""}-anew` });
    if (isCutShort(output)) throw fullDisk([output.outcome.error]);
    return output;
  }

  async #observe(record: RunRecord): Promise<void> {
    const known = await this.#options.observed(record);
    if (known !== undefined) this.#report(known);
  }

  /** A machine that is still warm, or a cluster that still cleans up, would favour whatever runs next. */
  async #coolDown(run: Run): Promise<void> {
    const { cooldown } = this.#options.campaign;
    if (cooldown <= 0 || !this.#hasLoaded) return;
    // A signal ends the wait; the engine then sees it too, and does nothing.
    await this.#timed("wait", run, () =>
      pause(cooldown * 1000, undefined, { signal: this.#stop.soft }).catch(() => undefined),
    );
  }

  #fail(run: string, failure: LabError): void {
    this.#options.failed(run, failure.details.length > 0 ? failure.details.join("; ") : failure.message);
    this.#failedInARow += 1;
    if (this.#failedInARow < failuresInARow) return;
    throw new LabError(`${failuresInARow} cells failed one after the other; the last: ${messageOf(failure)}`, {
      kind: "failed",
      details: failure.details,
      remedy: "npx lab doctor says whether this machine can run the lab; the same command goes on from here",
      cause: failure,
    });
  }

  #alone<T>(shared: boolean, run: Run | undefined, work: () => Promise<T>): Promise<T> {
    if (!shared) return work();
    const { command } = this.#options;
    return aloneOnMachine({ command, report: this.#report, stop: this.#stop }, (waited) => {
      if (waited > 0.1) this.#span("wait", waited, run);
      return work();
    });
  }

  async #timed<T>(what: Span, run: Run | undefined, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const result = await work();
    this.#span(what, (performance.now() - start) / 1000, run);
    return result;
  }

  #span(what: Span, seconds: number, run: Run | undefined): void {
    const place = run === undefined ? { run: null, cell: null } : { run: runId(run), cell: run.cell.id };
    this.#report({ kind: "span", what, seconds: Math.max(0, seconds), ...place, lab: this.#plan.lab });
  }

  #named(report: Reporter): Reporter {
    if (!this.#options.named) return report;
    return (event) => {
      report({ ...event, lab: this.#plan.lab });
    };
  }
}

/** Whether a full disk ended the load: nothing about the cell, so no invalid run of it. */
const isCutShort = ({ outcome }: RunOutput): boolean => !outcome.ok && saysFullDisk(outcome.error);
