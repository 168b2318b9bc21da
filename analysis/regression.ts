/** Did a newer bundle get worse than an older one? Only what stood on the same bed can say. Pure. */
import { compareCells, type PlannedComparison } from "./comparisons.ts";
import type { Environment } from "./environment.ts";
import { percent } from "./format.ts";
import { betterOf } from "./metrics.ts";
import type { ComparisonRow, SampleRow } from "./tables.ts";

/** One metric of one cell, newer over older. */
export interface Change extends ComparisonRow {
  readonly cell: string;
  /** `worse` and `better`: different by the metric's own direction, and not within the margin. */
  readonly outcome: "worse" | "better" | "equivalent" | "not enough data";
}

export interface Changes {
  readonly rows: readonly Change[];
  /** Cells that only one side has, as sentences. */
  readonly unmatched: readonly string[];
}

/** Roles that are under test; the load's own processes are not. */
const rolesUnderTest = ["", "host", "gateway", "cni"];

/** What the two beds do not have in common, as `name: before, now`; what is not known on a side counts. */
export function bedDifferences(before: Environment | null, after: Environment | null): string[] {
  if (before === null || after === null) return ["a bundle has no environment.json: what it stood on is not known"];
  const names = [...new Set([...Object.keys(before.bed), ...Object.keys(after.bed)])].sort();
  const text = (value: unknown): string => (value === undefined ? "not recorded" : JSON.stringify(value));
  return names
    .filter((name) => text(before.bed[name]) !== text(after.bed[name]))
    .map((name) => `${name}: ${text(before.bed[name])} before, ${text(after.bed[name])} now`);
}

/** Compares each metric that has a better direction, in each cell that both sides have. `margin` is a share: 0.05. */
export function changesBetween(before: readonly SampleRow[], after: readonly SampleRow[], margin: number): Changes {
  const [old, now] = [cellsOf(before), cellsOf(after)];
  const of = (side: string, samples: readonly SampleRow[]): SampleRow[] =>
    samples.map((row) => ({ ...row, cell: `${side} ${row.cell}` }));
  const questions = new Map<string, PlannedComparison & { cell: string }>();
  for (const { cell, phase, role, metric } of [...before, ...after]) {
    const counts = betterOf(metric) !== null && rolesUnderTest.includes(role) && phase !== "idle";
    // In the open model the load sets the rate.
    if (!counts || !old.has(cell) || !now.has(cell) || (metric === "requests" && phase === "open")) continue;
    const question = { cell, a: `newer ${cell}`, b: `older ${cell}`, phase, role, metric };
    questions.set(JSON.stringify(question), question);
  }
  const asked = [...questions.values()];
  const compared = compareCells(asked, [...of("older", before), ...of("newer", after)], margin);
  return {
    rows: compared.flatMap((row, index) => {
      const cell = asked[index]?.cell;
      return cell === undefined ? [] : [{ ...row, cell, outcome: outcomeOf(row) }];
    }),
    unmatched: [
      ...[...old].filter((cell) => !now.has(cell)).map((cell) => `${cell} is missing in the newer bundle`),
      ...[...now].filter((cell) => !old.has(cell)).map((cell) => `${cell} is new: there is nothing to hold it against`),
    ],
  };
}

function outcomeOf({
  verdict,
  effect,
  metric,
}: Pick<ComparisonRow, "verdict" | "effect" | "metric">): Change["outcome"] {
  if (verdict !== "different" || effect === null) return verdict === "different" ? "not enough data" : verdict;
  return effect > 1 === (betterOf(metric) === "higher") ? "better" : "worse";
}

const cellsOf = (samples: readonly SampleRow[]): Set<string> => new Set(samples.map(({ cell }) => cell));

const order: readonly Change["outcome"][] = ["worse", "better", "not enough data", "equivalent"];

/** For a pull request: the outcome in a sentence, then a table, the worst first. */
export function changesMarkdown(title: string, { rows, unmatched }: Changes, margin: number): string {
  const count = (outcome: Change["outcome"]): number => rows.filter((row) => row.outcome === outcome).length;
  const summary = `${count("worse")} worse, ${count("better")} better, ${count("equivalent")} equivalent within ${percent(margin, 0)}, ${count("not enough data")} not enough data`;
  const sorted = rows.toSorted((x, y) => order.indexOf(x.outcome) - order.indexOf(y.outcome));
  return [
    `## ${count("worse") > 0 ? "Regression" : "No regression found"}: ${title}`,
    "",
    `${summary}. Change with its 95 % interval; verdicts are adjusted for all ${rows.length} comparisons (Holm).`,
    "",
    "| outcome | cell | phase | role | metric | change | interval | runs | reason |",
    "|---|---|---|---|---|---|---|---|---|",
    ...sorted.map((row) => {
      const interval =
        row.ci_low === null || row.ci_high === null ? "" : `${change(row.ci_low)} to ${change(row.ci_high)}`;
      const cells = [
        row.outcome,
        row.cell,
        row.phase,
        row.role,
        row.metric,
        row.effect === null ? "" : change(row.effect),
      ];
      return `| ${[...cells, interval, `${row.n_b} → ${row.n_a}`, row.reason.replaceAll("|", "\\|")].join(" | ")} |`;
    }),
    ...unmatched.map((sentence) => `\n${sentence}`),
    "",
  ].join("\n");
}

/** 1.07 → "+7.0 %" */
const change = (ratio: number): string => `${ratio >= 1 ? "+" : ""}${percent(ratio - 1, 1)}`;
