import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { completeRecord } from "../../analysis/measure.ts";
import type { RunOutput, RunRecord } from "../../analysis/record.ts";
import { fixturePath } from "./fixtures.ts";

/** A folder that is removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "analysis-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Changes to raw files: new text by name; null removes the file. */
export type Edits = Readonly<Record<string, ((text: string) => string) | null>>;

/** Copies the raw files of a fixture's run into `folder`, changed. */
export async function copyRun(name: string, folder: string, edits: Edits = {}): Promise<void> {
  await mkdir(folder, { recursive: true });
  await cp(fixturePath(`runs/${name}`), folder, { recursive: true });
  for (const [file, edit] of Object.entries(edits)) {
    if (edit === null) await rm(join(folder, file));
    else await writeFile(join(folder, file), edit(await readFile(join(folder, file), "utf8")));
  }
}

/** The whole record of a fixture's run with changed raw files. */
export async function recordOf(output: RunOutput, name: string, edits: Edits = {}): Promise<RunRecord> {
  const folder = await temporaryFolder();
  await copyRun(name, folder, edits);
  return completeRecord(output, folder);
}

/** Writes a bundle's run as `collect` leaves it. */
export async function writeRun(bundle: string, output: RunOutput, name: string, edits: Edits = {}): Promise<RunRecord> {
  const folder = join(bundle, "runs", output.run_id);
  await copyRun(name, folder, edits);
  const record = await completeRecord(output, folder);
  await writeFile(join(folder, "record.json"), JSON.stringify(record));
  return record;
}
