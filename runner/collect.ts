/** From a lab to the bundle: raw files, Prometheus samples, the completed record. The only code that talks to a lab after `up`. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { completeRecord } from "../analysis/measure.ts";
import { parsePlan } from "../analysis/readRecord.ts";
import type { RunOutput, RunRecord } from "../analysis/record.ts";
import { defaultLimits, type Limits } from "../analysis/validity.ts";
import { readEnvironment, readRecord, runsFolder, shown, writeEnvironment, writeRun } from "./bundleFolder.ts";
import { LabError, messageOf } from "./errors.ts";
import {
  changedVersions,
  fingerprintOf,
  machineFacts,
  madeHere,
  mergeFingerprint,
  type Unlike,
} from "./fingerprint.ts";
import type { RunSource } from "./sources.ts";

/**
 * Copies a run into the bundle and completes its record. A run that the bundle holds already is given back as it is.
 * The limits of the validity rules are those of the bundle's plan where it names any.
 * Throws when the raw files are gone or when the run stood on another bed than the bundle's earlier runs.
 */
export async function collectRun(
  output: RunOutput,
  bundle: string,
  source: RunSource,
  { sameVersions = false }: { readonly sameVersions?: boolean } = {},
): Promise<RunRecord> {
  const there = readRecord(bundle, output.run_id);
  if (there !== undefined) return there;
  mkdirSync(runsFolder(bundle), { recursive: true });
  compatibleEnvironment(bundle, output, sameVersions);
  const limits = limitsOf(bundle);
  return writeRun(bundle, output.run_id, async (temporary) => {
    const files = { ...output.files };
    // Whoever has the samples is another than who has the files.
    const [samples] = await Promise.all([
      output.source.prometheus === null ? null : samplesOf(output, source),
      source.copy(temporary),
    ]);
    if (samples !== null) {
      writeFileSync(join(temporary, "prometheus.json"), JSON.stringify(samples));
      files["prometheus"] = "prometheus.json";
    }
    const completed = await completeRecord({ ...output, files }, temporary, limits);
    writeFileSync(join(temporary, "record.json"), `${JSON.stringify(completed, null, 2)}\n`);
    // Before the run is there, so that no kill leaves a run without its bed; merged anew, other labs may have added theirs.
    writeEnvironment(bundle, compatibleEnvironment(bundle, output, sameVersions));
    return completed;
  });
}

/** Limits that a campaign named for its bundle, the usual ones where it named none or the runs belong to no campaign. */
function limitsOf(bundle: string): Limits {
  const file = join(bundle, "plan.json");
  return existsSync(file) ? { ...defaultLimits, ...parsePlan(readFileSync(file, "utf8"), file).limits } : defaultLimits;
}

/** Monitoring that does not answer voids CPU and memory, but the load was done: the run is kept without samples. */
async function samplesOf(output: RunOutput, source: RunSource) {
  try {
    return await source.samples();
  } catch (error) {
    const { started_s, finished_s } = output.load;
    return { schema: 1, start_s: started_s, end_s: finished_s, series: [], error: messageOf(error) };
  }
}

function compatibleEnvironment(bundle: string, output: RunOutput, sameVersions: boolean) {
  const [before, run] = [readEnvironment(bundle), fingerprintOf(output, machineFacts())];
  const { environment, unlike } = mergeFingerprint(before, run);
  if (unlike.length > 0) throw unlikeBed(bundle, `run ${output.run_id} stood`, unlike);
  const changed = sameVersions ? changedVersions(before, run) : [];
  if (changed.length > 0) throw otherVersions(bundle, `run ${output.run_id} used`, changed);
  return environment;
}

/** Versions by environment and by the names in records. */
export type KnownVersions = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * Before anything is built: @throws LabError when the runs to come would use other versions than those in the bundle.
 * @param versions of the runs to come, as far as they are known
 */
export function assertSameVersions(
  bundle: string,
  records: readonly Pick<RunRecord, "versions" | "cell">[],
  versions: KnownVersions,
): void {
  const changed = Object.entries(versions).flatMap(([environment, known]) => {
    const own = records.filter(({ cell }) => cell.environment === environment);
    return Object.entries(known).flatMap(([name, run]) => {
      const used = [...new Set(own.flatMap((record) => record.versions[name] ?? []))];
      return used.length === 0 || used.includes(run) ? [] : [{ fact: name, bundle: used.join(", "), run }];
    });
  });
  if (changed.length > 0) throw otherVersions(bundle, "runs to come would use", changed);
}

const otherVersions = (bundle: string, run: string, changed: readonly Unlike[]): LabError =>
  new LabError(`${run} other versions than the runs in ${shown(bundle)}: a campaign goes on with the same ones`, {
    kind: "input",
    details: changed.map((one) => `${one.fact}: ${one.run} now, ${one.bundle} in the bundle`),
    remedy: "go back to the versions in the bundle, give the campaign another name, or start afresh with --fresh",
  });

/** Before anything is built: @throws LabError when the bundle's runs were made on another machine or kernel. */
export function assertSameMachine(bundle: string, machine = machineFacts()): void {
  const known = readEnvironment(bundle);
  if (!madeHere(known)) return;
  const { unlike } = mergeFingerprint(known, { bed: machine, under_test: {} });
  if (unlike.length > 0) throw unlikeBed(bundle, "runs to come would stand", unlike);
}

const unlikeBed = (bundle: string, run: string, unlike: readonly Unlike[]): LabError =>
  new LabError(`${run} on another bed than the runs in ${shown(bundle)}: they cannot be compared`, {
    kind: "input",
    details: unlike.map((one) => `${one.fact}: ${one.run || "not set"} here, ${one.bundle || "not set"} in the bundle`),
    remedy: "use another bundle, start afresh with --fresh, or go back to the old bed",
  });
