/** The half of readRuns.ts that runs in a thread. */
import { enableCompileCache } from "node:module";
import { workerData } from "node:worker_threads";
import { AnalysisError } from "./errors.ts";
import type { ReadRun } from "./runTables.ts";

/** What can be copied between threads: of an error only plain data. */
export type Reply =
  { readonly run: ReadRun } | { readonly error: Pick<AnalysisError, "file" | "place" | "problem" | "remedy"> };

/** Folder of the compile cache of the thread that reads; a thread does not have it by itself. */
export interface ThreadData {
  readonly compileCache: string | null;
}

// tinypool's own data comes first.
const [, { compileCache }] = workerData as [unknown, ThreadData];
if (compileCache !== null) enableCompileCache(compileCache);
const { readRun } = await import("./runTables.ts");

export default async function reply(folder: string): Promise<Reply> {
  try {
    return { run: await readRun(folder) };
  } catch (error) {
    if (!(error instanceof AnalysisError)) throw error;
    const { file, place, problem, remedy } = error;
    return { error: { file, place, problem, remedy } };
  }
}
