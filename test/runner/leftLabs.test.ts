import { expect, test } from "vitest";
import type { RunRecord } from "../../analysis/record.ts";
import { labsToRemove } from "../../runner/leftLabs.ts";
import { schedule } from "../../runner/schedule.ts";
import type { Plan } from "../../runner/standing.ts";

const cells = ["a", "b"].map((name) => ({ id: `cell-${name}`, lab: name }));
/** Two labs, two blocks. Only names and numbers matter here. */
const planOf = (replication: "reuse" | "rebuild") =>
  schedule(cells, 2, undefined, replication) as unknown as readonly Plan[];
const records = (...made: readonly (readonly [cell: string, block: number])[]) =>
  made.map(([id, block]) => ({ block, cell: { id } }) as Pick<RunRecord, "block" | "cell">);
/** A plan is open while one of its runs is not made. */
const openIn = (made: ReturnType<typeof records>) => (plan: Plan) =>
  plan.blocks.flat().find((run) => !made.some(({ block, cell }) => block === run.block && cell.id === run.cell.id))
    ?.block;

test.each([
  ["reuse", "nothing is made yet: another lab's remains go", [], ["b"]],
  ["reuse", "the first lab goes on", [["cell-a", 1]], ["b"]],
  [
    "reuse",
    "the first lab is done, and was killed while it was taken down",
    [
      ["cell-a", 1],
      ["cell-a", 2],
    ],
    ["a"],
  ],
  ["rebuild", "a lab without a run in its block may be that of the block before", [], ["a", "b"]],
  ["rebuild", "the next lab has no run yet", [["cell-a", 1]], ["a", "b"]],
  [
    "rebuild",
    "all is done",
    [
      ["cell-a", 1],
      ["cell-b", 1],
      ["cell-a", 2],
      ["cell-b", 2],
    ],
    ["a", "b"],
  ],
] as const)("%s: %s", (replication, _what, made, removed) => {
  const known = records(...made);
  expect(labsToRemove([planOf(replication)], known, replication, openIn(known))).toEqual(removed);
});

test("a lab whose block has a run goes on, also where labs are built for each block", () => {
  const known = records(["cell-a", 1]);
  const plans = schedule([...cells, { id: "cell-a2", lab: "a" }], 2, undefined, "rebuild") as unknown as Plan[];
  expect(labsToRemove([plans], known, "rebuild", openIn(known))).toEqual(["b"]);
});

test("each lane goes on with a lab of its own", () => {
  const [first, second] = planOf("reuse");
  const lanes = [first, second].flatMap((plan) => (plan === undefined ? [] : [[plan]]));
  expect(labsToRemove(lanes, [], "reuse", openIn([]))).toEqual([]);
});
