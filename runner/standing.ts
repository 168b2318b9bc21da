/** Where a campaign stands: what its bundle holds, what is left, how long that takes. Shared by all labs of a campaign. */
import type { RunRecord } from "../analysis/record.ts";
import type { Campaign, CampaignCell } from "./campaign.ts";
import { Estimator, loadSeconds } from "./estimate.ts";
import { Attempts, nextRun, type LabPlan, type PlannedRun } from "./schedule.ts";

export type Plan = LabPlan<CampaignCell>;
export type Run = PlannedRun<CampaignCell>;

/** Asking where a campaign stands costs with its cells and labs, never with its runs: it is asked before each of them. */
export class Standing {
  readonly #campaign: Campaign;
  readonly #plan: readonly Plan[];
  readonly #attempts: Attempts;
  readonly #lanes: number;
  readonly #estimator = new Estimator();
  /** Blocks in which a cell has a valid run. */
  readonly #done = new Map<string, Set<number>>();
  #end: number;

  /**
   * @param records what the bundle holds
   * @param lanes labs that work at the same time
   */
  constructor(campaign: Campaign, plan: readonly Plan[], records: readonly RunRecord[], lanes: number) {
    this.#campaign = campaign;
    this.#plan = plan;
    this.#lanes = lanes;
    this.#end = campaign.blocks;
    this.#attempts = new Attempts();
    for (const record of records) this.#note(record);
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
    return this.#attempts.highestBlock;
  }

  /** Whether the highest block that has a run needs no more; true before the first. */
  blockIsDone(): boolean {
    const { block } = this;
    return this.#plan.every(({ blocks }) =>
      blocks.every((runs) => runs[0]?.block !== block || this.next(runs) === undefined),
    );
  }

  /** @param seconds what the run took; undefined when it says nothing about the runs to come */
  add({ cell }: Run, record: RunRecord, seconds: number | undefined): void {
    this.#note(record);
    if (seconds !== undefined) this.#estimator.observe(cell.read.environment, loadSeconds(cell.read), seconds);
  }

  /** @param seconds what building a lab of this cell's took, beyond the load */
  built({ cell }: Run, seconds: number): void {
    this.#estimator.observeBuild(cell.read.environment, seconds);
  }

  /** The block after which the campaign is expected to end, or did: what comes after it is not counted as left. */
  expectEnd(block: number): void {
    this.#end = Math.min(Math.max(block, this.block), this.#campaign.blocks);
  }

  get end(): number {
    return this.#end;
  }

  /** Planned runs without a valid one yet, up to the expected end, in the order of the plan. */
  remaining(): Run[] {
    return this.#plan
      .flatMap(({ blocks }) => blocks.flat())
      .filter(({ cell, block }) => block <= this.#end && this.#done.get(cell.id)?.has(block) !== true);
  }

  /** Runs of the plan up to the expected end. */
  get planned(): number {
    return this.#campaign.cells.length * this.#end;
  }

  /** Number of planned runs without a valid one yet. */
  get left(): number {
    return this.#campaign.cells.reduce((sum, { id }) => sum + this.#leftOf(id), 0);
  }

  /** Runs made or to be made, replacements included as far as they are known. */
  get total(): number {
    return this.#attempts.count + this.left;
  }

  /** Place of the next run among all. */
  get index(): number {
    return this.#attempts.count + 1;
  }

  /** Seconds that a run will take, without its cool-down. */
  runSeconds({ cell }: Pick<Run, "cell">): number {
    return this.#estimator.run(cell.read.environment, loadSeconds(cell.read));
  }

  /** Seconds that building the lab of a cell will take. */
  buildSeconds({ cell }: Pick<Run, "cell">): number {
    return this.#estimator.build(cell.read.environment);
  }

  /** Seconds until the end of the campaign. */
  expectedSeconds(): number {
    const labs = Map.groupBy(this.#campaign.cells, ({ lab }) => lab);
    const seconds = [...labs.values()].map((cells) => this.#labSeconds(cells));
    const sum = seconds.reduce((total, one) => total + one, 0);
    return Math.max(0, sum / this.#lanes, ...(this.#lanes > 1 ? seconds : []));
  }

  /** Cells without a valid run in some block, though replaced as often as allowed. */
  failing(): string[] {
    return this.#attempts.failing();
  }

  #labSeconds(cells: readonly CampaignCell[]): number {
    const { cooldown, replication } = this.#campaign;
    const runs = cells.reduce((sum, cell) => sum + this.#leftOf(cell.id) * (this.runSeconds({ cell }) + cooldown), 0);
    const [cell] = cells;
    const blocks = Math.max(...cells.map(({ id }) => this.#leftOf(id)));
    if (cell === undefined || blocks === 0) return 0;
    const labs = replication === "rebuild" ? blocks : 1;
    return runs + labs * (this.buildSeconds({ cell }) + this.#estimator.destroy(cell.read.environment));
  }

  #leftOf(cell: string): number {
    return this.#end - (this.#done.get(cell)?.size ?? 0);
  }

  #note({ block, cell, measured }: RunRecord): void {
    if (block === null) return;
    const { valid } = measured.validity;
    this.#attempts.add({ cell: cell.id, block, valid });
    if (!valid) return;
    const done = this.#done.get(cell.id) ?? new Set();
    this.#done.set(cell.id, done.add(block));
  }
}
