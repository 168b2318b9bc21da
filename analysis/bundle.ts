import type { Span } from "./campaignLog.ts";
import type { SideBySide } from "./combine.ts";
import { compareCells, comparisonsOf } from "./comparisons.ts";
import type { Environment } from "./environment.ts";
import { inferenceOf, type Inference } from "./looks.ts";
import { missingCells, type MissingCell } from "./missing.ts";
import type { Plan } from "./plan.ts";
import type { Cell, RunRecord } from "./record.ts";
import type { RunTables } from "./runTables.ts";
import { summarizeSplits } from "./splits.ts";
import { summarize } from "./summary.ts";
import type { ComparisonRow, SplitRow, SummaryRow } from "./tables.ts";

/** Everything computed from a bundle's raw files. */
export interface BundleTables extends RunTables {
  readonly summary: readonly SummaryRow[];
  readonly splits: readonly SplitRow[];
  readonly comparisons: readonly ComparisonRow[];
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
  /** What was to be run and compared; null when the bundle has no plan.json. */
  readonly plan: Plan | null;
  /** How the intervals are meant: as of a fixed number of runs, or under the looks of a campaign that could end early. */
  readonly inference: Inference;
  /** Where the campaign's time went; empty when the bundle has no events.jsonl. */
  readonly spans: readonly Span[];
  /** All whole runs, in the order in which they started, invalid ones included. */
  readonly records: readonly RunRecord[];
  /** Distinct cells in the order of their first run. */
  readonly cells: readonly Cell[];
  /** Cells that were planned or ran and have no valid run. */
  readonly missing: readonly MissingCell[];
  readonly tables: BundleTables;
  readonly invalid: readonly InvalidRun[];
  /** Void metrics of valid runs. */
  readonly voids: readonly VoidMetric[];
  readonly labels: readonly RunLabel[];
  /** What was left out or looked odd while reading, as sentences. */
  readonly notes: readonly string[];
  /** The bundles of which this one is made; absent for a bundle of its own. */
  readonly sideBySide?: SideBySide;
}

/** The parts of a bundle that follow from its records and its plan alone. */
export function describeRuns(
  records: readonly RunRecord[],
  plan: Plan | null = null,
): Pick<Bundle, "records" | "cells" | "plan" | "inference" | "missing" | "invalid" | "voids" | "labels"> {
  const ordered = [...records].sort((a, b) => a.load.started_s - b.load.started_s);
  const valid = ordered.filter(({ measured }) => measured.validity.valid);
  return {
    records: ordered,
    cells: [...new Map(ordered.map(({ cell }) => [cell.id, cell])).values()],
    plan,
    inference: inferenceOf(plan, ordered),
    missing: missingCells(plan, ordered),
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

/** The tables of a bundle from those of its runs: over the runs of each cell, and between cells. */
export function tablesOf(
  { records, cells, plan, inference }: Pick<Bundle, "records" | "cells" | "plan" | "inference">,
  rows: RunTables,
): BundleTables {
  const valid = records.filter(({ measured }) => measured.validity.valid);
  return {
    ...rows,
    summary: summarize(rows.samples, undefined, inference.level),
    splits: summarizeSplits(
      valid.map(({ run_id, cell, backends }) => ({ run_id, cell: cell.id, backends })),
      rows.windows,
    ),
    comparisons: compareCells(comparisonsOf(plan, cells), rows.samples, undefined, inference),
  };
}
