/**
 * Repair after a runner, an engine or a load that was killed, a reboot or a full disk. The decisions are pure; what is
 * done about them is told in one line.
 */
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { engineProcesses } from "./engine.ts";
import { hasCode } from "./errors.ts";
import type { ProjectPaths } from "./paths.ts";
import { endProcesses, isAlive, refOf } from "./processes.ts";
import { project } from "./workFolder.ts";
import { engineMarkOf, stateFile } from "./workspace.ts";

/** What the state file of a stack says. */
export type StateHealth =
  /** The stack has no state: nothing was built, or it was destroyed and removed. */
  | { readonly kind: "none" }
  | { readonly kind: "sound"; readonly resources: number; readonly pending: number }
  | { readonly kind: "damaged" };

const checkpointSchema = z.object({
  checkpoint: z.object({
    latest: z
      .object({
        resources: z.array(z.unknown()).nullish(),
        pending_operations: z.array(z.unknown()).nullish(),
      })
      .nullish(),
  }),
});

/** Pure: what a state file's text is worth; undefined text means that there is no file. */
export function stateHealth(text: string | undefined): StateHealth {
  if (text === undefined) return { kind: "none" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "damaged" };
  }
  const parsed = checkpointSchema.safeParse(value);
  if (!parsed.success) return { kind: "damaged" };
  const latest = parsed.data.checkpoint.latest;
  return {
    kind: "sound",
    resources: latest?.resources?.length ?? 0,
    pending: latest?.pending_operations?.length ?? 0,
  };
}

export interface BackendLock {
  readonly pid: number;
  readonly hostname: string;
}

/** Pure: a lock of the file backend is stale when its engine ran on this machine and is gone; also when it is damaged. */
export function isStaleLock(
  lock: BackendLock | undefined,
  thisHost: string,
  isEngine: (pid: number) => boolean,
): boolean {
  if (lock === undefined) return true;
  return lock.hostname === thisHost && !isEngine(lock.pid);
}

export interface Recovery {
  /** What was removed or restored, for one line to the user; empty when all was well. */
  readonly repaired: readonly string[];
  /** The state knows operations that were cut off: refresh before anything else. */
  readonly needsRefresh: boolean;
  /** The lab's resources cannot be trusted to be in the state: sweep what is there. */
  readonly needsSweep: boolean;
}

/**
 * Makes a stack usable again. The caller holds the stack's lock, so every marked engine is an orphan.
 * @param ownBackend the user's own backend keeps the state: its locks and state are not ours to touch
 */
export async function recoverStack(paths: ProjectPaths, stack: string, ownBackend = false): Promise<Recovery> {
  const repaired: string[] = [];
  const engines = await endOrphans(engineMarkOf(paths, stack));
  if (engines > 0) repaired.push(counted(engines, "orphaned engine process", "orphaned engine processes"));
  if (ownBackend) return { repaired, needsRefresh: engines > 0, needsSweep: false };
  const locks = removeStaleLocks(paths, stack);
  if (locks > 0) repaired.push(counted(locks, "stale lock of the state", "stale locks of the state"));
  const state = repairState(stateFile(paths, stack));
  if (state.repaired !== "") repaired.push(state.repaired);
  return {
    repaired,
    needsRefresh: engines > 0 || locks > 0 || (state.health.kind === "sound" && state.health.pending > 0),
    needsSweep: state.health.kind === "none" || (state.health.kind === "sound" && state.health.resources === 0),
  };
}

/** The line that tells what was repaired. */
export const repairedLine = (repaired: readonly string[]): string =>
  `an earlier command was cut off; removed or restored: ${repaired.join(", ")}`;

/** Time for an engine to cancel and write its state, in milliseconds. */
const engineGrace = 5_000;

async function endOrphans(mark: string): Promise<number> {
  const orphans = engineProcesses(mark);
  // One signal only: at a second one the engine would not write its state.
  await endProcesses(orphans, engineGrace, "SIGINT");
  return orphans.length;
}

function removeStaleLocks(paths: ProjectPaths, stack: string): number {
  const folder = join(paths.state, ".pulumi", "locks", "organization", project, stack);
  const stale = filesIn(folder).filter((name) =>
    isStaleLock(readLock(join(folder, name)), hostname(), isEngineProcess),
  );
  for (const name of stale) {
    rmSync(join(folder, name), { force: true });
    rmSync(join(folder, `${name}.attrs`), { force: true });
  }
  return stale.length;
}

const lockSchema = z.object({ pid: z.number().int(), hostname: z.string() });

function readLock(file: string): BackendLock | undefined {
  const text = textOf(file);
  if (text === undefined) return undefined;
  try {
    return lockSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Whether the process with this pid is a running Pulumi engine; a pid may have been given to another program since. */
function isEngineProcess(pid: number): boolean {
  const ref = refOf(pid);
  return ref !== undefined && isAlive(ref) && textOf(`/proc/${pid}/comm`)?.trim() === "pulumi";
}

function repairState(file: string): { health: StateHealth; repaired: string } {
  const health = stateHealth(textOf(file));
  if (health.kind !== "damaged") return { health, repaired: "" };
  const backup = `${file}.bak`;
  const older = stateHealth(textOf(backup));
  if (older.kind === "sound") {
    copyFileSync(backup, file);
    return {
      health: { ...older, pending: Math.max(1, older.pending) },
      repaired: "the damaged state, from its backup",
    };
  }
  for (const name of [file, backup]) rmSync(name, { force: true });
  return { health: { kind: "none" }, repaired: "the damaged state (no backup: the lab is built afresh)" };
}

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT", "ESRCH")) return undefined;
    throw error;
  }
}
