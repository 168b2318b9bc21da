/**
 * Repair after a runner, an engine or a load that was killed, a reboot or a full disk. The decisions are pure; what is
 * done about them is told in one line.
 */
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { engineMark, engineProcesses, eventFolderNote, removeEventFolder } from "./engine.ts";
import { hasCode } from "./errors.ts";
import { removeTemporaries, writeWhole } from "./files.ts";
import type { ProjectPaths } from "./paths.ts";
import { endProcesses, isAlive, processesWithVariable, refOf } from "./processes.ts";
import { withKnownProviders } from "./stateRepair.ts";
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
  const parsed = checkpointSchema.safeParse(valueOf(text));
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
  removeEventFolder(eventFolderNote(paths.work(stack, ownBackend)));
  if (engines > 0) repaired.push(counted(engines, "orphaned engine process", "orphaned engine processes"));
  if (ownBackend) return { repaired, needsRefresh: engines > 0, needsSweep: false };
  removeTemporaries(paths.work(stack));
  const locks = removeStaleLocks(paths, stack);
  if (locks > 0) repaired.push(counted(locks, "stale lock of the state", "stale locks of the state"));
  const halves = removeHalfWritten(paths, stack);
  if (halves > 0) repaired.push(counted(halves, "half-written file of the state", "half-written files of the state"));
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
  const folder = lockFolder(paths, stack);
  const engines = otherEngines(engineMarkOf(paths, stack));
  const stale = listed(folder)
    .filter((name) => name.endsWith(".json"))
    .filter((name) => isStaleLock(readLock(join(folder, name)), hostname(), (pid) => engines.has(pid)));
  for (const name of stale) {
    rmSync(join(folder, name), { force: true });
    rmSync(join(folder, `${name}.attrs`), { force: true });
  }
  return stale.length;
}

/**
 * The backend writes beside the file and renames. An engine killed in between leaves that; among the locks it even counts
 * as one, which the engine cannot read. What it notes of a file in `.attrs` it writes in place: cut short there, the engine cannot
 * read the file itself, and without it can. Left alone while some engine that is not ours holds the stack.
 */
function removeHalfWritten(paths: ProjectPaths, stack: string): number {
  const locks = lockFolder(paths, stack);
  if (listed(locks).some((name) => name.endsWith(".json"))) return 0;
  const state = stateFile(paths, stack);
  const beside = listed(dirname(state)).filter((name) => name.startsWith(`${basename(state)}.`));
  const history = join(paths.state, ".pulumi", "history", project, stack);
  const others = [
    ...beside.map((name) => join(dirname(state), name)),
    ...listed(history).map((name) => join(history, name)),
    join(paths.state, ".pulumi", "meta.yaml.attrs"),
  ];
  const left = [
    ...listed(locks).map((name) => join(locks, name)),
    ...others.filter((file) => file.endsWith(".tmp") || (file.endsWith(".attrs") && isTorn(textOf(file)))),
  ];
  for (const file of left) rmSync(file, { force: true });
  return left.length;
}

/** Whether a file is there and its JSON is not whole. */
const isTorn = (text: string | undefined): boolean => text !== undefined && valueOf(text) === undefined;

/** The value of a JSON text; undefined, which no JSON is, when it is not whole. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const lockFolder = (paths: ProjectPaths, stack: string): string =>
  join(paths.state, ".pulumi", "locks", "organization", project, stack);

const lockSchema = z.object({ pid: z.number().int(), hostname: z.string() });

function readLock(file: string): BackendLock | undefined {
  return lockSchema.safeParse(valueOf(textOf(file) ?? "")).data;
}

/**
 * Pids of running Pulumi engines that may hold the stack: not ours, they are gone by now, and not another stack's, which
 * may have got the pid of one that is gone.
 */
function otherEngines(mark: string): ReadonlySet<number> {
  const ofOthers = new Set(
    processesWithVariable(engineMark).flatMap(({ pid, environment }) =>
      environment.get(engineMark) === mark ? [] : [pid],
    ),
  );
  return new Set(
    listed("/proc")
      .filter((name) => /^\d+$/.test(name) && textOf(`/proc/${name}/comm`)?.trim() === "pulumi")
      .flatMap((name) => refOf(Number(name)) ?? [])
      .filter((ref) => isAlive(ref) && !ofOthers.has(ref.pid))
      .map(({ pid }) => pid),
  );
}

function repairState(file: string): { health: StateHealth; repaired: string } {
  const text = textOf(file);
  const health = stateHealth(text);
  if (health.kind !== "damaged") {
    const known = text === undefined ? undefined : withKnownProviders(text);
    if (known === undefined) return { health, repaired: "" };
    writeWhole(file, known.text);
    return {
      health,
      repaired: counted(known.count, "resource of a cluster that is gone", "resources of a cluster that is gone"),
    };
  }
  const backup = `${file}.bak`;
  const older = stateHealth(textOf(backup));
  if (older.kind === "sound") {
    copyFileSync(backup, file);
    return {
      health: { ...older, pending: Math.max(1, older.pending) },
      repaired: "the damaged state, from its backup",
    };
  }
  rmSync(backup, { force: true });
  // What a cluster elsewhere has can perhaps still be read in it.
  renameSync(file, `${file}.damaged`);
  return {
    health: { kind: "none" },
    repaired: `the damaged state (no backup: the lab is built afresh; the old state is ${file}.damaged)`,
  };
}

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

const listed = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT", "ESRCH")) return undefined;
    throw error;
  }
}
