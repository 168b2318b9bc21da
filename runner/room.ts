/** Room on the disks that a run writes to: a full disk is told before a load, not found out by its tools. */
import { existsSync, statfsSync } from "node:fs";
import { fullDisk } from "./errors.ts";

/** What must be free before a run, in bytes: its raw files, and room for the engine to write its state. */
export const leastRoom = 16 * 2 ** 20;

/** With less than this, in bytes, the engine cannot write its state any more: a new one, beside the old one and a backup. */
const leastForState = 2 ** 20;

/** Whether the engine has no room to write its state in this folder. It would try again and again for half a minute each time. */
export const isFullForState = (folder: string): boolean => freeIn(folder) < leastForState;

/** Bytes that this user may still write; no end of them where the folder is not there. */
function freeIn(folder: string): number {
  if (!existsSync(folder)) return Infinity;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** @throws LabError when one of the folders has less */
export function assertRoom(folders: readonly string[], least = leastRoom): void {
  const small = folders.flatMap((folder) => {
    const free = freeIn(folder);
    return free >= least
      ? []
      : [`${folder} has ${megabytes(free)} left; a run begins with ${megabytes(least)} at least`];
  });
  if (small.length > 0) throw fullDisk(small);
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
