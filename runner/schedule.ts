/** Which run comes next: pure, so that a campaign can stop anywhere and go on from what its bundle holds. */
import { seededRandom } from "../analysis/statistics/random.ts";

/** Whether labs stay for the whole campaign or are built again for each block. */
export type Replication = "reuse" | "rebuild";

export interface ScheduledCell {
  readonly id: string;
  /** Cells with the same lab run in it one after the other; another lab is built after this one is gone. */
  readonly lab: string;
}

export interface PlannedRun<C extends ScheduledCell> {
  readonly block: number;
  /** Place within the block, from 1; replacements count on after the last planned one. */
  readonly position: number;
  readonly cell: C;
  /** 1 for the planned run, 2 and more for its replacements. */
  readonly attempt: number;
}

export interface LabPlan<C extends ScheduledCell> {
  readonly lab: string;
  readonly blocks: readonly (readonly PlannedRun<C>[])[];
}

/** What the bundle already holds. */
export interface Attempt {
  readonly cell: string;
  readonly block: number;
  readonly valid: boolean;
}

/** How many invalid runs of a cell are replaced in a whole campaign. */
export const replacementsPerCell = 3;

/** A random order of items that a key (such as block and lab) decides; the same each time. */
export type Order = <T>(items: readonly T[], key: string) => readonly T[];

/** As written. */
const asWritten: Order = (items) => items;

/** Sorted by numbers drawn from the seed and the key, so that no order depends on what ran before. */
export function seededOrder(seed: number): Order {
  return (items, key) => {
    const random = seededRandom(seed ^ hash(key));
    return items
      .map((item) => ({ item, place: random() }))
      .sort((x, y) => x.place - y.place)
      .map(({ item }) => item);
  };
}

/** FNV-1a, 32 bits. http://www.isthe.com/chongo/tech/comp/fnv/ */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return value;
}

/**
 * `reuse`: lab by lab, each with all its blocks, so the order of the labs is confounded with time. `rebuild`: block by
 * block, in each the labs in random order, each built for it alone. Within a lab the cells of a block are in random order.
 */
export function schedule<C extends ScheduledCell>(
  cells: readonly C[],
  blocks: number,
  order: Order = asWritten,
  replication: Replication = "reuse",
): LabPlan<C>[] {
  const byLab = Map.groupBy(cells, ({ lab }) => lab);
  const labsIn = (key: string): LabCells<C>[] => {
    let offset = 0;
    return order([...byLab], key).map(([lab, own]) => {
      offset += own.length;
      return { lab, own, offset: offset - own.length };
    });
  };
  const inBlock = ({ lab, own, offset }: LabCells<C>, block: number): PlannedRun<C>[] =>
    order(own, `cells ${block} ${lab}`).map((cell, place) => ({
      block,
      position: offset + place + 1,
      cell,
      attempt: 1,
    }));
  const numbers = Array.from({ length: blocks }, (_, index) => index + 1);
  if (replication === "reuse") {
    return labsIn("labs").map((one) => ({ lab: one.lab, blocks: numbers.map((block) => inBlock(one, block)) }));
  }
  return numbers.flatMap((block) =>
    labsIn(`labs ${block}`).map((one) => ({ lab: one.lab, blocks: [inBlock(one, block)] })),
  );
}

interface LabCells<C> {
  readonly lab: string;
  readonly own: readonly C[];
  /** Cells of the labs before it in the block. */
  readonly offset: number;
}

/** The runs so far, found by cell and block: asking costs the same however many there are. */
export class Attempts {
  readonly #blocks = new Map<number, Map<string, { made: number; valid: boolean }>>();
  readonly #invalid = new Map<string, number>();
  /** How far the planned runs of a block are made, so that looking for the next one does not begin anew each time. */
  readonly #cursors = new WeakMap<readonly unknown[], number>();
  #count = 0;
  #highest = 0;

  constructor(attempts: readonly Attempt[] = []) {
    for (const attempt of attempts) this.add(attempt);
  }

