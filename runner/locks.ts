/**
 * One holder at a time for a stack or a bundle, across processes: a file that names its holder. A lock whose holder is
 * gone (kill -9, reboot) is taken over, and the taker is told, so that it can repair what was left.
 */
import { createHash } from "node:crypto";
import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { shown } from "./bundleFolder.ts";
import { hasCode, LabError } from "./errors.ts";
import { holdName } from "./kernelName.ts";
import type { ProjectPaths } from "./paths.ts";
import { isAlive, refOf } from "./processes.ts";

const holderSchema = z.object({
  pid: z.number().int(),
  startTime: z.number(),
  bootId: z.string(),
  command: z.string(),
  /** When it was taken, ISO 8601. */
  since: z.string(),
});
export type LockHolder = z.infer<typeof holderSchema>;

export interface Lock {
  /** The dead holder this lock was taken from; undefined when it was free. */
  readonly takenFrom: LockHolder | "unreadable" | undefined;
  release(): void;
}

/**
 * Takes the lock or throws `busy`.
 * @param what in the message, such as `stack netns`
 * @param command what this process does, such as `lab run`
 */
export async function acquireLock(path: string, what: string, command: string): Promise<Lock> {
  mkdirSync(dirname(path), { recursive: true });
  const self = refOf(process.pid);
  if (self === undefined) throw new LabError("cannot read /proc of this process", { kind: "machine" });
  const mine: LockHolder = { ...self, command, since: new Date().toISOString() };
  const held = (takenFrom: Lock["takenFrom"]): Lock => {
    removeTemporaries(path);
    return {
      takenFrom,
      release: () => {
        release(path, mine);
      },
    };
  };
  for (;;) {
    if (putWhole(path, mine, linkSync)) return held(undefined);
    const holder = readHolder(path);
    if (holder === undefined) continue;
    if (holder !== "unreadable" && isAlive(holder)) throw busy(what, holder);
    if (await takeOver(path, mine)) return held(holder);
  }
}

/** Takes the lock of a bundle or throws `busy`: one command at a time puts runs into it. As `acquireLock` otherwise. */
export function lockBundle(
  { locks, results }: Pick<ProjectPaths, "locks" | "results">,
  bundle: string,
  command: string,
): Promise<Lock> {
  const folder = resolve(bundle);
  const name = dirname(folder) === resolve(results) ? basename(folder) : digestOf(folder);
  // No stack can have a dot in its name.
  return acquireLock(join(locks, `${name}.bundle.json`), `bundle ${shown(bundle)}`, command);
}

/** Holds the bundle's lock for the time of `work`. */
export async function holdingBundle<T>(
  paths: Pick<ProjectPaths, "locks" | "results">,
  bundle: string,
  command: string,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await lockBundle(paths, bundle, command);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);

/** Who holds the lock now; undefined when it is free, `unreadable` when its file is damaged. */
export function readHolder(path: string): LockHolder | "unreadable" | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return "unreadable";
  }
}

/**
 * Puts our lock in the place of a dead one. Two that see the same dead holder must not both do so, the second would replace
 * the first one's fresh lock. A file as their guard could itself be left by a kill, so it is a name that ends with its process.
 */
async function takeOver(path: string, mine: LockHolder): Promise<boolean> {
  const guard = await holdName(`cni-traffic-lab-takeover-${digestOf(path)}`, mine.command);
  if (guard === undefined) {
    await sleep(20);
    return false;
  }
  try {
    const holder = readHolder(path);
    if (holder === undefined || (holder !== "unreadable" && isAlive(holder))) return false;
    return putWhole(path, mine, renameSync);
  } finally {
    guard.release();
  }
}

/** Makes the lock with its whole content; false when a link finds one there. Both ways are atomic, and never half-written. */
function putWhole(path: string, holder: LockHolder, put: typeof linkSync | typeof renameSync): boolean {
  const temporary = `${path}.${holder.pid}`;
  try {
    writeFileSync(temporary, JSON.stringify(holder));
    put(temporary, path);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Files of `putWhole` whose process was killed before it could remove them. */
function removeTemporaries(path: string): void {
  const prefix = `${basename(path)}.`;
  for (const name of readdirSync(dirname(path))) {
    const pid = name.startsWith(prefix) ? name.slice(prefix.length) : "";
    if (/^\d+$/.test(pid) && refOf(Number(pid)) === undefined) rmSync(join(dirname(path), name), { force: true });
  }
}

function release(path: string, mine: LockHolder): void {
  const holder = readHolder(path);
  if (holder !== undefined && holder !== "unreadable" && holder.pid === mine.pid && holder.since === mine.since) {
    rmSync(path, { force: true });
  }
}

function busy(what: string, holder: LockHolder): LabError {
  const since = new Date(holder.since).toTimeString().slice(0, 5);
  return new LabError(`busy: ${holder.command} (pid ${holder.pid}, since ${since}) holds ${what}`, {
    kind: "busy",
    remedy: `wait until it ends, or stop it: kill -INT ${holder.pid}`,
  });
}
