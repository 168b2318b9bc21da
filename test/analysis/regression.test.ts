import { describe, expect, it } from "vitest";
import { fixedInference, inferenceOf, strictest } from "../../analysis/looks.ts";
import { bedDifferences, changesBetween, isRegression, underTestDifferences } from "../../analysis/regression.ts";
import type { Bundle } from "../../analysis/bundle.ts";
import type { SampleRow } from "../../analysis/tables.ts";
import { changesMarkdown } from "../../analysis/report/changes.ts";
import { syntheticBundle } from "../support/bundle.ts";

const bundle = syntheticBundle({ runs: 8 });
const again = syntheticBundle({ runs: 8, seed: 7 });
const cell = "netns/kernel/egress/base";
const margins = { usual: 0.05, of: {} };
const changed = (edit: (row: SampleRow) => SampleRow | null): Bundle => ({
  ...bundle,
  tables: { ...bundle.tables, samples: bundle.tables.samples.flatMap((row) => edit(row) ?? []) },
});
const scaled = (metric: string, factor: number): Bundle =>
  changed((row) => (row.cell === cell && row.metric === metric ? { ...row, value: row.value * factor } : row));
const found = (after: Bundle, metric: string, of = margins) =>
  changesBetween([bundle], after, of).rows.find(
    (row) => row.cell === cell && row.phase === "saturated" && row.metric === metric && row.role === "",
  );

