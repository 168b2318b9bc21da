/** What figures, findings and tables ask of a bundle: the values of one metric of one cell, with what became of each run. */
import type { Bundle } from "../bundle.ts";
import { fixedInference } from "../looks.ts";
import type { MetricName } from "../metrics.ts";
import { unitOf } from "../metrics.ts";
import type { Cell } from "../record.ts";
import { isSamples, mean } from "../statistics/mean.ts";
import { tInterval } from "../statistics/meanInterval.ts";
import { truncatedMean } from "../statistics/truncatedMean.ts";
import type { InsideRow, SampleRow } from "../tables.ts";
import { splitSeries, type SplitSeries } from "./windows.ts";

/** `void`: the run is valid, but this metric's own premise failed in it (see the method's rules). */
export type State = "valid" | "void" | "invalid";

export interface Point {
  readonly run_id: string;
  readonly value: number;
  readonly state: State;
  /** Why it is not valid; blank when it is. */
  readonly reason: string;
}

/** One metric of one cell, phase and role over its runs, in the order in which they ran. */
export interface Values {
  readonly cell: Cell;
  readonly unit: string;
  readonly points: readonly Point[];
  /** Which points the mean is over: the valid ones; where there is none the void ones, to be shown under their label. */
  readonly basis: "valid" | "void" | "none";
  /** The values that the mean is over. */
  readonly counted: readonly number[];
  readonly n: number;
  readonly mean: number | null;
  /** Student t interval that holds at 95 %; null for fewer than two runs. */
  readonly low: number | null;
  readonly high: number | null;
  /** Level of the interval as of a fixed number of runs: 0.95, or above where the campaign could end early. */
  readonly level: number;
}

/** Values that have a mean. */
export type Measured = Values & { readonly mean: number };

export function isMeasured(values: Values): values is Measured {
  return values.mean !== null;
}

export interface View {
  readonly bundle: Bundle;
  /** The first backend's share in every window, made when first asked for. */
  readonly splits: () => readonly SplitSeries[];
  readonly egress: readonly Cell[];
  readonly ingress: readonly Cell[];
  readonly values: (cell: Cell, phase: string, role: string, metric: MetricName) => Values;
  /** Interval inside each run of a cell, by run (inside.csv). */
  readonly inside: (cell: Cell, phase: string, role: string, metric: MetricName) => ReadonlyMap<string, InsideRow>;
  /** Phases, and roles other than backends, that have a value of this metric, in the order in which they are usually told. */
  readonly phases: (metric: MetricName, cells: readonly Cell[]) => string[];
  readonly roles: (metric: MetricName, cells: readonly Cell[]) => string[];
}

const phaseOrder = ["idle", "unloaded", "half", "saturated", "closed", "open"];
const roleOrder = ["", "host", "client", "gateway", "server", "cni", "control-plane", "monitoring"];
const keyOf = (...parts: readonly string[]): string => parts.join("\n");

/** A bundle never changes, so figures, findings and report share one view of it. */
const views = new WeakMap<Bundle, View>();

/** The view of a bundle, made once. */
export function viewOf(bundle: Bundle): View {
  const view = views.get(bundle) ?? makeView(bundle);
  views.set(bundle, view);
  return view;
}

