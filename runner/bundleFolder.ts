/** The bundle's folder while a campaign runs: whole runs only, environment.json, campaign.yaml, calibration.json. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { environmentFileSchema, type Environment } from "../analysis/environment.ts";
import { recordSchema, runRecordSchema, type RunRecord } from "../analysis/record.ts";
import { LabError } from "./errors.ts";
import { removeTemporaries, syncFile, syncFolder, writeWhole } from "./files.ts";

/** Runs that are not whole yet carry this in front. */
const unfinished = ".tmp-";

export const runsFolder = (bundle: string): string => join(bundle, "runs");
export const runFolder = (bundle: string, run: string): string => join(bundle, "runs", run);

/** Record of a whole run; undefined when the bundle does not hold it. Throws on a broken or newer record. */
export function readRecord(bundle: string, run: string): RunRecord | undefined {
  const file = join(runFolder(bundle, run), "record.json");
  if (!existsSync(file)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw brokenRecord(file, "is no JSON");
  }
  const schema = typeof value === "object" && value !== null && "schema" in value ? value.schema : undefined;
  if (typeof schema === "number" && schema > recordSchema) {
    throw new LabError(`${file} was written by a newer version (schema ${schema}, this one reads ${recordSchema})`, {
      kind: "input",
      remedy: "update this project, or use another bundle",
    });
  }
  const parsed = runRecordSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw brokenRecord(file, `${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? "does not fit"}`);
}

/** Records of all whole runs of the bundle. */
export function readRecords(bundle: string): RunRecord[] {
  if (!existsSync(runsFolder(bundle))) return [];
  return readdirSync(runsFolder(bundle))
    .filter((name) => !name.startsWith(unfinished))
    .sort()
    .flatMap((name) => readRecord(bundle, name) ?? []);
}

/** Removes what an interrupted command left: half-made run folders, whose number it returns, and half-written files. */
export function removeUnfinished(bundle: string): number {
  removeTemporaries(bundle);
  if (!existsSync(runsFolder(bundle))) return 0;
  const left = readdirSync(runsFolder(bundle)).filter((name) => name.startsWith(unfinished));
  for (const name of left) rmSync(join(runsFolder(bundle), name), { recursive: true, force: true });
  return left.length;
}

/**
 * Makes a whole run: `fill` writes its files into a temporary folder, which is flushed and then renamed.
 * Nothing is left when `fill` fails.
 */
export async function writeRun<T>(bundle: string, run: string, fill: (folder: string) => Promise<T>): Promise<T> {
  const temporary = join(runsFolder(bundle), unfinished + run);
  const final = runFolder(bundle, run);
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  try {
    const result = await fill(temporary);
    syncTree(temporary);
    renameSync(temporary, final);
    syncFolder(dirname(final));
    return result;
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
}

/** Flushes a folder, and those in it: a further runner has one of its own. */
function syncTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else syncFile(path);
  }
  syncFolder(folder);
}

/** Copies a folder's files. */
export function copyRawFiles(from: string, to: string): void {
  for (const name of readdirSync(from)) cpSync(join(from, name), join(to, name), { recursive: true });
}

export function readEnvironment(bundle: string): Environment | undefined {
  const file = join(bundle, "environment.json");
  if (!existsSync(file)) return undefined;
  try {
    return environmentFileSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new LabError(`${file} cannot be read`, {
      kind: "input",
      remedy: "use another bundle, or start afresh with --fresh",
      cause: error,
    });
  }
}

export function writeEnvironment(bundle: string, environment: Environment): void {
  writeWhole(join(bundle, "environment.json"), `${JSON.stringify(environment, null, 2)}\n`);
}

/** Moves a bundle aside, under its name with the time of the move; returns where to. */
export function moveAside(bundle: string, now: Date): string {
  const stamp = now.toISOString().replaceAll(/[-:]|\.\d+Z$/g, "");
  const target = join(dirname(bundle), `${basename(bundle)}-until-${stamp}`);
  renameSync(bundle, target);
  return target;
}

/** A path as a user wants to read it: relative when it is inside the current folder. */
export function shown(path: string, from = process.cwd()): string {
  const short = relative(from, path);
  return short.startsWith("..") ? path : short === "" ? "." : short;
}

const brokenRecord = (file: string, problem: string): LabError =>
  new LabError(`${file} is broken: ${problem}`, {
    kind: "input",
    remedy: "remove the run's folder (the run is then done again), or start afresh with --fresh",
  });
