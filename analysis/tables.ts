/** Rows of the bundle's tables, column for column as the CSV files have them. Blanks are null or "". */
import type { SplitAlgorithm } from "./splitAlgorithm.ts";
import type { Shape } from "./statistics/skewness.ts";

/** samples.csv: one value of one metric of one phase and role of one run. */
export interface SampleRow {
  readonly run_id: string;
  readonly block: number | null;
  readonly position: number | null;
  readonly cell: string;
  readonly environment: string;
  readonly cni: string;
  readonly scenario: string;
  readonly path: string;
  readonly gateway: string;
  readonly vus: number | null;
  readonly rate: number | null;
  readonly weights: string;
  readonly phase: string;
  /** host, client, gateway, server, monitoring; blank for the path as a whole; a backend's name for `share`. */
  readonly role: string;
  readonly metric: string;
  readonly unit: string;
  readonly value: number;
  readonly valid: boolean;
  readonly invalid_reason: string;
}

/** windows.csv: requests and errors of one backend in one whole window of the measured part. */
export interface WindowRow {
  readonly run_id: string;
  /** `closed` or `open`. */
  readonly phase: string;
  /** Seconds since the start of the measured part of the load phase. */
  readonly window_start_s: number;
  readonly window_s: number;
  /** Stable name (echo-1); blank for requests that no backend answered. */
  readonly backend: string;
  /** Answers in the window, errors included. */
  readonly requests: number;
  readonly errors: number;
}

/** latency.csv: one bucket of a run's latency histogram; `le_s` is its upper bound, counts are not cumulative. */
export interface LatencyRow {
  readonly run_id: string;
  readonly phase: string;
  readonly le_s: number;
  readonly count: number;
}

/** inside.csv: one metric of one run with the interval of its own mean, from batch means over the seconds of the run. */
export interface InsideRow {
  readonly run_id: string;
  readonly phase: string;
  readonly role: string;
  readonly metric: string;
  readonly unit: string;
  /** As in samples.csv. */
  readonly value: number;
  /** 95 % t interval over the means of the batches. */
  readonly ci_low: number;
  readonly ci_high: number;
  /** How often the metric was observed in the measured part. */
  readonly observations: number;
  readonly batches: number;
  /** Of each observation with the one before; null for a series that does not vary. */
  readonly autocorrelation: number | null;
  /** Observations at the start that MSER-5 would leave out as well: 0 when the warm-up was long enough; null: never settled. */
  readonly mser: number | null;
}

/** summary.csv: one metric of one cell, phase and role over its valid runs. */
export interface SummaryRow {
  readonly cell: string;
  readonly phase: string;
  readonly role: string;
  readonly metric: string;
  readonly unit: string;
  readonly n: number;
  readonly mean: number;
  /** Student t interval; null for n = 1. */
  readonly ci_low: number | null;
  readonly ci_high: number | null;
  /** Its level: 0.95, or above where the campaign could end early, so that it holds at 95 % under all looks; null with it. */
  readonly ci_level: number | null;
  readonly median: number;
  /** Order-statistic interval of the median, at least 95 %; null for n < 6. */
  readonly median_low: number | null;
  readonly median_high: number | null;
  /** Confidence that the interval of the median really has; null with it. */
  readonly median_level: number | null;
  /** Mean without 10 % of the runs, at least one, at each end; null for n < 3. */
  readonly truncated_mean: number | null;
  /** Standard deviation over mean; null for n = 1 and for a mean of zero. */
  readonly cv: number | null;
  /** What the runs look like: `lognormal` or `skewed`; blank when nothing speaks against a symmetric shape, or for n < 8. */
  readonly shape: Shape;
}

/**
 * splits.csv: the weighted split of one cell and phase over all whole windows of its valid runs, good answers only, with what
 * chance says of it. Test and distances are of the split as a whole.
 */
export interface SplitRow {
  readonly cell: string;
  readonly phase: string;
  readonly backend: string;
  /** Wanted share, 0 to 1. */
  readonly weight: number;
  readonly requests: number;
  readonly share: number;
  /** 95 % Wilson interval of the share. */
  readonly wilson_low: number;
  readonly wilson_high: number;
  /** p of the exact test against the weights (binomial; multinomial for more backends); null with one backend. */
  readonly p_exact: number | null;
  /** Share of the requests that should have gone to another backend, 0 to 1. */
  readonly distance: number;
  /** The distance within which chance stays 95 times in 100 at this number of requests; null with one backend. */
  readonly expected_distance: number | null;
  /** Observed over binomial variance of the windows, with its 95 % interval; null with one backend or one window. */
  readonly dispersion: number | null;
  readonly dispersion_low: number | null;
  readonly dispersion_high: number | null;
  /** What the dispersion shows by its interval; blank without one. */
  readonly algorithm: SplitAlgorithm;
}

/** comparisons.csv: one metric of one cell against that of another, with its verdict. */
export interface ComparisonRow {
  /** Cell ids. */
  readonly a: string;
  readonly b: string;
  readonly phase: string;
  readonly role: string;
  readonly metric: string;
  /** Runs that count on each side. */
  readonly n_a: number;
  readonly n_b: number;
  /** Ratio a over b of the geometric means, with its Welch interval; null where nothing can be tested. */
  readonly effect: number | null;
  readonly ci_low: number | null;
  readonly ci_high: number | null;
  /** Level of the interval, as in summary.csv; null with it. */
  readonly ci_level: number | null;
  /** Ratios from 1 / (1 + margin) to 1 + margin are as good as equal. */
  readonly margin: number;
  /** p of the difference, adjusted for all comparisons of the bundle that could be tested (Holm). */
  readonly p_adjusted: number | null;
  readonly verdict: "different" | "equivalent" | "not enough data";
  readonly reason: string;
  /** Runs on each side that would settle it; null when settled, or when that cannot be known. */
  readonly runs_needed: number | null;
}
