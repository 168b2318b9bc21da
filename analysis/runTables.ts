/** One run of a bundle: from its folder to its rows of the tables. */
import { basename, join } from "node:path";
import { readOptional } from "./files.ts";
import { insideRows, type InsideSeries } from "./inside.ts";
import { readRawRun } from "./raw/readRun.ts";
import { parseRecord } from "./readRecord.ts";
import type { RunRecord } from "./record.ts";
import { latencyRows, sampleRows } from "./samples.ts";
import type { InsideRow, LatencyRow, SampleRow, WindowRow } from "./tables.ts";
import { measuredParts, windowLength, windowRows } from "./windows.ts";

/** What is read from the raw files, run by run. */
export interface RunTables {
  readonly samples: readonly SampleRow[];
  readonly windows: readonly WindowRow[];
  readonly latency: readonly LatencyRow[];
  readonly inside: readonly InsideRow[];
}

export interface ReadRun {
  /** null when the folder holds no whole run. */
  readonly record: RunRecord | null;
  readonly rows: Omit<RunTables, "inside"> & { readonly inside: readonly InsideSeries[] };
  /** What was left out, as sentences. */
  readonly notes: readonly string[];
}

/**
 * Reads the run in `folder`. A raw file that cannot be read is left out with a note when the run is invalid anyway.
 * Throws AnalysisError on a broken or newer record and on a broken raw file of a valid run.
 */
export async function readRun(folder: string): Promise<ReadRun> {
  const file = join(folder, "record.json");
  const text = await readOptional(file);
  if (text === null) {
    const rows = { samples: [], windows: [], latency: [], inside: [] };
    return { record: null, rows, notes: [`runs/${basename(folder)} has no record and was left out`] };
  }
  const record = parseRecord(text, file);
  const raw = await readRawRun(record, folder);
  const [problem] = raw.problems;
  if (problem !== undefined && record.measured.validity.valid) throw problem;
  const samples = sampleRows(record, raw);
  const windows = measuredParts(record).flatMap((part) => {
    const counts = raw.counts.get(part.phase);
    return counts === undefined ? [] : windowRows(record, part, counts, windowLength(record));
  });
  return {
    record,
    rows: { samples, windows, latency: latencyRows(record, raw), inside: insideRows(record, raw, samples) },
    notes: raw.problems.map(({ message }) => `${record.run_id} is invalid and a file of it was left out: ${message}`),
  };
}
