/** Room on the disks that a run writes to: a full disk is told before a load, not found out by its tools. */
import { existsSync, statfsSync } from "node:fs";
import { fullDisk } from "./errors.ts";

/** What must be free before a run, in bytes: its raw files, and room for the engine to write its state. */
export const leastRoom = 16 * 2 ** 20;

/** @throws LabError when one of the folders has less */
export function assertRoom(folders: readonly string[], least = leastRoom): void {
  const small = folders.filter(existsSync).flatMap((folder) => {
    const { bavail, bsize } = statfsSync(folder);
    const free = bavail * bsize;
    return free >= least
      ? []
      : [`${folder} has ${megabytes(free)} left; a run begins with ${megabytes(least)} at least`];
  });
  if (small.length > 0) throw fullDisk(small);
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
