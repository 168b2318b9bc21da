import { describe, expect, it } from "vitest";
import { summarizeSplits } from "../../analysis/splits.ts";
import type { WindowRow } from "../../analysis/tables.ts";
import { troubled } from "../support/bundleEdits.ts";

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

  it("is judged as a whole: exact test, distance and what chance allows, spread over the windows of all runs", () => {
    const windows = runs.flatMap(({ run_id }) =>
      [0, 1, 2].flatMap((window_start_s) => [
        { ...row(run_id, "echo-1", 50 + 10 * window_start_s), window_start_s },
        { ...row(run_id, "echo-2", 40), window_start_s },
      ]),
    );
    const [first, second] = summarizeSplits(runs, windows);
    // scipy 1.17.1: stats.binomtest(360, 600, 0.6).pvalue; stats.chi2_contingency of the six windows, / 5
    expect(first).toMatchObject({ requests: 360, p_exact: 1, distance: 0 });
    expect(first?.dispersion).toBeCloseTo(0.5387205387205387, 10);
    expect(second?.dispersion).toBeCloseTo(0.5387205387205387, 10);
    expect(second).toMatchObject({ p_exact: 1, distance: 0, expected_distance: first?.expected_distance });
  });

  it("has no test and no spread with one backend", () => {
    const [only] = summarizeSplits(
      [{ run_id: "a", cell: "cell", backends: [{ name: "echo-1", weight: 1 }] }],
      [row("a", "echo-1", 30)],
    );
    expect(only).toMatchObject({ share: 1, distance: 0, p_exact: null, expected_distance: null, dispersion: null });
  });

  it.each(Object.entries(troubled))("has no broken number in: %s", (_, make) => {
    for (const split of make().tables.splits) {
      for (const value of Object.values(split))
        if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
    }
  });
});
