/** The half of readRuns.ts that runs in a thread. */
import { AnalysisError } from "./errors.ts";
import { readRun, type ReadRun } from "./runTables.ts";

/** What can be copied between threads: of an error only plain data. */
export type Reply =
  { readonly run: ReadRun } | { readonly error: Pick<AnalysisError, "file" | "place" | "problem" | "remedy"> };

export default async function replies(folders: readonly string[]): Promise<Reply[]> {
  const all: Reply[] = [];
  for (const folder of folders) all.push(await replyOf(folder));
  return all;
}

async function replyOf(folder: string): Promise<Reply> {
  try {
    return { run: await readRun(folder) };
  } catch (error) {
    if (!(error instanceof AnalysisError)) throw error;
    const { file, place, problem, remedy } = error;
    return { error: { file, place, problem, remedy } };
  }
}
