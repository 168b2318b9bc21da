/**
 * One holder at a time for a stack or a bundle, across processes: a file that names its holder. A lock whose holder is
 * gone (kill -9, reboot) is taken over, and the taker is told, so that it can repair what was left.
 */
import { linkSync, mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { hasCode, LabError } from "./errors.ts";
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
  let takenFrom: Lock["takenFrom"];
  for (;;) {
    if (createWhole(path, mine))
      return {
        takenFrom,
        release: () => {
          release(path, mine);
        },
      };
    const holder = readHolder(path);
    if (holder === undefined) continue;
    if (holder !== "unreadable" && isAlive(holder)) throw busy(what, holder);
    if (await removeStale(path, mine)) takenFrom = holder;
  }
}

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

/** Two that see the same dead holder must not both remove it, the second one would remove the first one's fresh lock. */
async function removeStale(path: string, mine: LockHolder): Promise<boolean> {
  const guard = `${path}.takeover`;
  if (!createWhole(guard, mine)) {
    const other = readHolder(guard);
    if (other === "unreadable" || (other !== undefined && !isAlive(other))) rmSync(guard, { force: true });
    await sleep(20);
    return false;
  }
  try {
    const holder = readHolder(path);
    if (holder === undefined || (holder !== "unreadable" && isAlive(holder))) return false;
    rmSync(path, { force: true });
    return true;
  } finally {
    rmSync(guard, { force: true });
  }
}

/** Makes the file with its whole content, or returns false when it exists: a link is atomic, and never half-written. */
function createWhole(path: string, holder: LockHolder): boolean {
  const temporary = `${path}.${holder.pid}`;
  writeFileSync(temporary, JSON.stringify(holder));
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    unlinkSync(temporary);
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
