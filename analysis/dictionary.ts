/** Data dictionary: every column of every table of a bundle. CSV, Parquet and docs/data.md follow it. */
import type { BundleTables } from "./bundle.ts";

export interface Column {
  readonly name: string;
  /** `whole` is a number without a fraction. */
  readonly type: "text" | "number" | "whole" | "boolean";
  /** Blank for a plain number, and for text. `own`: that of the row's column `unit`. */
  readonly unit: string;
  /** What it is, in a sentence at most. */
  readonly meaning: string;
  /** When it is blank; blank when it never is. */
  readonly blank: string;
}

export interface Table {
  readonly name: keyof BundleTables;
  /** What one row is. */
  readonly row: string;
  readonly columns: readonly Column[];
}

const column =
  (type: Column["type"]) =>
  (name: string, meaning: string, { unit = "", blank = "" } = {}): Column => ({ name, type, unit, meaning, blank });
const text = column("text");
const number = column("number");
const whole = column("whole");
const boolean = column("boolean");

const run = text("run_id", "the run: name of its folder in runs/");
const cell = text("cell", "id of the cell: environment/cni/scenario/path-or-gateway[/load][/weights]");
const phase = text("phase", "`idle`, `unloaded`, `half`, `saturated` (egress); `idle`, `closed`, `open` (ingress)");
const role = text("role", "who it was measured of, such as `host`, `gateway`, `server`; a backend's name for `share`", {
  blank: "the path as a whole",
});
const metric = text("metric", "what was measured, see the metrics below");
const unit = text("unit", "unit of the metric", { blank: "a plain number" });
const own = { unit: "own" };

