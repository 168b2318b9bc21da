/** Reads the runs of a bundle, in threads where there are many. */
import { getCompileCacheDir } from "node:module";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { Tinypool } from "tinypool";
import { AnalysisError } from "./errors.ts";
import type { Reply } from "./readRuns.worker.ts";
import type { ReadRun } from "./runTables.ts";

/** With fewer runs a thread takes longer to begin than it saves. */
const fewest = 16;
/** Each holds a run of its own in memory, and one of hours is large: no more, however many cores there are. */
const mostThreads = 2;
/** A thread gets so many: the one that gives them out has other things to do and would let threads wait for each single one. */
const atOnce = 4;

/**
 * The runs in the order of their folders. By default there are two `threads` where there are many runs and more than one core.
 * Throws what `readRun` throws, of the first folder in order that has something wrong.
 */
export async function readRuns(
  folders: readonly string[],
  threads = folders.length < fewest ? 1 : Math.min(mostThreads, availableParallelism()),
): Promise<ReadRun[]> {
  const runs: ReadRun[] = [];
  if (threads === 1) {
    // The readers are loaded where they are needed: in the threads otherwise.
    const { readRun } = await import("./runTables.ts");
    for (const folder of folders) runs.push(await readRun(folder));
    return runs;
  }
  // A thread has no compile cache by itself. What the engine tells is the folder for its own version, inside the one it asks for.
  const cache = getCompileCacheDir();
  const env = { ...(process.env as Record<string, string>) };
  if (cache !== undefined) env["NODE_COMPILE_CACHE"] = dirname(cache);
  const filename = new URL("readRuns.worker.ts", import.meta.url).href;
  // Nearly all of a run is gone when the next one comes: room for more of it would only cost memory.
  const resourceLimits = { maxYoungGenerationSizeMb: 16 };
  const pool = new Tinypool({ filename, env, resourceLimits, minThreads: threads, maxThreads: threads });
  try {
    const parts = Array.from({ length: Math.ceil(folders.length / atOnce) }, (_, index) =>
      folders.slice(index * atOnce, (index + 1) * atOnce),
    );
    const replies = parts.map((part) => pool.run(part) as Promise<Reply[]>);
    // One that fails is heard of in its turn, whichever thread was first.
    for (const reply of replies) reply.catch(() => undefined);
    const share = textPool();
    for (const part of replies) for (const reply of await part) runs.push(share(runOf(reply)));
    return runs;
  } finally {
    await pool.destroy();
  }
}

function runOf(reply: Reply): ReadRun {
  if ("run" in reply) return reply.run;
  const { problem, ...where } = reply.error;
  throw new AnalysisError(problem, where);
}

/**
 * Each row that comes from another thread brings copies of its texts (cell, phase, metric, …): with one copy of each, ten
 * thousand runs take a fraction of the memory.
 */
function textPool(): (run: ReadRun) => ReadRun {
  const texts = new Map<string, string>();
  const shareTexts = (row: Record<string, unknown>): void => {
    for (const column in row) {
      const value = row[column];
      if (typeof value !== "string") continue;
      const known = texts.get(value);
      if (known === undefined) texts.set(value, value);
      else row[column] = known;
    }
  };
  return (run) => {
    for (const rows of Object.values(run.rows) as object[][]) {
      for (const row of rows) shareTexts(row as Record<string, unknown>);
    }
    return run;
  };
}
