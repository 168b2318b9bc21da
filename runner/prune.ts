/** The engine keeps a log and a history entry of every update for ever: over a long campaign that fills the disk. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { hasCode } from "./errors.ts";
import type { ProjectPaths } from "./paths.ts";
import { project } from "./workFolder.ts";

/** Updates of a stack whose log and history stay. */
const kept = 20;

/** Removes logs and history of all but the last updates of a stack. Both names end with the time of the update. */
export function pruneEngineFiles(paths: ProjectPaths, stack: string): void {
  const name = stack.replaceAll(".", "\\."); // the only character of a stack's name that a pattern reads otherwise
  pruneFolder(join(paths.engineHome, "logs"), new RegExp(`^organization\\+${project}\\+${name}-(\\d{8}T\\d{6})`));
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