export const tables: readonly Table[] = [
  {
    name: "samples",
    row: "one metric of one phase and role of one run",
    columns: [
      run,
      whole("block", "block of the schedule", { blank: "a run outside of a campaign" }),
      whole("position", "place of the run in its block, from 1", { blank: "a run outside of a campaign" }),
      cell,
      text("environment", "`netns`, `local`, `aks` or `existing`"),
      text("cni", "network plugin; `kernel` for none"),
      text("scenario", "`egress` or `ingress`"),
      text("path", "`base` or `gateway`", { blank: "ingress" }),
      text("gateway", "`nginx`, `envoy`, `cilium` or `direct`", { blank: "egress" }),
      whole("vus", "virtual users of the closed model", { blank: "no such load" }),
      number("rate", "requests per second of the open model", { unit: "1/s", blank: "no such load" }),
      text("weights", "wanted split, as `60/40`", { blank: "nothing is split" }),
      phase,
      role,
      metric,
      unit,
      number("value", "the value over the measured part of the phase", own),
      boolean("valid", "whether it counts: the run is valid and the metric's own premise held"),
      text("invalid_reason", "the rule that it broke", { blank: "it counts" }),
    ],
  },
  {
    name: "windows",
    row: "one backend in one whole window of the measured part of one run",
    columns: [
      run,
      phase,
      number("window_start_s", "start of the window since the start of the measured part", { unit: "s" }),
      number("window_s", "length of the window", { unit: "s" }),
      text("backend", "stable name of the backend", { blank: "requests that no backend answered" }),
      whole("requests", "requests, errors included"),
      whole("errors", "requests without a good answer"),
    ],
  },
  {
    name: "latency",
    row: "one bucket of the histogram of good answers of one run; add buckets of several runs, never average percentiles",
    columns: [
      run,
      phase,
      number("le_s", "upper bound of the bucket, at most 1/32 above its values", { unit: "s" }),
      whole("count", "answers in this bucket, not cumulative"),
    ],
  },
  {
    name: "inside",
    row: "one metric inside one run: how steady the run was, not how well its cell is known",
    columns: [
      run,
      phase,
      role,
      metric,
      unit,
      number("value", "the run's value, as in samples.csv", own),
      number("ci_low", "95 % interval by batch means over the run's observations: lower end", own),
      number("ci_high", "its upper end", own),
      whole("observations", "values in time that it is made of"),
      whole("batches", "batches that they were put into"),
      number("autocorrelation", "of each value with the one before, -1 to 1", { blank: "nothing varies" }),
      whole("mser", "observations at the start that MSER-5 would leave out as well", { blank: "it never settles" }),
    ],
  },
  {
    name: "summary",
    row: "one metric over the valid runs of one cell",
    columns: [
      cell,
      phase,
      role,
      metric,
      unit,
      whole("n", "runs that count"),
      number("mean", "arithmetic mean over runs", own),
      number("ci_low", "95 % Student t interval of the mean: lower end, not below 0", { ...own, blank: "n = 1" }),
      number("ci_high", "its upper end", { ...own, blank: "n = 1" }),
      number("ci_level", "its level: 0.95, or above where the campaign could end early", { blank: "n = 1" }),
      number("median", "median over runs", own),
      number("median_low", "order-statistic interval of the median: lower end", { ...own, blank: "n < 6" }),
      number("median_high", "its upper end", { ...own, blank: "n < 6" }),
      number("median_level", "confidence that this interval has, 0.95 to 1", { blank: "n < 6" }),
      number("truncated_mean", "mean without 10 % of the runs, at least one, at each end", { ...own, blank: "n < 3" }),
      number("cv", "standard deviation over the size of the mean", { blank: "n = 1, or a mean of 0" }),
      text("shape", "`skewed` or `lognormal` where the runs look like it", { blank: "nothing found, or n < 8" }),
    ],
  },
  {
    name: "splits",
    row: "one backend of one cell and phase, over all whole windows of its valid runs",
    columns: [
      cell,
      phase,
      text("backend", "stable name of the backend"),
      number("weight", "wanted share, 0 to 1"),
      whole("requests", "good answers"),
      number("share", "part of all good answers, 0 to 1"),
      number("wilson_low", "95 % Wilson interval of the share: lower end"),
      number("wilson_high", "its upper end"),
      number("p_exact", "p of the exact test of the split against its weights", { blank: "nothing is split" }),
      number("distance", "share of requests that should have gone to another backend, 0 to 1"),
      number("expected_distance", "distance within which chance stays 95 times in 100", { blank: "nothing is split" }),
      number("dispersion", "observed over binomial variance of the windows: about 1 is random", {
        blank: "fewer than two windows, or a backend that got none or all",
      }),
      number("dispersion_low", "its 95 % interval: lower end", { blank: "as dispersion" }),
      number("dispersion_high", "its upper end", { blank: "as dispersion" }),
      text("algorithm", "what the dispersion shows by its interval", { blank: "as dispersion" }),
    ],
  },
  {
    name: "comparisons",
    row: "one planned comparison: a metric of cell a against that of cell b",
    columns: [
      text("a", "id of the cell in question"),
      text("b", "id of the cell that it is compared with"),
      phase,
      role,
      metric,
      whole("n_a", "runs of a that count"),
      whole("n_b", "runs of b that count"),
      number("effect", "ratio a / b of the geometric means", { blank: "nothing can be tested" }),
      number("ci_low", "95 % Welch interval of the ratio: lower end", { blank: "nothing can be tested" }),
      number("ci_high", "its upper end", { blank: "nothing can be tested" }),
      number("ci_level", "its level: 0.95, or above where the campaign could end early", {
        blank: "nothing can be tested",
      }),
      number("margin", "ratios from 1 / (1 + margin) to 1 + margin are as good as equal"),
      number("p_adjusted", "p of the difference, adjusted for all comparisons (Holm)", {
        blank: "nothing can be tested",
      }),
      text("verdict", "`different`, `equivalent` or `not enough data`"),
      text("reason", "why, in words"),
      whole("runs_needed", "runs on each side that would settle it", { blank: "settled, or not known" }),
    ],
  },
];

/** Name of a table to its columns, in order. */
export const columnsOf: Readonly<Record<keyof BundleTables, readonly Column[]>> = Object.fromEntries(
  tables.map(({ name, columns }) => [name, columns]),
) as Record<keyof BundleTables, readonly Column[]>;

/** All tables, in the order in which they are made. */
export const tableNames = tables.map(({ name }) => name);
