/** Which run comes next: pure, so that a campaign can stop anywhere and go on from what its bundle holds. */

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

/** Order of the cells of one lab in one block; a seam for randomised orders. */
export type Order = <C extends ScheduledCell>(cells: readonly C[], block: number) => readonly C[];

/** Lab by lab, block by block, the cells in `order` (as written, when it is not given). */
export function schedule<C extends ScheduledCell>(
  cells: readonly C[],
  blocks: number,
  order: Order = (written) => written,
): LabPlan<C>[] {
  const labs = [...new Set(cells.map((cell) => cell.lab))];
  let before = 0;
  return labs.map((lab) => {
    const own = cells.filter((cell) => cell.lab === lab);
    const offset = before;
    before += own.length;
    return {
      lab,
      blocks: Array.from({ length: blocks }, (_, index) =>
        order(own, index + 1).map((cell, place) => ({
          block: index + 1,
          position: offset + place + 1,
          cell,
          attempt: 1,
        })),
      ),
    };
  });
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
