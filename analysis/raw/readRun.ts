/** Reads all raw files of one run from its folder. The only file of `raw/` that touches the disk. */
import { createReadStream, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { AnalysisError } from "../errors.ts";
import { measuredSeconds } from "../phases.ts";
import type { RunOutput } from "../record.ts";
import { parseAddressLog, type AddressLine } from "./address.ts";
import { parseCounters, type Observation } from "./counters.ts";
import type { Counts, SecondCount } from "./counts.ts";
import { parseGenerator, parseProbes, type GeneratorSample, type Probe } from "./csv.ts";
import { parseIperfClient, type IperfTest } from "./iperf3Client.ts";
import { parseIperfServer, type IperfServerTest } from "./iperf3Server.ts";
import { readK6Log, type K6Log } from "./k6Log.ts";
import { readK6Stream } from "./k6Stream.ts";
import { parseK6Summary, type K6Summary } from "./k6Summary.ts";
import { mergeCounts, mergeIperf, mergeSeconds, mergeSummaries } from "./merge.ts";
import { readPrometheus, type Series } from "./prometheus.ts";
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
  output: Pick<RunOutput, "files" | "load" | "backends" | "settings">,
  folder: string,
): Promise<RawRun> {
  const problems: AnalysisError[] = [];
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
    read(key, (path, source) => Promise.resolve(parse(readFileSync(path, "utf8"), source)));
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

  const names = output.backends.map(({ name }) => name);
  const k6 = new Map<string, K6Phase>();
  for (const { phase, warmup_s } of output.load.phases) {
    const measured = { from: warmup_s, to: warmup_s + measuredSeconds(output, phase) };
    const found: K6Phase = { summaries: [], counts: [], answers: [] };
    for (const runner of runners) {
      const role = `${runner}k6.${phase}`;
      const readLog = (key: string): Promise<K6Log | null> =>
        read(key, (path, source) => readK6Log(piecesOf(path), source, names.length));
      // k6 has one console, so both are mostly one file: a log of millions of lines is read once.
      const [countsKey, answersKey] = [`${role}.counts`, `${role}.answers`];
      const counted = await readLog(countsKey);
      const same = output.files[answersKey] === output.files[countsKey];
      const answered = same || !(answersKey in output.files) ? counted : await readLog(answersKey);
      const stream = await read(`${role}.stream`, (path, source) =>
        readK6Stream(piecesOf(path), source, names, measured),
      );
      const summary = (await whole(role, parseK6Summary)) ?? stream?.summary;
      const answers = answersKey in output.files ? answered?.answers : undefined;
      const counts =
        counted?.counts ?? stream?.counts ?? (answers && { start_ms: null, seconds: answers, histogram: new Map() });
      if (summary !== undefined) found.summaries.push(summary);
      if (counts !== undefined) found.counts.push(counts);
      if (answers !== undefined) found.answers.push(answers);
    }
    k6.set(phase, found);
  }
  const ofPhases = <T>(merge: (files: K6Phase) => T | null): Map<string, T> =>
    new Map(
      [...k6].flatMap(([phase, files]): [string, T][] => {
        const merged = merge(files);
        return merged === null ? [] : [[phase, merged]];
      }),
    );

  return {
    timeline: await whole("timeline", parseTimeline),
    generators: await each((prefix) => whole(`${prefix}generator`, parseGenerator)),
    observations: await whole("counters", parseCounters),
    iperfServer: await all("iperf3.server", parseIperfServer),
    addresses: await whole("address", parseAddressLog),
    probes: await all("probe", parseProbes),
    iperf: await byPhase((phase, runner) => whole(`${runner}iperf3.${phase}`, parseIperfClient), mergeIperf),
    k6: ofPhases(({ summaries }) => mergeSummaries(summaries)),
    counts: ofPhases(({ counts }) => mergeCounts(counts)),
    answers: ofPhases(({ answers }) => (answers.length === 0 ? null : mergeSeconds(answers))),
    series: await read("prometheus", (path, source) => readPrometheus(piecesOf(path), source)),
    problems,
  };
}

/** Prefixes of the roles of all runners: the first has none. */
function runnersOf(files: RunOutput["files"]): string[] {
  const further = Object.keys(files).flatMap((role) => /^runner-\d+\//.exec(role)?.[0] ?? []);
  return ["", ...new Set(further)];
}

/** What all runners left of one phase of k6. */
interface K6Phase {
  readonly summaries: K6Summary[];
  readonly counts: Counts[];
  readonly answers: (readonly SecondCount[])[];
}

/**
 * Read at once up to this size: a campaign has thousands of small files, each stream takes a piece of memory of its own, and to wait
 * for each file takes longer than to read it.
 */
const pieceSize = 2 ** 20;

/** A file that may be too large to hold, unpacked where its name says that it is packed. */
async function* piecesOf(path: string): AsyncGenerator<Buffer> {
  const packed = path.endsWith(".gz");
  if (!packed && statSync(path).size <= pieceSize) {
    yield readFileSync(path);
    return;
  }
  const bytes = createReadStream(path, { highWaterMark: pieceSize });
  // Both ends are told of an error of either; whoever reads the unpacked bytes gets it.
  const pieces = packed ? pipeline(bytes, createGunzip({ chunkSize: pieceSize }), () => undefined) : bytes;
  for await (const piece of pieces) yield piece as Buffer;
}

function asProblem(error: unknown, file: string): AnalysisError {
  if (error instanceof AnalysisError) return error;
  if (error instanceof Error && "code" in error) {
    const known: Readonly<Record<string, string>> = { ENOENT: "is missing", Z_BUF_ERROR: "is cut off" };
    const problem = known[String(error.code)] ?? `cannot be read (${String(error.code)})`;
    return new AnalysisError(problem, { file, remedy: missing });
  }
  throw error;
}
