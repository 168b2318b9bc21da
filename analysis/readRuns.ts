/** Reads the runs of a bundle, in threads where there are many. */
import { getCompileCacheDir } from "node:module";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { Tinypool } from "tinypool";
import { AnalysisError } from "./errors.ts";
import type { Reply, ThreadData } from "./readRuns.worker.ts";
import { readRun, type ReadRun } from "./runTables.ts";

/** With fewer runs a thread takes longer to begin than it saves. */
const fewest = 16;
/** Each holds a run of its own in memory, and one of hours is large: no more, however many cores there are. */
const mostThreads = 2;

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
    for (const folder of folders) runs.push(await readRun(folder));
    return runs;
  }
  // What the engine gives is the folder for its own version, inside the one that was asked for.
  const cache = getCompileCacheDir();
  const workerData: ThreadData = { compileCache: cache === undefined ? null : dirname(cache) };
  const filename = new URL("readRuns.worker.ts", import.meta.url).href;
  // Nearly all of a run is gone when the next one comes: room for more of it would only cost memory.
  const resourceLimits = { maxYoungGenerationSizeMb: 16 };
  const pool = new Tinypool({ filename, workerData, resourceLimits, minThreads: threads, maxThreads: threads });
  try {
    const replies = folders.map((folder) => pool.run(folder) as Promise<Reply>);
    // One that fails is heard of in its turn, whichever thread was first.
    for (const reply of replies) reply.catch(() => undefined);
    const share = textPool();
    for (const reply of replies) runs.push(share(runOf(await reply)));
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
