/** What a campaign knows so far: the interval of each comparison and mean it is about, from the runs in its bundle. */
import tQuantile from "@stdlib/stats-base-dists-t-quantile";
import { readRawRun } from "../analysis/raw/readRun.ts";
import type { RunRecord } from "../analysis/record.ts";
import { sampleRows } from "../analysis/samples.ts";
import { meanHalfWidth } from "../analysis/statistics/meanInterval.ts";
import { RunningMoments } from "../analysis/statistics/moments.ts";
import { compareLogs, ratioHalfWidth, ratioInterval } from "../analysis/statistics/ratio.ts";
import { runFolder } from "./bundleFolder.ts";

interface Asked {
  readonly phase: string;
  readonly role: string;
  readonly metric: string;
  /** The half-width that ends the campaign, as a share; absent where nothing waits for it. */
  readonly wanted?: number;
}

/** The ratio of one cell to another, or the mean of one. */
export type Question = Asked & (Sides | { readonly cell: string });

interface Sides {
  readonly a: string;
  readonly b: string;
}

/** A question as it stands. Nulls while too few runs count. */
export type Estimate = Question & {
  /** Runs that count, on the side with fewer. */
  readonly n: number;
  /** The ratio a over b, or the mean in the metric's unit. */
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Of the log ratio, or of the mean as a share of it. */
  readonly halfWidth: number | null;
};

interface Values {
  readonly plain: RunningMoments;
  /** Of the logarithms; counts fewer values where one is not above zero, and is then of no use. */
  readonly logs: RunningMoments;
}

/** Moments of the values that count, by cell, phase, role and metric; only of what is asked. A run costs the same however many there are. */
export class Observations {
  readonly #questions: readonly Question[];
  readonly #cells: ReadonlySet<string>;
  readonly #values = new Map<string, Values>();

  constructor(questions: readonly Question[]) {
    this.#questions = questions;
    this.#cells = new Set(questions.flatMap(cellsOf));
    for (const question of questions)
      for (const cell of cellsOf(question))
        this.#values.set(key({ ...question, cell }), { plain: new RunningMoments(), logs: new RunningMoments() });
  }

  /** Reads a run's raw files in the bundle; runs that are invalid or of other cells cost nothing. */
  async add(record: RunRecord, bundle: string): Promise<void> {
    if (!record.measured.validity.valid || !this.#cells.has(record.cell.id)) return;
    const raw = await readRawRun(record, runFolder(bundle, record.run_id));
    for (const row of sampleRows(record, raw)) if (row.valid) this.observe(row, row.value);
  }

  /** Adds one value; one that nobody asks for is dropped. */
  observe(of: Parameters<typeof key>[0], value: number): void {
    const known = this.#values.get(key(of));
    known?.plain.add(value);
    if (value > 0) known?.logs.add(Math.log(value));
  }

  /** The estimates with intervals at a level; only those that the cell takes part in, where one is given. */
  estimates(level: number, cell?: string): Estimate[] {
    return this.#questions
      .filter((question) => cell === undefined || cellsOf(question).includes(cell))
      .map((question) => ({ ...question, ...this.#stands(question, level) }));
  }

  /**
   * Blocks after which every question with a wanted half-width will be known to within it, if spreads stay as they are:
   * the first of the looks at which that is so, the last where it is at none; null while a spread is not known yet.
   */
  blocksNeeded(looks: readonly number[], levelAfter: (blocks: number) => number): number | null {
    const asked = this.#questions.filter(({ wanted }) => wanted !== undefined);
    const spreads = asked.map((question) => this.#spread(question));
    if (asked.length === 0 || spreads.includes(null)) return null;
    const narrow = (index: number): boolean => {
      const blocks = looks[index] ?? 1;
      const level = levelAfter(blocks);
      return asked.every(({ wanted = 0 }, one) => (spreads[one]?.(blocks, level) ?? Infinity) <= wanted);
    };
    let [low, high] = [0, looks.length - 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (narrow(middle)) high = middle;
      else low = middle + 1;
    }
    return looks[high] ?? null;
  }

  #stands(question: Question, level: number): Omit<Estimate, keyof Question> {
    const blank = { value: null, low: null, high: null, halfWidth: null };
    if ("cell" in question) {
      const { plain } = this.#of(question, question.cell);
      const half = meanHalfWidth(plain, level);
      if (half === null) return { n: plain.n, ...blank };
      const { mean } = plain;
      return {
        ...{ n: plain.n, value: mean, low: mean - half, high: mean + half },
        halfWidth: mean === 0 ? null : half / Math.abs(mean),
      };
    }
    const n = Math.min(this.#of(question, question.a).plain.n, this.#of(question, question.b).plain.n);
    const compared = this.#compared(question);
    if (compared === null) return { n, ...blank };
    const { effect, low, high } = ratioInterval(compared, level);
    return { n, value: 1 + effect, low: 1 + low, high: 1 + high, halfWidth: ratioHalfWidth(compared, level) };
  }

  /** Half-width by the number of blocks and the level, if each block adds a run of each cell; null while it is not known. */
  #spread(question: Question): ((blocks: number, level: number) => number) | null {
    if ("cell" in question) {
      const { mean, variance } = this.#of(question, question.cell).plain;
      if (variance === null || mean === 0) return null;
      return (blocks, level) => (meanHalfWidth({ n: blocks, mean, variance }, level) ?? Infinity) / Math.abs(mean);
    }
    const compared = this.#compared(question);
    if (compared === null) return null;
    const one = Math.SQRT2 * compared.deviation;
    return (blocks, level) => (tQuantile((1 + level) / 2, 2 * (blocks - 1)) * one) / Math.sqrt(blocks);
  }

  #compared(question: Asked & Sides) {
    const [a, b] = [this.#of(question, question.a), this.#of(question, question.b)];
    return a.logs.n < a.plain.n || b.logs.n < b.plain.n ? null : compareLogs(a.logs, b.logs);
  }

  #of(question: Asked, cell: string): Values {
    return this.#values.get(key({ ...question, cell })) ?? { plain: new RunningMoments(), logs: new RunningMoments() };
  }
}

const cellsOf = (question: Question): readonly string[] =>
  "cell" in question ? [question.cell] : [question.a, question.b];

const key = ({ cell, phase, role, metric }: { cell: string; phase: string; role: string; metric: string }): string =>
  [cell, phase, role, metric].join("\0");
