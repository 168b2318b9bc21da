/** What a campaign knows so far: the interval of each comparison, from the runs that are in its bundle. */
import type { PlannedComparison } from "../analysis/comparisons.ts";
import { readRawRun } from "../analysis/raw/readRun.ts";
import type { RunRecord } from "../analysis/record.ts";
import { sampleRows } from "../analysis/samples.ts";
import { ratioEffect } from "../analysis/statistics/ratio.ts";
import { ratioHalfWidth } from "../analysis/statistics/sequential.ts";
import { runFolder } from "./bundleFolder.ts";

export type Question = Pick<PlannedComparison, "a" | "b" | "phase" | "role"> & { readonly metric: string };

/** A comparison as it stands: the ratio a over b with its 95 % interval, as of a fixed number of runs. */
export interface Estimate extends Question {
  /** Runs that count, on the side with fewer. */
  readonly n: number;
  /** Nulls while a side has fewer than two runs. */
  readonly ratio: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** Values that count, by cell, phase, role and metric; only of what is asked, so that long campaigns need little memory. */
export class Observations {
  readonly #questions: readonly Question[];
  readonly #values = new Map<string, number[]>();

  constructor(questions: readonly Question[]) {
    this.#questions = questions;
    for (const question of questions)
      for (const cell of [question.a, question.b]) this.#values.set(key({ ...question, cell }), []);
  }

  /** Reads a run's raw files in the bundle; runs that are invalid or of other cells cost nothing. */
  async add(record: RunRecord, bundle: string): Promise<void> {
    const { id } = record.cell;
    if (!record.measured.validity.valid || !this.#questions.some(({ a, b }) => a === id || b === id)) return;
    const raw = await readRawRun(record, runFolder(bundle, record.run_id));
    for (const row of sampleRows(record, raw)) if (row.valid) this.#values.get(key(row))?.push(row.value);
  }

  /** Half-width of each question's log ratio at one of several looks; null while a side has too few runs. */
  halfWidths(alpha: number, looks: number): (number | null)[] {
    return this.#questions.map((question) => {
      const [a, b] = [question.a, question.b].map((cell) => this.#values.get(key({ ...question, cell })) ?? []);
      return ratioHalfWidth(a ?? [], b ?? [], alpha, looks);
    });
  }

  /** The estimates that the cell takes part in; all of them without a cell. */
  estimates(cell?: string): Estimate[] {
    return this.#questions
      .filter(({ a, b }) => cell === undefined || a === cell || b === cell)
      .map((question) => {
        const [a, b] = [question.a, question.b].map((side) => this.#values.get(key({ ...question, cell: side })) ?? []);
        const known = ratioEffect(a ?? [], b ?? []);
        const ends = known === null ? { ratio: null, low: null, high: null } : ratios(known);
        return { ...question, n: Math.min(a?.length ?? 0, b?.length ?? 0), ...ends };
      });
  }
}

const ratios = ({ effect, low, high }: { effect: number; low: number; high: number }) => ({
  ratio: 1 + effect,
  low: 1 + low,
  high: 1 + high,
});

const key = ({ cell, phase, role, metric }: { cell: string; phase: string; role: string; metric: string }): string =>
  [cell, phase, role, metric].join("\0");
