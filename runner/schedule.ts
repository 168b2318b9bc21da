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

/** Fisher-Yates with numbers drawn from the seed and the key, so that no order depends on what ran before. */
export function seededOrder(seed: number): Order {
  return (items, key) => {
    const random = seededRandom(seed ^ hash(key));
    const left = [...items];
    return items.flatMap(() => left.splice(Math.floor(random() * left.length), 1));
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

/**
 * The next run of a block, or undefined when the block is done: first what was planned and never ran, then the
 * replacements of runs that turned out invalid.
 * @param attempts every run of the campaign so far, of all blocks
 * @param givenUp cells that failed in this block and are not tried again
 * @param cellCount cells of the whole campaign, after which positions of replacements begin
 */
export function nextRun<C extends ScheduledCell>(
  planned: readonly PlannedRun<C>[],
  attempts: readonly Attempt[],
  givenUp: ReadonlySet<string>,
  cellCount: number,
): PlannedRun<C> | undefined {
  const open = planned.filter(({ cell }) => !givenUp.has(cell.id));
  const fresh = open.find((run) => attemptsOf(run, attempts).length === 0);
  if (fresh !== undefined) return fresh;
  const broken = open.find(
    (run) =>
      attemptsOf(run, attempts).every(({ valid }) => !valid) &&
      attempts.filter(({ cell, valid }) => cell === run.cell.id && !valid).length <= replacementsPerCell,
  );
  if (broken === undefined) return undefined;
  const blockIds = new Set(planned.map(({ cell }) => cell.id));
  const inBlock = attempts.filter(({ cell, block }) => block === broken.block && blockIds.has(cell)).length;
  return {
    ...broken,
    position: cellCount + 1 + inBlock - planned.length,
    attempt: attemptsOf(broken, attempts).length + 1,
  };
}

/** Cells whose runs stayed invalid in some block although they were replaced as often as allowed. */
export function failingCells<C extends ScheduledCell>(
  plan: readonly LabPlan<C>[],
  attempts: readonly Attempt[],
): string[] {
  const runs = plan.flatMap(({ blocks }) => blocks.flat());
  const failing = runs.filter((run) => {
    const own = attemptsOf(run, attempts);
    return own.length > 0 && own.every(({ valid }) => !valid);
  });
  return [...new Set(failing.map(({ cell }) => cell.id))];
}

/** Name of a run: unique in its campaign and the same when it is tried again after an interruption. */
export function runId<C extends ScheduledCell>(run: PlannedRun<C>): string {
  const cell = run.cell.id.replaceAll(/[^A-Za-z0-9]+/g, "-").toLowerCase();
  return `b${run.block}-${cell}${run.attempt === 1 ? "" : `-try${run.attempt}`}`;
}

const attemptsOf = <C extends ScheduledCell>(run: PlannedRun<C>, attempts: readonly Attempt[]): Attempt[] =>
  attempts.filter(({ cell, block }) => cell === run.cell.id && block === run.block);
