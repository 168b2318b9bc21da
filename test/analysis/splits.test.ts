import { describe, expect, it } from "vitest";
import { summarizeSplits } from "../../analysis/splits.ts";
import type { WindowRow } from "../../analysis/tables.ts";

const backends = [
  { name: "echo-1", weight: 3 },
  { name: "echo-2", weight: 2 },
];
const runs = ["a", "b"].map((run_id) => ({ run_id, cell: "cell", backends }));
const row = (run_id: string, backend: string, requests: number, errors = 0): WindowRow => ({
  run_id,
  phase: "closed",
  window_start_s: 0,
  window_s: 1,
  backend,
  requests,
  errors,
});

describe("the split of a cell", () => {
  it("is over all windows of the runs given, good answers only, with its Wilson interval", () => {
    const windows = [
      row("a", "echo-1", 35, 5),
      row("a", "echo-2", 25),
      row("b", "echo-1", 30),
      row("b", "echo-2", 15),
      row("b", "", 9, 9),
      row("left out", "echo-2", 1000),
    ];
    const [first, second] = summarizeSplits(runs, windows);
    expect(first).toMatchObject({
      cell: "cell",
      phase: "closed",
      backend: "echo-1",
      weight: 0.6,
      requests: 60,
      share: 0.6,
    });
    expect(second).toMatchObject({ backend: "echo-2", weight: 0.4, requests: 40, share: 0.4 });
    // scipy 1.17.1: stats.binomtest(60, 100).proportion_ci(0.95, "wilson")
    expect(first?.wilson_low).toBeCloseTo(0.5020025867910618, 10);
    expect(first?.wilson_high).toBeCloseTo(0.6905987135675411, 10);
  });

  it("has no row without good answers, and a share of 0 for a silent backend", () => {
    expect(summarizeSplits(runs, [row("a", "echo-1", 3, 3)])).toEqual([]);
    expect(summarizeSplits(runs, [row("a", "echo-1", 3)]).map(({ share }) => share)).toEqual([1, 0]);
  });
});
