/** A bundle from its folder. */
import { readdirSync, type Dirent } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Bundle } from "./bundle.ts";
import type { Environment } from "./environment.ts";
import { AnalysisError } from "./errors.ts";
import { isMissing, readOptional } from "./files.ts";
import { parseEnvironment, parsePlan, parseSpans } from "./readRecord.ts";
import { readRuns } from "./readRuns.ts";
import type { RunRecord } from "./record.ts";
import type { RunTables } from "./runTables.ts";

/** Loaded while other threads read the runs. */
const loadTables = async () => ({ ...(await import("./bundle.ts")), ...(await import("./insideIntervals.ts")) });

/**
 * Reads a bundle run by run and computes its tables. Folders that hold no whole run are left out with a note; so is a raw
 * file that cannot be read when its run is invalid anyway.
 * Throws AnalysisError on a broken or newer record and on a broken raw file of a valid run.
 */
export async function readBundle(dir: string): Promise<Bundle> {
  const notes: string[] = [];
  const records: RunRecord[] = [];
  const rows: { -readonly [Table in keyof RunTables]: RunTables[Table][number][] } = {
    samples: [],
    windows: [],
    latency: [],
    inside: [],
  };
  const folderOf = new Map<string, string>();
  const folders = runFolders(dir, notes);
  const [runs, { describeRuns, insideIntervals, tablesOf }] = await Promise.all([readRuns(folders), loadTables()]);
  for (const [index, run] of runs.entries()) {
    const folder = folders[index] ?? "";
    notes.push(...run.notes);
    if (run.record === null) continue;
    const { run_id } = run.record;
    if (folderOf.has(run_id)) {
      throw new AnalysisError(
        `holds the run ${run_id}, which is in another folder of runs/ too: it would count twice`,
        {
          file: folder,
          remedy: "Take one of the two folders out of runs/",
        },
      );
    }
    folderOf.set(run_id, folder);
    records.push(run.record);
    append(rows.samples, run.rows.samples);
    append(rows.windows, run.rows.windows);
    append(rows.latency, run.rows.latency);
    append(rows.inside, insideIntervals(run.rows.inside));
  }
  if (records.length === 0) {
    throw new AnalysisError("holds no whole run", {
      file: dir,
      remedy: "Give a folder that `lab run` or `lab collect` made",
    });
  }
  const [planFile, eventsFile] = [join(dir, "plan.json"), join(dir, "events.jsonl")];
  const [plan, events] = [await readOptional(planFile), await readOptional(eventsFile)];
  const described = describeRuns(records, plan === null ? null : parsePlan(plan, planFile));
  return {
    dir,
    name: basename(resolve(dir)),
    campaign: await readOptional(join(dir, "campaign.yaml")),
    environment: await readEnvironment(join(dir, "environment.json"), notes),
    spans: events === null ? [] : parseSpans(events, eventsFile),
    ...described,
    tables: tablesOf(described, rows),
    notes,
  };
}

/** At once, so that the threads that read are at work before the caller does anything else. */
function runFolders(dir: string, notes: string[]): string[] {
  const runs = join(dir, "runs");
  let entries: Dirent[];
  try {
    entries = readdirSync(runs, { withFileTypes: true });
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new AnalysisError("is no bundle: it has no folder runs/", {
      file: dir,
      remedy: "Give a folder that `lab run` or `lab collect` made",
    });
  }
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  notes.push(
    ...names.filter((name) => name.startsWith(".")).map((name) => `runs/${name} is not a whole run and was left out`),
  );
  return names
    .filter((name) => !name.startsWith("."))
    .sort()
    .map((name) => join(runs, name));
}

async function readEnvironment(file: string, notes: string[]): Promise<Environment | null> {
  const text = await readOptional(file);
  if (text !== null) return parseEnvironment(text, file);
  notes.push("there is no environment.json: what the runs stood on is not known");
  return null;
}

/** One by one: a long run has more rows than a call takes arguments. */
function append<T>(all: T[], more: readonly T[]): void {
  for (const row of more) all.push(row);
}
