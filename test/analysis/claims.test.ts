import { describe, expect, it } from "vitest";
import { judgeClaims } from "../../analysis/claims.ts";
import { compareCells, comparisonsOf } from "../../analysis/comparisons.ts";
import { missingCells } from "../../analysis/missing.ts";
import type { Plan, PlanComparison } from "../../analysis/plan.ts";
import { parsePlan, parseSpans } from "../../analysis/readRecord.ts";
import { syntheticBundle } from "../support/bundle.ts";

const bundle = syntheticBundle({ runs: 8 });
const [a, b] = ["netns/kernel/egress/gateway", "netns/kernel/egress/base"];

const compared = (expect: "below" | "above" | "equal", other = b): PlanComparison => ({
  ...{ a, b: other, phase: "saturated", role: "", metric: "goodput", margin: 0.02 },
  claim: { text: "the gateway costs goodput", source: "a test", expect },
});
const plan = (comparisons: PlanComparison[]): Plan => ({
  ...{ schema: 1, name: "test", description: "", seed: 1, replication: "reuse" as const },
  stopping: { rule: "fixed", blocks: 8 },
  cells: bundle.cells.map((cell) => ({ ...cell, lab: "one" })),
  comparisons,
  limits: {},
});
const judged = (comparison: PlanComparison) => {
  const planned = plan([comparison]);
  return judgeClaims(planned, compareCells(comparisonsOf(planned, bundle.cells), bundle.tables.samples))[0];
};

describe("claims", () => {
  it("are confirmed or refuted by the planned comparison, with its own margin", () => {
    const below = judged(compared("below"));
    expect(below?.comparison).toMatchObject({ a, b, margin: 0.02, verdict: "different" });
    expect(below?.comparison.effect ?? 1).toBeLessThan(1);
    expect(below?.verdict).toBe("confirmed");
    expect(judged(compared("above"))?.verdict).toBe("refuted");
    expect(judged(compared("equal"))?.verdict).toBe("refuted");
  });

  it("stay open where a side has no runs", () => {
    expect(judged(compared("below", "netns/kernel/egress/none"))?.verdict).toBe("not enough data");
  });

  it("replace the default comparisons; without any the defaults hold", () => {
    expect(comparisonsOf(plan([compared("equal")]), bundle.cells)).toHaveLength(1);
    expect(comparisonsOf(plan([]), bundle.cells)).toEqual(comparisonsOf(null, bundle.cells));
  });
});

describe("what is missing", () => {
  it("names planned cells that never ran and cells without a valid run", () => {
    const [first] = bundle.records;
    if (first === undefined) throw new Error("no run");
    const failed = {
      ...first,
      measured: {
        ...first.measured,
        validity: { ...first.measured.validity, valid: false, reasons: ["the load failed"] },
      },
    };
    const missing = missingCells(
      {
        cells: [
          { ...first.cell, lab: "" },
          { ...first.cell, id: "x/y", lab: "" },
        ],
      },
      [failed],
    );
    expect(missing).toEqual([
      { cell: first.cell.id, reason: "no valid run of 1 run: the load failed" },
      { cell: "x/y", reason: "it was planned and never ran" },
    ]);
    expect(missingCells(null, bundle.records)).toEqual([]);
  });
});

describe("plan.json and events.jsonl", () => {
  it("are read; a newer plan and a broken line say so, a line cut off at the end is passed over", () => {
    expect(parsePlan(JSON.stringify(plan([compared("equal")])), "plan.json").comparisons).toHaveLength(1);
    expect(() => parsePlan('{"schema": 9}', "plan.json")).toThrow(/newer version \(schema 9/);
    const span = { event: "span", t_s: 2, seconds: 1, what: "load", lab: "l", run: null, cell: null };
    const lines = `{"event":"note","t_s":1}\n${JSON.stringify(span)}\n`;
    expect(parseSpans(`${lines}{"event":"sp`, "events.jsonl")).toEqual([span]);
    expect(() => parseSpans(`{"event":\n${lines}`, "events.jsonl")).toThrow(/events.jsonl: line 1/);
    expect(() => parseSpans('{"event":"span"}\n', "events.jsonl")).toThrow(/line 1, t_s/);
  });
});
