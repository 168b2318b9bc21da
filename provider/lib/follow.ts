/** Keeping the part of growing files that was written during a task. */
import { closeSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isMissing } from "./errors.ts";

/** Where a file stood: its inode and its size; a size of 0 for one that is not there yet. */
export interface Place {
  readonly file: string;
  readonly inode: number;
  readonly size: number;
}

export function placeOf(file: string): Place {
  try {
    const { ino, size } = statSync(file);
    return { file, inode: ino, size };
  } catch (error) {
    if (isMissing(error)) return { file, inode: 0, size: 0 };
    throw error;
  }
}

/** Where the part written since begins: at the start of a file that was cut off or replaced. */
export function beginOf(before: Place, after: Place): number {
  return before.inode === after.inode && after.size >= before.size ? before.size : 0;
}

/** Waits, up to half a second, until the writers of the files have said their last. */
export async function settle(files: readonly string[]): Promise<void> {
  const sizes = (): string => files.map((file) => placeOf(file).size).join(" ");
  let last = "";
  for (let look = 0; look < 20 && last !== sizes(); look += 1) {
    last = sizes();
    await sleep(25);
  }
}

/** Copies what was written since into a file of its own, which is empty when nothing was. */
export function keepNew(before: Place, target: string): void {
  const after = placeOf(before.file);
  const out = openSync(target, "w", 0o600);
  try {
    if (after.inode === 0) return;
    copy(before.file, beginOf(before, after), out);
  } finally {
    closeSync(out);
  }
}

function copy(file: string, from: number, out: number): void {
  const input = openSync(file, "r");
  const buffer = Buffer.alloc(1 << 20);
  try {
    for (let at = from; ;) {
      const length = readSync(input, buffer, 0, buffer.length, at);
      if (length === 0) return;
      writeSync(out, buffer, 0, length);
      at += length;
    }
  } finally {
    closeSync(input);
  }
}
