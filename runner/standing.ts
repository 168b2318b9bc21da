/** Where a campaign stands: what its bundle holds, what is left, how long that takes. Shared by all labs of a campaign. */
import type { RunRecord } from "../analysis/record.ts";
import type { Campaign, CampaignCell } from "./campaign.ts";
import { estimator, loadSeconds, usualLabSeconds } from "./estimate.ts";
import { failingCells, nextRun, type Attempt, type LabPlan, type PlannedRun } from "./schedule.ts";

export type Plan = LabPlan<CampaignCell>;
export type Run = PlannedRun<CampaignCell>;

export class Standing {
  readonly #campaign: Campaign;
  readonly #plan: readonly Plan[];
  readonly #attempts: Attempt[];
  readonly #lanes: number;
  readonly #estimator = estimator();

  /**
   * @param records what the bundle holds
   * @param lanes labs that work at the same time
   */
  constructor(campaign: Campaign, plan: readonly Plan[], records: readonly RunRecord[], lanes: number) {
    this.#campaign = campaign;
    this.#plan = plan;
    this.#lanes = lanes;
    this.#attempts = records.flatMap((record) => attemptOf(record) ?? []);
  }

  /** The next run of a block; undefined when the block is done. */
  next(block: readonly Run[], givenUp: ReadonlySet<string> = new Set()): Run | undefined {
    return nextRun(block, this.#attempts, givenUp, this.#campaign.cells.length);
  }

  /** Number of the first block that is not done; undefined when all are. */
  openBlock({ blocks }: Plan): number | undefined {
    return blocks.find((block) => this.next(block) !== undefined)?.[0]?.block;
  }

  /** Highest block that has a run; 0 before the first. */
  get block(): number {
    return this.#attempts.reduce((highest, { block }) => Math.max(highest, block), 0);
  }

  add({ cell }: Run, record: RunRecord, seconds: number | undefined): void {
    const attempt = attemptOf(record);
    if (attempt !== undefined) this.#attempts.push(attempt);
    if (seconds !== undefined) this.#estimator.observe(loadSeconds(cell.read), seconds);
  }

  /** Planned runs without a valid one yet, in the order of the plan. */
  remaining(): Run[] {
    const done = new Set(this.#attempts.filter(({ valid }) => valid).map(({ cell, block }) => `${cell}#${block}`));
    return this.#plan
      .flatMap(({ blocks }) => blocks.flat())
      .filter(({ cell, block }) => !done.has(`${cell.id}#${block}`));
  }

  /** Runs of the plan. */
  get planned(): number {
    return this.#plan.reduce((sum, { blocks }) => sum + blocks.flat().length, 0);
  }

  /** Runs made or to be made, replacements included as far as they are known. */
  get total(): number {
    return this.#attempts.length + this.remaining().length;
  }

  /** Place of the next run among all. */
  get index(): number {
    return this.#attempts.length + 1;
  }

  /** Seconds that a run will take. */
  runSeconds({ cell }: Run): number {
    return this.#estimator.run(loadSeconds(cell.read));
  }

  /** Seconds until the end of the campaign. */
  expectedSeconds(): number {
    const remaining = this.remaining();
    const labs = Map.groupBy(remaining, ({ cell }) => cell.lab);
    const seconds = [...labs.values()].map(
      (runs) => usualLabSeconds + runs.reduce((sum, run) => sum + this.runSeconds(run), 0),
    );
    const sum = seconds.reduce((total, one) => total + one, 0);
    return Math.max(0, sum / this.#lanes, ...(this.#lanes > 1 ? seconds : []));
  }

  failing(): string[] {
    return failingCells(this.#plan, this.#attempts);
  }
}

function attemptOf({ block, cell, measured }: RunRecord): Attempt | undefined {
  return block === null ? undefined : { cell: cell.id, block, valid: measured.validity.valid };
}
