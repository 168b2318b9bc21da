import fc from "fast-check";
import { expect, test } from "vitest";
import {
  nextRun,
  replacementsPerCell,
  runId,
  schedule,
  seededOrder,
  Attempts,
  type Attempt,
  type PlannedRun,
  type ScheduledCell,
} from "../../runner/schedule.ts";

const cells: ScheduledCell[] = [
  { id: "netns/kernel/egress/base", lab: "egress" },
  { id: "netns/kernel/ingress/nginx/10vus", lab: "ingress" },
  { id: "netns/kernel/egress/gateway", lab: "egress" },
];

test("labs come one after the other, inside a lab block by block in the written order", () => {
  const plan = schedule(cells, 2);
  expect(plan.map(({ lab }) => lab)).toEqual(["egress", "ingress"]);
  expect(plan[0]?.blocks.map((block) => block.map((run) => [run.block, run.position, run.cell.id]))).toEqual([
    [
      [1, 1, "netns/kernel/egress/base"],
      [1, 2, "netns/kernel/egress/gateway"],
    ],
    [
      [2, 1, "netns/kernel/egress/base"],
      [2, 2, "netns/kernel/egress/gateway"],
    ],
  ]);
  expect(plan[1]?.blocks.map((block) => block.map((run) => run.position))).toEqual([[3], [3]]);
});

test("an order given from outside decides the sequence within a block", () => {
  const plan = schedule(cells, 1, (written) => [...written].reverse());
  expect(plan.map(({ lab }) => lab)).toEqual(["ingress", "egress"]);
  expect(plan[1]?.blocks[0]?.map((run) => run.cell.id)).toEqual([
    "netns/kernel/egress/gateway",
    "netns/kernel/egress/base",
  ]);
});

test("a seed gives the same random order each time, another in each block, and every cell comes first about as often", () => {
  const eight = Array.from({ length: 8 }, (_, index) => ({ id: `c${index}`, lab: "one" }));
  const plan = schedule(eight, 800, seededOrder(7));
  expect(schedule(eight, 800, seededOrder(7))).toEqual(plan);
  expect(schedule(eight, 800, seededOrder(8))).not.toEqual(plan);
  const blocks = plan[0]?.blocks ?? [];
  for (const block of blocks) expect(block.map(({ cell }) => cell.id).sort()).toEqual(eight.map(({ id }) => id));
  const firsts = Map.groupBy(blocks, ([first]) => first?.cell.id);
  expect(firsts.size).toBe(8);
  // 100 are expected of each; four standard deviations are 37.
  for (const own of firsts.values()) expect(Math.abs(own.length - 100)).toBeLessThan(38);
});

test("with rebuild every block has all labs, in an order of its own, one after the other", () => {
  const plan = schedule(cells, 20, seededOrder(1), "rebuild");
  expect(plan).toHaveLength(40);
  expect(plan.map(({ blocks }) => blocks[0]?.[0]?.block)).toEqual(
    Array.from({ length: 40 }, (_, index) => Math.floor(index / 2) + 1),
  );
  expect(new Set(plan.filter((_, index) => index % 2 === 0).map(({ lab }) => lab)).size).toBe(2);
  for (const { blocks } of plan) expect(blocks).toHaveLength(1);
});

/** Runs a whole block: `verdict` says for each run whether it is valid. */
function play(
  planned: readonly PlannedRun<ScheduledCell>[],
  verdict: (run: PlannedRun<ScheduledCell>) => boolean,
): PlannedRun<ScheduledCell>[] {
  const attempts = new Attempts();
  const order: PlannedRun<ScheduledCell>[] = [];
  for (;;) {
    const run = nextRun(planned, attempts, new Set(), cells.length);
    if (run === undefined || order.length > 1000) return order;
    order.push(run);
    attempts.add({ cell: run.cell.id, block: run.block, valid: verdict(run) });
  }
}

const egressBlock = schedule(cells, 1)[0]?.blocks[0] ?? [];

test("an invalid run is replaced at the end of its block", () => {
  const order = play(egressBlock, (run) => run.cell.id.endsWith("gateway") || run.attempt > 1);
  expect(order.map((run) => [run.cell.id, run.attempt, run.position])).toEqual([
    ["netns/kernel/egress/base", 1, 1],
    ["netns/kernel/egress/gateway", 1, 2],
    ["netns/kernel/egress/base", 2, 4],
  ]);
});

test("a cell that is always invalid is replaced three times, then left", () => {
  const order = play(egressBlock, (run) => run.cell.id.endsWith("gateway"));
  expect(order.filter((run) => run.cell.id.endsWith("base")).map((run) => run.attempt)).toEqual([1, 2, 3, 4]);
});

test("replacements are counted for a cell over the whole campaign", () => {
  const plan = schedule(cells, 2)[0];
  const earlier: Attempt[] = Array.from({ length: 4 }, () => ({ cell: cells[0]?.id ?? "", block: 1, valid: false }));
  const second = plan?.blocks[1] ?? [];
  const invalidSecond: Attempt[] = [
    { cell: cells[0]?.id ?? "", block: 2, valid: false },
    { cell: cells[2]?.id ?? "", block: 2, valid: true },
  ];
  expect(nextRun(second, new Attempts(earlier), new Set(), 3)?.attempt).toBe(1);
  const all = new Attempts([...earlier, ...invalidSecond]);
  expect(nextRun(second, all, new Set(), 3)).toBeUndefined();
  expect(all.failing()).toEqual(["netns/kernel/egress/base"]);
});

test("a cell that was given up is not tried again in the block", () => {
  expect(nextRun(egressBlock, new Attempts(), new Set(["netns/kernel/egress/base"]), 3)?.cell.id).toBe(
    "netns/kernel/egress/gateway",
  );
});

test("run ids are file names, unique, and the same for the same place in the campaign", () => {
  const ids = schedule(cells, 3).flatMap(({ blocks }) => blocks.flat().map(runId));
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids[0]).toBe("b1-netns-kernel-egress-base");
  for (const id of ids) expect(id).toMatch(/^[a-z0-9-]+$/);
});

test("property: whatever turns out invalid, every block ends, no cell is lost, and no run id comes twice", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }),
      fc.nat(30),
      (count, blocks, verdicts, stopAfter) => {
        const many = Array.from({ length: count }, (_, i) => ({ id: `c/${i}`, lab: i % 2 === 0 ? "a" : "b" }));
        const attempts: Attempt[] = [];
        let index = new Attempts();
        const ids: string[] = [];
        // Interrupted once after `stopAfter` runs, then played again from what there is: nothing is doubled.
        for (const limit of [stopAfter, 1000]) {
          index = new Attempts(attempts);
          for (const block of schedule(many, blocks).flatMap((lab) => lab.blocks)) {
            for (let made = 0; ids.length < limit; made += 1) {
              const run = nextRun(block, index, new Set(), count);
              if (run === undefined) break;
              ids.push(runId(run));
              const valid = verdicts[ids.length % verdicts.length] ?? true;
              const attempt = { cell: run.cell.id, block: run.block, valid };
              attempts.push(attempt);
              index.add(attempt);
              expect(made).toBeLessThan(count * (replacementsPerCell + 1));
            }
          }
        }
        expect(new Set(ids).size).toBe(ids.length);
        for (let block = 1; block <= blocks; block += 1) {
          const seen = new Set(attempts.filter((one) => one.block === block).map(({ cell }) => cell));
          expect(seen.size).toBe(count);
        }
      },
    ),
  );
});
