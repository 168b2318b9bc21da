import type { Environment } from "./environment.ts";
import type { Cell, RunRecord } from "./record.ts";
import type { LatencyRow, SampleRow, SplitRow, SummaryRow, WindowRow } from "./tables.ts";

/** Everything computed from a bundle's raw files. */
export interface BundleTables {
  readonly samples: readonly SampleRow[];
  readonly windows: readonly WindowRow[];
  readonly latency: readonly LatencyRow[];
  readonly summary: readonly SummaryRow[];
  readonly splits: readonly SplitRow[];
}

export interface InvalidRun {
  readonly run_id: string;
  readonly cell: string;
  readonly reasons: readonly string[];
}

export interface VoidMetric {
  readonly run_id: string;
  readonly cell: string;
  readonly metric: string;
  readonly phase: string;
  readonly reason: string;
}

export interface RunLabel {
  readonly run_id: string;
  readonly cell: string;
  readonly phase: string;
  readonly label: string;
}

/** A bundle as read: what ran, on what, and what came of it. */
export interface Bundle {
  /** Folder of the bundle. */
  readonly dir: string;
  /** Last part of the folder: the campaign's name. */
  readonly name: string;
  /** Text of campaign.yaml; null when the bundle has none. */
  readonly campaign: string | null;
  /** null when the bundle has no environment.json. */
  readonly environment: Environment | null;
  /** All whole runs, in the order in which they started, invalid ones included. */
  readonly records: readonly RunRecord[];
  /** Distinct cells in the order of their first run. */
  readonly cells: readonly Cell[];
  readonly tables: BundleTables;
  readonly invalid: readonly InvalidRun[];
  /** Void metrics of valid runs. */
  readonly voids: readonly VoidMetric[];
  readonly labels: readonly RunLabel[];
  /** What was left out or looked odd while reading, as sentences. */
  readonly notes: readonly string[];
}

/** The parts of a bundle that follow from its records alone. */
export function describeRuns(
  records: readonly RunRecord[],
): Pick<Bundle, "records" | "cells" | "invalid" | "voids" | "labels"> {
  const ordered = [...records].sort((a, b) => a.load.started_s - b.load.started_s);
  const valid = ordered.filter(({ measured }) => measured.validity.valid);
  return {
    records: ordered,
    cells: [...new Map(ordered.map(({ cell }) => [cell.id, cell])).values()],
    invalid: ordered
      .filter(({ measured }) => !measured.validity.valid)
      .map(({ run_id, cell, measured }) => ({ run_id, cell: cell.id, reasons: measured.validity.reasons })),
    voids: valid.flatMap(({ run_id, cell, measured }) =>
      measured.validity.voids.map((entry) => ({ run_id, cell: cell.id, ...entry })),
    ),
    labels: ordered.flatMap(({ run_id, cell, measured }) =>
      measured.validity.labels.map((entry) => ({ run_id, cell: cell.id, ...entry })),
    ),
  };
}