describe("regressions", () => {
  it("are read in the metric's own direction", () => {
    expect(found(scaled("goodput", 0.7), "goodput")?.outcome).toBe("worse");
    expect(found(scaled("goodput", 1.4), "goodput")?.outcome).toBe("better");
    expect(found(scaled("rtt", 1.4), "rtt")?.outcome).toBe("worse");
    expect(found(scaled("rtt", 0.7), "rtt")?.outcome).toBe("better");
    expect(found(bundle, "goodput")?.outcome).toBe("equivalent");
  });

  it("are none between two sets of the same cells", () => {
    const changes = changesBetween([bundle], again, margins);
    expect(changes.rows.filter(({ outcome }) => outcome === "worse")).toEqual([]);
    expect([isRegression(changes), changes.lost, changes.added]).toEqual([false, [], []]);
  });

  it("are no regressions within a metric's own margin", () => {
    expect(found(scaled("rtt", 1.15), "rtt")?.outcome).toBe("worse");
    expect(found(scaled("rtt", 1.15), "rtt", { usual: 0.05, of: { rtt: 0.2 } })).toMatchObject({
      outcome: "equivalent",
      margin: 0.2,
    });
    expect(found(scaled("goodput", 0.85), "goodput", { usual: 0.05, of: { rtt: 0.2 } })?.outcome).toBe("worse");
  });

  it("show the mean of each older bundle beside the newer", () => {
    const changes = changesBetween([bundle, scaled("goodput", 1.01)], scaled("goodput", 0.7), margins);
    const row = changes.rows.find((one) => one.cell === cell && one.metric === "goodput");
    expect(row?.before.map((value) => value / 1e9)).toEqual([expect.closeTo(10, 6), expect.closeTo(10.1, 6)]);
    expect(row?.after).toBeCloseTo(7e9, 0);
    expect([row?.n_b, row?.n_a]).toEqual([16, 8]);
  });

  it("count a cell that is gone, with the reason, and name one that is new", () => {
    const less = changed((row) => (row.cell === cell ? null : row));
    const gone = changesBetween(
      [bundle],
      { ...less, missing: [{ cell, reason: "it was planned and never ran" }] },
      margins,
    );
    expect(gone.lost).toEqual([{ cell, reason: "it was planned and never ran" }]);
    expect(isRegression(gone)).toBe(true);
    const without = changesBetween([bundle], { ...less, records: [], missing: [] }, margins);
    expect(without.lost[0]?.reason).toBe("the newer bundle has no run of it");
    const invalid = changed((row) => (row.cell === cell ? { ...row, valid: false, invalid_reason: "it leaked" } : row));
    expect(changesBetween([bundle], invalid, margins).lost).toEqual([
      { cell, reason: "no value of its 8 runs counts: it leaked" },
    ]);
    const back = changesBetween([less], bundle, margins);
    expect([back.lost, back.added, isRegression(back)]).toEqual([[], [cell], false]);
  });

  it("count a metric that has no value any more", () => {
    const voided = changed((row) =>
      row.cell === cell && row.metric === "rtt" ? { ...row, valid: false, invalid_reason: "no rtt" } : row,
    );
    const changes = changesBetween([bundle], voided, margins);
    const row = changes.rows.find((one) => one.cell === cell && one.metric === "rtt" && one.phase === "saturated");
    expect(row).toMatchObject({ outcome: "missing", n_a: 0, n_b: 8, after: null });
    expect(row?.reason).toContain("no rtt");
    expect(isRegression(changes)).toBe(true);
    // The older side had none either: nothing was lost.
    expect(changesBetween([voided], bundle, margins).rows.some(({ outcome }) => outcome === "missing")).toBe(false);
  });

  it("come first in the text for a pull request, the rest is folded", () => {
    const text = (after: Bundle): string =>
      changesMarkdown({
        title: "b against a",
        changes: changesBetween([bundle], after, margins),
        margins: { usual: 0.05, of: { rtt: 0.2 } },
        notes: ["Left out: <c>"],
      });
    const worse = text(scaled("goodput", 0.7));
    expect(worse).toMatch(/^## Regression: b against a\n\n\*\*1 worse, 0 missing\*\*, 0 better, /);
    expect(worse).toMatch(
      /\| --- \|\n\| worse \| netns\/kernel\/egress\/base \| goodput, saturated \| 10\.0 → 7\.00 Gbit\/s \| −30\.0 % \(/,
    );
    expect(worse.indexOf("<details>")).toBeGreaterThan(worse.indexOf("| worse |"));
    expect(worse).toContain("Left out: \\<c\\>");
    expect(worse).toContain("within 5 % (rtt 20 %)");
    expect(worse).not.toMatch(/NaN|null|undefined|Infinity/);
    expect(text(again)).toMatch(/^## No regression found: /);
  });
});

describe("beds", () => {
  const on = (bed: Record<string, string | number>, under_test: Record<string, string> = {}) => ({
    schema: 1 as const,
    bed,
    under_test,
  });

  it("are unlike with what they differ in", () => {
    expect(bedDifferences(on({ cores: 2 }), on({ cores: 2 }))).toEqual([]);
    expect(bedDifferences(on({ cores: 2 }), on({ cores: 4, mtu: 1500 }))).toEqual([
      "cores: 2 before, 4 now",
      "mtu: not recorded before, 1500 now",
    ]);
    expect(bedDifferences(null, on({}))).toHaveLength(1);
  });

  it("may have other things under test, and a reader is told which", () => {
    expect(underTestDifferences(on({}, { cilium: "1.19.7" }), on({}, { cilium: "1.20.2" }))).toEqual([
      'cilium: "1.19.7" before, "1.20.2" now',
    ]);
  });
});

describe("campaigns that could end early", () => {
  const until = {
    ...{
      rule: "until" as const,
      method: "Pocock spending",
      alpha: 0.05,
      halfWidth: 0.04,
      minBlocks: 4,
      maxBlocks: 20,
      budget_s: null,
    },
  };
  const early: Bundle = { ...bundle, inference: inferenceOf({ stopping: until }, bundle.records) };

  it("give intervals at the level of their looks, whichever side they are on, and the text says so", () => {
    expect(early.inference.level).toBeGreaterThan(0.97);
    const fixed = changesBetween([bundle], scaled("goodput", 0.98), margins);
    for (const changes of [
      changesBetween([early], scaled("goodput", 0.98), margins),
      changesBetween([bundle], { ...scaled("goodput", 0.98), inference: early.inference }, margins),
      changesBetween([bundle, early], scaled("goodput", 0.98), margins),
    ]) {
      expect(changes.inference.level).toBe(early.inference.level);
      for (const [index, row] of changes.rows.entries()) {
        const plain = fixed.rows[index];
        if (row.ci_low === null || row.ci_high === null) continue;
        expect(row.ci_level).toBe(early.inference.level);
        expect(row.ci_high - row.ci_low).toBeGreaterThanOrEqual((plain?.ci_high ?? 0) - (plain?.ci_low ?? 0));
        expect(row.p_adjusted ?? 0).toBeGreaterThanOrEqual((plain?.p_adjusted ?? 0) * (1 - 1e-9));
      }
      const text = changesMarkdown({ title: "a against b", changes, margins, notes: [] });
      expect(text).toMatch(/could end early: intervals are 9[789]\.\d % intervals/);
    }
    expect(fixed.rows.every(({ ci_level }) => ci_level === null || ci_level === 0.95)).toBe(true);
    expect(changesMarkdown({ title: "", changes: fixed, margins, notes: [] })).not.toContain("end early");
  });

  it("the strictest of several is the highest level and the largest p", () => {
    const both = strictest([fixedInference, early.inference, fixedInference]);
    expect(both.level).toBe(early.inference.level);
    expect(both.looks).toEqual(early.inference.looks);
    for (const p of [0.001, 0.01, 0.2]) expect(both.p(p)).toBe(Math.max(p, early.inference.p(p)));
    expect(strictest([]).level).toBe(0.95);
    expect(strictest([fixedInference]).p(0.03)).toBe(0.03);
  });
});
