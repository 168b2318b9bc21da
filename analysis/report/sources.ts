/** Where each table of the report can be made again from: file, rows, columns. */

export interface Source {
  /** Id of the part of the report that holds the table. */
  readonly id: string;
  readonly title: string;
  readonly file: string;
  /** Which rows, in words that a filter can be written from. */
  readonly rows: string;
  readonly columns: string;
}

export const sources: readonly Source[] = [
  {
    id: "decision-egress",
    title: "Decision, egress",
    file: "summary.csv, comparisons.csv",
    rows: "metric goodput, rtt, cpu_per_gbit, memory of the egress cells",
    columns: "n, mean, ci_low, ci_high; effect, verdict, runs_needed",
  },
  {
    id: "decision-ingress",
    title: "Decision, ingress",
    file: "summary.csv, splits.csv, comparisons.csv",
    rows: "metric requests, latency_p99, cpu_per_krequest, memory of the ingress cells",
    columns: "n, mean; share, weight; effect, verdict, runs_needed",
  },
  {
    id: "claims",
    title: "Claims",
    file: "plan.json, comparisons.csv",
    rows: "comparisons of the plan that carry a claim",
    columns: "effect, ci_low, ci_high, p_adjusted, verdict, reason",
  },
  {
    id: "comparisons",
    title: "Planned comparisons",
    file: "comparisons.csv",
    rows: "all",
    columns: "a, b, metric, phase, role, n_a, n_b, effect, ci_low, ci_high, p_adjusted, verdict, reason, runs_needed",
  },
  {
    id: "egress-table",
    title: "Egress by cell",
    file: "summary.csv",
    rows: "metric goodput, retransmits (phase saturated), rtt (each phase); role blank",
    columns: "n, mean, ci_low, ci_high",
  },
  {
    id: "source-address",
    title: "Proof of the source address",
    file: "runs/<run>/record.json",
    rows: "egress runs",
    columns: "expected, measured.proof",
  },
  {
    id: "ingress-table",
    title: "Ingress by cell",
    file: "summary.csv",
    rows: "phase closed, or open; role blank; metric requests, latency_p50, latency_p99, errors, generator_cpu, host_idle",
    columns: "n, mean, ci_low, ci_high",
  },
  {
    id: "split-table",
    title: "Weighted split",
    file: "splits.csv; windows.csv for the windows outside the band",
    rows: "all",
    columns: "weight, requests, share, wilson_low, wilson_high, dispersion",
  },
  {
    id: "cost",
    title: "Cost of a Gbit and of 1,000 requests",
    file: "summary.csv",
    rows: "metric cpu_per_gbit, cpu_per_krequest; role host",
    columns: "n, mean, ci_low, ci_high",
  },
  {
    id: "resources",
    title: "CPU and memory of each role",
    file: "samples.csv",
    rows: "metric cpu, memory; over idle: each run's value less its own of phase idle; valid = true",
    columns: "value",
  },
  {
    id: "shapes",
    title: "Values that look skewed",
    file: "summary.csv; samples.csv for the bootstrap",
    rows: "shape not blank; valid = true",
    columns: "shape, n, mean, ci_low, ci_high, median, median_low, median_high; value",
  },
  {
    id: "inside",
    title: "Inside the runs",
    file: "inside.csv",
    rows: "runs that are valid",
    columns: "value, ci_low, ci_high, observations, autocorrelation, mser",
  },
  {
    id: "missing",
    title: "Cells without a valid run",
    file: "plan.json, runs/<run>/record.json",
    rows: "cells without a record whose measured.validity.valid is true",
    columns: "measured.validity.reasons",
  },
  {
    id: "time",
    title: "Where the time went",
    file: "events.jsonl",
    rows: 'event = "span"',
    columns: "what, seconds",
  },
];

/** `summary.csv (n, mean, …)`: what stands below a table. Throws for an id that the list does not have. */
export function dataOf(id: string): string {
  const source = sources.find((each) => each.id === id);
  if (source === undefined) throw new Error(`no source is listed for the table ${id}`);
  return `${source.file}: ${source.columns}`;
}
