/** Where set-up keeps what it makes, and how it puts it there: under another name first, then renamed, so never half. */
import { randomUUID } from "node:crypto";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join, relative } from "node:path";
import { LabError } from "../errors.ts";
import { toolsFolder } from "./find.ts";

/** Downloads of this user, shared by all clones of the project; only ever used after their checksum was compared. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment["XDG_CACHE_HOME"];
  return join(base?.startsWith("/") === true ? base : join(homedir(), ".cache"), "cni-traffic-lab");
}

/** The folder of a tool's own files, `.tools/<kind>/<name>`. */
export const toolFolder = (root: string, kind: string, name: string): string => join(root, ".tools", kind, name);

/**
 * Some package clients hang on a full disk, so there must be room before they start.
 * @throws LabError (machine) that says how much is needed where
 */
export function requireSpace(folder: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= bytes) return;
  const megabytes = (amount: number): string => `${Math.round(amount / 1e6)} MB`;
  throw new LabError(`not enough room on the disk: ${megabytes(bavail * bsize)} free in ${folder}`, {
    kind: "machine",
    remedy: `set-up needs ${megabytes(bytes)} there: make room, then run the same command again`,
  });
}

/** Fills a new folder and then puts it in the place of `folder`; when `fill` fails nothing has changed. */
export async function replaceFolder(folder: string, fill: (fresh: string) => Promise<void>): Promise<void> {
  const fresh = `${folder}.${randomUUID()}`;
  mkdirSync(fresh, { recursive: true });
  try {
    await fill(fresh);
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Removes what killed set-ups have left half-made under `.tools/`; only for the holder of the set-up's lock. */
export function removeHalfMade(root: string): void {
  const tools = join(root, ".tools");
  sweep(tools);
  for (const entry of readdirSync(tools, { withFileTypes: true })) {
    if (entry.isDirectory()) sweep(join(tools, entry.name));
  }
}

/** Removes what carries a temporary name; retries, since a package client of a killed set-up may still write there. */
function sweep(folder: string): void {
  const halfMade = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  for (const name of readdirSync(folder).filter((entry) => halfMade.test(entry))) {
    rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** Makes `.tools/bin/<name>` a link to the program; relative, so that the project may be moved. */
export function linkProgram(root: string, name: string, program: string): string {
  const path = join(toolsFolder(root), name);
  chmodSync(program, 0o755);
  place(path, (fresh) => {
    symlinkSync(relative(dirname(path), program), fresh);
  });
  return path;
}

/** Makes `.tools/bin/<name>` a script that becomes the program (same process), with its own shared libraries. */
export function wrapProgram(root: string, name: string, program: string, libraries: readonly string[]): string {
  const path = join(toolsFolder(root), name);
  chmodSync(program, 0o755);
  const beside = (target: string): string => `$here/${relative(dirname(path), target)}`;
  const script = [
    "#!/bin/sh",
    "# Made by the set-up of cni-traffic-lab.",
    "here=${0%/*}",
    `LD_LIBRARY_PATH="${libraries.map(beside).join(":")}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"`,
    "export LD_LIBRARY_PATH",
    `exec "${beside(program)}" "$@"`,
    "",
  ].join("\n");
  place(path, (fresh) => {
    writeFileSync(fresh, script, { mode: 0o755 });
  });
  return path;
}

/** Takes `.tools/bin/<name>` away. */
export function removeProgram(root: string, name: string): void {
  rmSync(join(toolsFolder(root), name), { force: true });
}

function place(path: string, make: (fresh: string) => void): void {
  mkdirSync(dirname(path), { recursive: true });
  const fresh = `${path}.${randomUUID()}`;
  try {
    make(fresh);
    renameSync(fresh, path);
  } finally {
    if (lstatSync(fresh, { throwIfNoEntry: false }) !== undefined) rmSync(fresh);
  }
}
