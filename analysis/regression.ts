/** Did a newer bundle get worse than older ones? Only what stood on the same bed can say. Pure. */
import type { Bundle } from "./bundle.ts";
import { compareCells, type PlannedComparison } from "./comparisons.ts";
import type { Environment } from "./environment.ts";
import { count } from "./format.ts";
import { strictest, type Inference } from "./looks.ts";
import { betterOf } from "./metrics.ts";
import { isSamples, mean } from "./statistics/mean.ts";
import type { ComparisonRow, SampleRow } from "./tables.ts";

/** Changes within a margin are as good as none; shares: 0.05. */
export interface Margins {
  readonly usual: number;
  /** By metric, where it has one of its own. */
  readonly of: Readonly<Record<string, number>>;
}

/** One metric of one cell, newer over older. */
export interface Change extends ComparisonRow {
  readonly cell: string;
  readonly unit: string;
  /**
   * `worse` and `better`: different by the metric's own direction, and not within the margin. `missing`: the older side has
   * values that count, the newer has none.
   */
  readonly outcome: "worse" | "missing" | "better" | "equivalent" | "not enough data";
  /** Mean of each older bundle, in the order of time, without those that have no value; mean of the newer, null for none. */
  readonly before: readonly number[];
  readonly after: number | null;
}

/** A cell that the older side has valid runs of, and the newer none. */
export interface LostCell {
  readonly cell: string;
  readonly reason: string;
}

export interface Changes {
  readonly rows: readonly Change[];
  readonly lost: readonly LostCell[];
  /** How the intervals are meant: at a higher level where a campaign could end early. */
  readonly inference: Inference;
  /** Cells that only the newer bundle has. */
  readonly added: readonly string[];
}

/** What a comparison needs of a bundle. */
export type Side = Pick<Bundle, "name" | "records" | "plan" | "missing" | "inference"> & {
  readonly tables: Pick<Bundle["tables"], "samples">;
};

/** Roles that are under test; the load's own processes are not. */
const rolesUnderTest = ["", "host", "gateway", "cni"];

/** What the two beds do not have in common, as `name: before, now`; what is not known on a side counts. */
export function bedDifferences(before: Environment | null, after: Environment | null): string[] {
  if (before === null || after === null) return ["a bundle has no environment.json: what it stood on is not known"];
  return differences(before.bed, after.bed);
}

/** What is under test and is not the same, in the same form: it may differ, and a reader must know that it does. */
export function underTestDifferences(before: Environment | null, after: Environment | null): string[] {
  return before === null || after === null ? [] : differences(before.under_test, after.under_test);
}

type Facts = Environment["bed"];

function differences(before: Facts, after: Facts): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const text = (value: unknown): string => (value === undefined ? "not recorded" : JSON.stringify(value));
  return names
    .filter((name) => text(before[name]) !== text(after[name]))
    .map((name) => `${name}: ${text(before[name])} before, ${text(after[name])} now`);
}

/** A gate that found something: worse values, or what was there and is gone. */
export function isRegression({ rows, lost }: Changes): boolean {
  return lost.length > 0 || rows.some(({ outcome }) => outcome === "worse" || outcome === "missing");
}

/**
 * Compares each metric that has a better direction, in each cell of which the older bundles have a value that counts; the
 * runs of all older bundles are one side. Test and adjustment are those of comparisons.csv; intervals and p values hold
 * under the looks of every campaign that could end early.
 */
export function changesBetween(before: readonly Side[], after: Side, margins: Margins): Changes {
  const older = before.flatMap(({ tables }) => tables.samples);
  const newer = after.tables.samples;
  const [old, now] = [validCells(older), validCells(newer)];
  const lost = [...old].filter((cell) => !now.has(cell)).map((cell) => ({ cell, reason: whyLost(cell, after) }));
  const questions = new Map<string, PlannedComparison & { cell: string; unit: string }>();
  for (const { cell, phase, role, metric, unit, valid } of older) {
    const counts = valid && betterOf(metric) !== null && rolesUnderTest.includes(role) && phase !== "idle";
    // In the open model the load sets the rate.
    if (!counts || !now.has(cell) || (metric === "requests" && phase === "open")) continue;
    const margin = margins.of[metric] ?? margins.usual;
    const question = { cell, a: `newer ${cell}`, b: `older ${cell}`, phase, role, metric, margin, unit };
    questions.set(JSON.stringify([cell, phase, role, metric]), question);
  }
  const asked = [...questions.values()];
  const of = (side: string, samples: readonly SampleRow[]): SampleRow[] =>
    samples.map((row) => ({ ...row, cell: `${side} ${row.cell}` }));
  const inference = strictest([...before, after].map((side) => side.inference));
  const compared = compareCells(asked, [...of("older", older), ...of("newer", newer)], margins.usual, inference);
  const meansOf = [...before, after].map(({ tables }) => means(tables.samples));
  return {
    lost,
    inference,
    rows: compared.flatMap((row, index) => {
      const question = asked[index];
      if (question === undefined) return [];
      const { cell, unit } = question;
      const all = meansOf.map((of) => of(cell, row));
      return [
        {
          ...row,
          cell,
          unit,
          outcome: outcomeOf(row),
          before: all.slice(0, -1).flatMap((value) => value ?? []),
          after: all.at(-1) ?? null,
        },
      ];
    }),
    added: [...now].filter((cell) => !old.has(cell)),
  };
}

function outcomeOf({ verdict, effect, metric, n_a }: ComparisonRow): Change["outcome"] {
  if (n_a === 0) return "missing";
  if (verdict !== "different" || effect === null) return verdict === "different" ? "not enough data" : verdict;
  return effect > 1 === (betterOf(metric) === "higher") ? "better" : "worse";
}

/** Mean of the values that count, by cell and question; null where there is none. */
function means(
  samples: readonly SampleRow[],
): (cell: string, question: Pick<SampleRow, "phase" | "role" | "metric">) => number | null {
  const key = (cell: string, { phase, role, metric }: Pick<SampleRow, "phase" | "role" | "metric">): string =>
    JSON.stringify([cell, phase, role, metric]);
  const groups = Map.groupBy(
    samples.filter(({ valid }) => valid),
    (row) => key(row.cell, row),
  );
  return (cell, question) => {
    const values = (groups.get(key(cell, question)) ?? []).map(({ value }) => value);
    return isSamples(values) ? mean(values) : null;
  };
}

const validCells = (samples: readonly SampleRow[]): Set<string> =>
  new Set(samples.filter(({ valid }) => valid).map(({ cell }) => cell));

/** In the newer bundle: why the cell has no value that counts. */
function whyLost(cell: string, { records, missing, tables }: Side): string {
  const named = missing.find((each) => each.cell === cell)?.reason;
  if (named !== undefined) return named;
  const runs = records.filter((run) => run.cell.id === cell);
  if (runs.length === 0) return "the newer bundle has no run of it";
  const [reason] = tables.samples.flatMap((row) => (row.cell === cell && !row.valid ? [row.invalid_reason] : []));
  return `no value of its ${count(runs.length, "run")} counts${reason === undefined ? "" : `: ${reason}`}`;
}
