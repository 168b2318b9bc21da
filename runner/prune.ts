/** The engine keeps a history entry of every update for ever and a log of every property: over a long campaign that fills the disk. */
import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasCode } from "./errors.ts";
import type { ProjectPaths } from "./paths.ts";
import { project } from "./workFolder.ts";

/** Updates of a stack whose history stays. */
const kept = 20;

/**
 * The engine writes each value that it sees, at each step, into an encrypted log, and has no switch for it: with the CRDs of the
 * Gateway API that is 90 MB and half a minute of every command. Where a file stands in place of the log's folder it goes without.
 */
export function keepNoEngineLog(home: string): void {
  const logs = join(home, "logs");
  if (statSync(logs, { throwIfNoEntry: false })?.isFile() === true) return;
  rmSync(logs, { recursive: true, force: true, maxRetries: 3 });
  writeFileSync(logs, "Takes the place of a folder: see keepNoEngineLog in runner/prune.ts.\n");
}

/** Removes the history of all but the last updates of a stack; the names of its files have the time of the update. */
export function pruneEngineFiles(paths: ProjectPaths, stack: string): void {
  const name = stack.replaceAll(".", "\\."); // the only character of a stack's name that a pattern reads otherwise
  const history = join(paths.state, ".pulumi", "history", project, stack);
  pruneFolder(history, new RegExp(`^${name}-(\\d+)\\.`));
}

/** Keeps the files of the last times; `time` has the time as its first group and says which files are meant. */
export function pruneFolder(folder: string, time: RegExp, keep = kept): void {
  const files = listed(folder).flatMap((name) => {
    const at = time.exec(name)?.[1];
    return at === undefined ? [] : [{ name, at }];
  });
  // Times of one kind have one length, so their order is that of the text.
  const times = [...new Set(files.map(({ at }) => at))].sort();
  const old = new Set(times.slice(0, Math.max(0, times.length - keep)));
  for (const { name, at } of files) if (old.has(at)) rmSync(join(folder, name), { force: true });
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}
