/** One stack for the time of one command: its lock, what an earlier command left, and the engine. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { RunOutput } from "../analysis/record.ts";
import type { RunPlace } from "../scenarios/deploy.ts";
import type { Settings } from "../scenarios/settings.ts";
import { toLabError } from "./errors.ts";
import { forgetKept } from "./kept.ts";
import { acquireLock, type Lock } from "./locks.ts";
import { pruneEngineFiles } from "./prune.ts";
import { outsideCampaign, programOf, sweepStack } from "./program.ts";
import { recoverStack, repairedLine, type Recovery } from "./recover.ts";
import type { Reporter } from "./reporter.ts";
import { openWorkspace, type Changes, type PreviewStep, type Workspace, type WorkspaceOptions } from "./workspace.ts";
import type { RawSettings } from "./workFolder.ts";

export interface LabOptions extends WorkspaceOptions {
  /** What this process does, for others that find the stack busy: `lab run`. */
  readonly command: string;
}

/** An open stack. `close` gives the lock back; it does not touch the lab. */
export interface Lab {
  /** Builds or changes the lab and runs the load. Refreshes first unless the last update of this process was fine. */
  up(settings: Settings, raw: RawSettings, place?: RunPlace): Promise<RunOutput>;
  preview(settings: Settings, raw: RawSettings): Promise<{ changes: Changes; steps: readonly PreviewStep[] }>;
  /** Removes the lab, and whatever still carries its mark. */
  destroy(): Promise<void>;
  record(): Promise<RunOutput | undefined>;
  /** How the stack's cluster is reached; undefined where there is none. */
  kubeconfig(): Promise<string | undefined>;
  close(): void;
}

/** Takes the stack's lock, repairs what was left, opens the engine. @throws LabError busy when another process holds it. */
export async function openLab(options: LabOptions): Promise<Lab> {
  const { paths, stack } = options;
  mkdirSync(paths.locks, { recursive: true });
  const lock = await acquireLock(join(paths.locks, `${stack}.json`), `stack ${stack}`, options.command);
  try {
    const { needsRefresh } = await repair(options);
    const workspace = await openWorkspace(options);
    if (needsRefresh) await workspace.refresh();
    return new OpenLab(options, workspace, lock, needsRefresh);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** The engine can be killed like any other process: what it could not do, it is asked once more. Repairing comes first then. */
export async function insist<T>(report: Reporter, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { kind, message } = toLabError(error);
    if (kind !== "failed") throw error;
    report({ kind: "note", text: `${message}: tried once more` });
    return work();
  }
}

/** Removes and restores what a killed command left, and tells it in one line. */
async function repair(options: LabOptions): Promise<Recovery> {
  const recovery = await recoverStack(options.paths, options.stack, options.ownBackend);
  const swept = recovery.needsSweep ? await sweepStack(options) : [];
  const repaired = [...recovery.repaired, ...swept];
  if (repaired.length > 0) options.report({ kind: "note", text: repairedLine(repaired) });
  return recovery;
}

class OpenLab implements Lab {
  readonly #options: LabOptions;
  readonly #workspace: Workspace;
  readonly #lock: Lock;
  /** Whether the last update, or refresh, of this process was fine, so that the state is known to be true. */
  #known: boolean;
  /** Whether an engine command of this process did not end well. */
  #broken = false;

  constructor(options: LabOptions, workspace: Workspace, lock: Lock, known: boolean) {
    this.#known = known;
    this.#options = options;
    this.#workspace = workspace;
    this.#lock = lock;
  }

  async up(settings: Settings, raw: RawSettings, place = outsideCampaign): Promise<RunOutput> {
    const refresh = !this.#known;
    const output = await this.#engine(() =>
      this.#workspace.up(raw, programOf(this.#options, settings, place), { refresh }),
    );
    this.#known = true;
    pruneEngineFiles(this.#options.paths, this.#options.stack);
    return output;
  }

  preview(settings: Settings, raw: RawSettings) {
    return this.#engine(() => this.#workspace.preview(raw, programOf(this.#options, settings, outsideCampaign)));
  }

  async destroy(): Promise<void> {
    const destroy = () => this.#engine(() => this.#workspace.destroy());
    try {
      await destroy();
    } catch (error) {
      if (!(await this.#hasSwept(error))) throw error;
      await destroy();
    }
    await sweepStack(this.#options);
    if (!this.#options.ownBackend) forgetKept(this.#options.paths, this.#options.stack);
  }

  /**
   * After an engine that could not: what is on this machine goes without it (on a full disk that also makes room), so that
   * another try has only the state to put right. False where there was nothing, or where the engine was told to stop.
   */
  async #hasSwept(error: unknown): Promise<boolean> {
    const { kind } = toLabError(error);
    if (kind !== "failed" && kind !== "machine") return false;
    const swept = await sweepStack(this.#options);
    if (swept.length === 0) return false;
    const text = `the engine could not take the lab down (${toLabError(error).message}); removed without it: ${swept.join(", ")}`;
    this.#options.report({ kind: "note", text });
    return true;
  }

  record(): Promise<RunOutput | undefined> {
    return this.#engine(() => this.#workspace.record());
  }

  kubeconfig(): Promise<string | undefined> {
    return this.#workspace.kubeconfig();
  }

  close(): void {
    this.#lock.release();
  }

  /** Runs an engine command; after one that failed (its engine may have been killed) repairs first. */
  async #engine<T>(command: () => Promise<T>): Promise<T> {
    if (this.#broken) {
      const { needsRefresh } = await repair(this.#options);
      if (needsRefresh) await this.#workspace.refresh();
    }
    const known = this.#known;
    this.#known = false;
    this.#broken = true;
    const result = await command();
    this.#broken = false;
    this.#known = known;
    return result;
  }
}
