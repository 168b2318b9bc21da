/** Files that are either whole or not there, also after a crash or on a full disk. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { hasCode } from "./errors.ts";

/** Writes under a temporary name, flushes, renames. */
export function writeWhole(file: string, content: string, mode = 0o644): void {
  viaTemporary(file, content, mode, (temporary) => {
    renameSync(temporary, file);
  });
}

/** The same for a file that is made once: where it is there already, also made meanwhile by another process, it stays. */
export function writeOnce(file: string, content: string, mode = 0o644): void {
  viaTemporary(file, content, mode, (temporary) => {
    try {
      linkSync(temporary, file);
    } catch (error) {
      if (!hasCode(error, "EEXIST")) throw error;
    }
  });
}

function viaTemporary(file: string, content: string, mode: number, put: (temporary: string) => void): void {
  const temporary = `${file}.tmp-${process.pid}`;
  try {
    const descriptor = openSync(temporary, "w", mode);
    try {
      writeFileSync(descriptor, content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    put(temporary);
  } finally {
    rmSync(temporary, { force: true });
  }
  syncFolder(dirname(file));
}

/** Removes what a killed `writeWhole` left in a folder that nobody else writes to now; returns how many. */
export function removeTemporaries(folder: string): number {
  if (!existsSync(folder)) return 0;
  const left = readdirSync(folder).filter((name) => /\.tmp-\d+$/.test(name));
  for (const name of left) rmSync(join(folder, name), { force: true });
  return left.length;
}

/** Makes renames inside the folder last through a power cut. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export function syncFile(file: string): void {
  const descriptor = openSync(file, "r+");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
