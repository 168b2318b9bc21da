/** One stack for the time of one command: its lock, what an earlier command left, and the engine. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { RunOutput } from "../analysis/record.ts";
import type { RunPlace } from "../scenarios/deploy.ts";
import type { Settings } from "../scenarios/settings.ts";
import { acquireLock, type Lock } from "./locks.ts";
import { outsideCampaign, programOf, sweepStack } from "./program.ts";
import { recoverStack, repairedLine } from "./recover.ts";
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
  refresh(): Promise<void>;
  /** Removes the lab, and whatever still carries its mark. */
  destroy(): Promise<void>;
  record(): Promise<RunOutput | undefined>;
  close(): void;
}

/** Takes the stack's lock, repairs what was left, opens the engine. @throws LabError busy when another process holds it. */
export async function openLab(options: LabOptions): Promise<Lab> {
  const { paths, stack, report } = options;
  mkdirSync(paths.locks, { recursive: true });
  const lock = await acquireLock(join(paths.locks, `${stack}.json`), `stack ${stack}`, options.command);
  try {
    const recovery = await recoverStack(paths, stack);
    const swept = recovery.needsSweep ? await sweepStack(options) : [];
    const repaired = [...recovery.repaired, ...swept];
    if (repaired.length > 0) report({ kind: "note", text: repairedLine(repaired) });
    const workspace = await openWorkspace(options);
    if (recovery.needsRefresh) await workspace.refresh();
    return new OpenLab(options, workspace, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

class OpenLab implements Lab {
  readonly #lock: Lock;
  readonly #options: LabOptions;
  readonly #workspace: Workspace;
  #known = false;

  constructor(options: LabOptions, workspace: Workspace, lock: Lock) {
    this.#options = options;
    this.#workspace = workspace;
    this.#lock = lock;
  }

  async up(settings: Settings, raw: RawSettings, place = outsideCampaign): Promise<RunOutput> {
    const refresh = !this.#known;
    this.#known = false;
    const output = await this.#workspace.up(raw, programOf(this.#options, settings, place), { refresh });
    this.#known = true;
    return output;
  }

  async preview(settings: Settings, raw: RawSettings) {
    return this.#workspace.preview(raw, programOf(this.#options, settings, outsideCampaign));
  }

  async refresh(): Promise<void> {
    await this.#workspace.refresh();
  }

  async destroy(): Promise<void> {
    this.#known = false;
    await this.#workspace.destroy();
    await sweepStack(this.#options);
  }

  async record(): Promise<RunOutput | undefined> {
    return this.#workspace.record();
  }

  close(): void {
    this.#lock.release();
  }
}