  add({ cell, block, valid }: Attempt): void {
    const own = this.#blocks.get(block) ?? new Map<string, { made: number; valid: boolean }>();
    this.#blocks.set(block, own);
    const before = own.get(cell);
    own.set(cell, { made: (before?.made ?? 0) + 1, valid: valid || (before?.valid ?? false) });
    if (!valid) this.#invalid.set(cell, (this.#invalid.get(cell) ?? 0) + 1);
    this.#count += 1;
    this.#highest = Math.max(this.#highest, block);
  }

  /** Runs made of a cell in a block. */
  made(cell: string, block: number): number {
    return this.#blocks.get(block)?.get(cell)?.made ?? 0;
  }

  /** Whether one of them is valid. */
  hasValid(cell: string, block: number): boolean {
    return this.#blocks.get(block)?.get(cell)?.valid ?? false;
  }

  /** Invalid runs of a cell in all blocks. */
  invalid(cell: string): number {
    return this.#invalid.get(cell) ?? 0;
  }

  /** All runs, replacements and invalid ones included. */
  get count(): number {
    return this.#count;
  }

  /** Highest block that has a run; 0 before the first. */
  get highestBlock(): number {
    return this.#highest;
  }

  /** The first planned run of a block that was never made and that nobody gave up. */
  firstFresh<C extends ScheduledCell>(
    planned: readonly PlannedRun<C>[],
    givenUp: ReadonlySet<string>,
  ): PlannedRun<C> | undefined {
    const isMade = ({ cell, block }: PlannedRun<C>): boolean => this.made(cell.id, block) > 0;
    let cursor = this.#cursors.get(planned) ?? 0;
    for (let run = planned[cursor]; run !== undefined && isMade(run); run = planned[cursor]) cursor += 1;
    this.#cursors.set(planned, cursor);
    for (let index = cursor; index < planned.length; index++) {
      const run = planned[index];
      if (run !== undefined && !isMade(run) && !givenUp.has(run.cell.id)) return run;
    }
    return undefined;
  }

  /** Cells whose runs stayed invalid in some block. */
  failing(): string[] {
    const failing = [...this.#blocks.values()].flatMap((own) =>
      [...own].filter(([, { valid }]) => !valid).map(([cell]) => cell),
    );
    return [...new Set(failing)];
  }
}

/**
 * The next run of a block, or undefined when the block is done: first what was planned and never ran, then the
 * replacements of runs that turned out invalid.
 * @param attempts every run of the campaign so far, of all blocks
 * @param givenUp cells that failed in this block and are not tried again
 * @param cellCount cells of the whole campaign, after which positions of replacements begin
 */
export function nextRun<C extends ScheduledCell>(
  planned: readonly PlannedRun<C>[],
  attempts: Attempts,
  givenUp: ReadonlySet<string>,
  cellCount: number,
): PlannedRun<C> | undefined {
  const fresh = attempts.firstFresh(planned, givenUp);
  if (fresh !== undefined) return fresh;
  const broken = planned.find(
    ({ cell, block }) =>
      !givenUp.has(cell.id) && !attempts.hasValid(cell.id, block) && attempts.invalid(cell.id) <= replacementsPerCell,
  );
  if (broken === undefined) return undefined;
  const inBlock = planned.reduce((sum, { cell, block }) => sum + attempts.made(cell.id, block), 0);
  return {
    ...broken,
    position: cellCount + 1 + inBlock - planned.length,
    attempt: attempts.made(broken.cell.id, broken.block) + 1,
  };
}

/** Name of a run: unique in its campaign and the same when it is tried again after an interruption. */
export function runId<C extends ScheduledCell>(run: PlannedRun<C>): string {
  const cell = run.cell.id.replaceAll(/[^A-Za-z0-9]+/g, "-").toLowerCase();
  return `b${run.block}-${cell}${run.attempt === 1 ? "" : `-try${run.attempt}`}`;
}