/** Index of a bundle's samples: one pass, so that the cost grows with the number of samples only. */
function makeView(given: Bundle): View {
  const bundle = inOrder(given);
  const bad = new Set(bundle.invalid.map(({ run_id }) => run_id));
  const order = new Map(bundle.records.map(({ run_id }, index) => [run_id, index]));
  const samples = Map.groupBy(bundle.tables.samples, ({ cell, phase, role, metric }) =>
    keyOf(cell, phase, role, metric),
  );
  const kinds = Map.groupBy(bundle.tables.samples, ({ cell, metric }) => keyOf(cell, metric));
  const sorted = (rows: readonly SampleRow[]): SampleRow[] =>
    [...rows].sort((a, b) => (order.get(a.run_id) ?? 0) - (order.get(b.run_id) ?? 0));
  const state = ({ valid, run_id }: SampleRow): State => (bad.has(run_id) ? "invalid" : valid ? "valid" : "void");
  const distinct = (
    metric: string,
    cells: readonly Cell[],
    pick: (row: SampleRow) => string,
    known: string[],
  ): string[] => {
    const seen = new Set(cells.flatMap(({ id }) => (kinds.get(keyOf(id, metric)) ?? []).map(pick)));
    return [...seen].sort((a, b) => rank(a, known) - rank(b, known) || a.localeCompare(b));
  };
  const cellOf = new Map(bundle.records.map(({ run_id, cell }) => [run_id, cell.id]));
  const insides = Map.groupBy(bundle.tables.inside, ({ run_id, phase, role, metric }) =>
    keyOf(cellOf.get(run_id) ?? "", phase, role, metric),
  );
  let splits: SplitSeries[] | null = null;
  return {
    bundle,
    splits: () => (splits ??= splitSeries(bundle)),
    egress: bundle.cells.filter(({ scenario }) => scenario === "egress"),
    ingress: bundle.cells.filter(({ scenario }) => scenario === "ingress"),
    values: (cell, phase, role, metric) =>
      valuesOf(
        cell,
        unitOf(metric),
        sorted(samples.get(keyOf(cell.id, phase, role, metric)) ?? []).map((row) => ({
          run_id: row.run_id,
          value: row.value,
          state: state(row),
          reason: row.invalid_reason,
        })),
        bundle.inference.level,
      ),
    inside: (cell, phase, role, metric) =>
      new Map((insides.get(keyOf(cell.id, phase, role, metric)) ?? []).map((row) => [row.run_id, row])),
    phases: (metric, cells) => distinct(metric, cells, ({ phase }) => phase, phaseOrder),
    roles: (metric, cells) => distinct(metric, cells, ({ role }) => role, roleOrder),
  };
}

/** The same bundle with its cells, and splits by cell, in the order in which a reader expects them: runs are in random order. */
function inOrder(bundle: Bundle): Bundle {
  const cells = bundle.cells.toSorted(compareCells);
  const place = new Map(cells.map(({ id }, index) => [id, index]));
  const splits = bundle.tables.splits.toSorted((a, b) => (place.get(a.cell) ?? 0) - (place.get(b.cell) ?? 0));
  return { ...bundle, cells, tables: { ...bundle.tables, splits } };
}

/** Egress before ingress, base before gateway, low load before high. */
function compareCells(a: Cell, b: Cell): number {
  const parts = ({ scenario, environment, cni, weights, path, gateway }: Cell): string[] => [
    scenario,
    environment,
    cni,
    weights,
    path,
    gateway === "direct" ? "" : gateway,
  ];
  const others = parts(b);
  const different = parts(a).map((part, index) => part.localeCompare(others[index] ?? "", "en", { numeric: true }));
  return different.find((order) => order !== 0) ?? (a.vus ?? a.rate ?? 0) - (b.vus ?? b.rate ?? 0);
}

/** The means of some points; a value that is not a finite number is left out. `level` is that of the interval. */
export function valuesOf(cell: Cell, unit: string, all: readonly Point[], level = fixedInference.level): Values {
  const points = all.filter(({ value }) => Number.isFinite(value));
  const of = (wanted: State): number[] => points.filter(({ state }) => state === wanted).map(({ value }) => value);
  const valid = of("valid");
  const basis = valid.length > 0 ? "valid" : of("void").length > 0 ? "void" : "none";
  const counted = basis === "none" ? [] : of(basis);
  const interval = isSamples(counted) ? tInterval(counted, level) : null;
  return {
    cell,
    unit,
    points,
    basis,
    counted,
    n: counted.length,
    mean: isSamples(counted) ? mean(counted) : null,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    level,
  };
}

/** Fewest runs of which a truncated mean is shown: with fewer it is nearly the median. */
const leastTruncated = 5;

/** Mean without the lowest and the highest tenth of the runs, at least one each; null for few runs. */
export function truncatedOf({ counted }: Values): number | null {
  return isSamples(counted) && counted.length >= leastTruncated ? truncatedMean(counted) : null;
}

/** The load phase that a cell's scenario is about. */
export function loadPhase(view: View, cell: Cell): string {
  if (cell.scenario === "egress") return "saturated";
  const phases = view.phases("requests", [cell]);
  return (
    phases.find((phase) => phase === "closed") ??
    phases[0] ??
    (cell.vus === null && cell.rate !== null ? "open" : "closed")
  );
}

/** Why no value counts, in a few words: `end-host bound`; blank when there is no void value. */
export function voidLabel({ basis, points }: Values): string {
  if (basis !== "void") return "";
  const reason = points.find(({ state }) => state === "void")?.reason ?? "";
  return /^[^:]{1,40}(?=:)/.exec(reason)?.[0] ?? (reason.length > 40 || reason === "" ? "void" : reason);
}

function rank(name: string, known: readonly string[]): number {
  const index = known.indexOf(name);
  return index === -1 ? known.length : index;
}
