/** Reads all raw files of one run from its folder. The only file of `raw/` that touches the disk. */
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { AnalysisError } from "../errors.ts";
import type { RunOutput } from "../record.ts";
import { parseAddressLog, type AddressLine } from "./address.ts";
import { countAnswers, readAnswers } from "./answers.ts";
import { parseCounters, type Observation } from "./counters.ts";
import { readCounts, type Counts, type SecondCount } from "./counts.ts";
import { parseGenerator, parseProbes, type GeneratorSample, type Probe } from "./csv.ts";
import { parseIperfClient, type IperfTest } from "./iperf3Client.ts";
import { parseIperfServer, type IperfServerTest } from "./iperf3Server.ts";
import { parseK6Summary, type K6Summary } from "./k6Summary.ts";
import { mergeCounts, mergeIperf, mergeSeconds, mergeSummaries } from "./merge.ts";
import { parsePrometheus, type Series } from "./prometheus.ts";
import type { Source } from "./text.ts";
import { parseTimeline, type Timeline } from "./timeline.ts";

/** Which generator it is of, counted from 0. */
export interface OfRunner {
  readonly runner: number;
}

/** The raw files of one run, parsed; null where the record names no such file or it could not be read. */
export interface RawRun {
  readonly timeline: Timeline | null;
  /** Samples of each generator. */
  readonly generators: readonly (readonly GeneratorSample[])[];
  readonly observations: readonly Observation[] | null;
  readonly iperfServer: readonly (IperfServerTest & OfRunner)[] | null;
  readonly addresses: readonly AddressLine[] | null;
  readonly probes: readonly (Probe & OfRunner)[] | null;
  /** By phase, as the next three. */
  readonly iperf: ReadonlyMap<string, IperfTest>;
  readonly k6: ReadonlyMap<string, K6Summary>;
  readonly counts: ReadonlyMap<string, Counts>;
  /** Counts per second out of the log of every answer, where one was written. */
  readonly answers: ReadonlyMap<string, readonly SecondCount[]>;
  readonly series: readonly Series[] | null;
  /** Files that are missing or cannot be read. */
  readonly problems: readonly AnalysisError[];
}

/** In the run's folder, or in that of a further runner. */
const plainName = /^(runner-\d+\/)?[^/\\]+$/;

const missing = "Take the run's folder out of runs/ or run the cell again";

/**
 * Reads the files that the record names. What cannot be read is null and listed under `problems`, so that one broken file
 * makes its run invalid and nothing worse.
 */
export async function readRawRun(
  output: Pick<RunOutput, "files" | "load" | "backends">,
  folder: string,
): Promise<RawRun> {
  const problems: AnalysisError[] = [];
  const backends = output.backends.length;
  const read = async <T>(key: string, parse: (path: string, source: Source) => Promise<T>): Promise<T | null> => {
    const name = output.files[key];
    if (name === undefined) return null;
    const path = join(folder, name);
    try {
      if (!plainName.test(name)) throw new AnalysisError("is not a plain file name", { file: name, remedy: missing });
      return await parse(path, { file: path });
    } catch (error) {
      problems.push(asProblem(error, path));
      return null;
    }
  };
  const whole = <T>(key: string, parse: (text: string, source: Source) => T): Promise<T | null> =>
    read(key, async (path, source) => parse(await readFile(path, "utf8"), source));
  const runners = runnersOf(output.files);
  /** The files of a role of all runners, those that could be read. */
  const each = async <T>(readOne: (prefix: string, runner: number) => Promise<T | null>): Promise<T[]> => {
    const found: T[] = [];
    for (const [index, runner] of runners.entries()) {
      const value = await readOne(runner, index);
      if (value !== null) found.push(value);
    }
    return found;
  };
  const byPhase = async <T>(
    readPhase: (phase: string, runner: string) => Promise<T | null>,
    merge: (values: readonly T[]) => T | null,
  ): Promise<Map<string, T>> => {
    const found = new Map<string, T>();
    for (const { phase } of output.load.phases) {
      const value = merge(await each((runner) => readPhase(phase, runner)));
      if (value !== null) found.set(phase, value);
    }
    return found;
  };
  const all = async <T extends object>(
    role: string,
    parse: (text: string, source: Source) => readonly T[],
  ): Promise<(T & OfRunner)[] | null> => {
    const lists = await each(
      async (prefix, runner) => (await whole(`${prefix}${role}`, parse))?.map((one) => ({ ...one, runner })) ?? null,
    );
    return lists.length === 0 ? null : lists.flat();
  };

  return {
    timeline: await whole("timeline", parseTimeline),
    generators: await each((prefix) => whole(`${prefix}generator`, parseGenerator)),
    observations: await whole("counters", parseCounters),
    iperfServer: await all("iperf3.server", parseIperfServer),
    addresses: await whole("address", parseAddressLog),
    probes: await all("probe", parseProbes),
    iperf: await byPhase((phase, runner) => whole(`${runner}iperf3.${phase}`, parseIperfClient), mergeIperf),
    k6: await byPhase((phase, runner) => whole(`${runner}k6.${phase}`, parseK6Summary), mergeSummaries),
    counts: await byPhase(
      (phase, runner) =>
        read(`${runner}k6.${phase}.counts`, (path, source) => readCounts(linesOf(path), source, backends)),
      mergeCounts,
    ),
    answers: await byPhase<readonly SecondCount[]>(
      (phase, runner) =>
        read(`${runner}k6.${phase}.answers`, (path, source) =>
          countAnswers(readAnswers(linesOf(path), source, backends)),
        ),
      (values) => (values.length === 0 ? null : mergeSeconds(values)),
    ),
    series: await whole("prometheus", parsePrometheus),
    problems,
  };
}

/** Prefixes of the roles of all runners: the first has none. */
function runnersOf(files: RunOutput["files"]): string[] {
  const further = Object.keys(files).flatMap((role) => /^runner-\d+\//.exec(role)?.[0] ?? []);
  return ["", ...new Set(further)];
}

/** Lines of a file that may be too large to hold. */
function linesOf(path: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Infinity });
}

function asProblem(error: unknown, file: string): AnalysisError {
  if (error instanceof AnalysisError) return error;
  if (error instanceof Error && "code" in error) {
    const problem = error.code === "ENOENT" ? "is missing" : `cannot be read (${String(error.code)})`;
    return new AnalysisError(problem, { file, remedy: missing });
  }
  throw error;
}
