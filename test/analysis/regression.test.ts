import { describe, expect, it } from "vitest";
import { bedDifferences, changesBetween, changesMarkdown } from "../../analysis/regression.ts";
import { syntheticBundle } from "../support/bundle.ts";

const { samples } = syntheticBundle({ runs: 8 }).tables;
const again = syntheticBundle({ runs: 8, seed: 7 }).tables.samples;
const cell = "netns/kernel/egress/base";
const scaled = (metric: string, factor: number) =>
  samples.map((row) => (row.cell === cell && row.metric === metric ? { ...row, value: row.value * factor } : row));
const found = (metric: string, factor: number) =>
  changesBetween(samples, scaled(metric, factor), 0.05).rows.find(
    (row) => row.cell === cell && row.phase === "saturated" && row.metric === metric && row.role === "",
  );

describe("regressions", () => {
  it("are read in the metric's own direction", () => {
    expect(found("goodput", 0.7)?.outcome).toBe("worse");
    expect(found("goodput", 1.4)?.outcome).toBe("better");
    expect(found("rtt", 1.4)?.outcome).toBe("worse");
    expect(found("rtt", 0.7)?.outcome).toBe("better");
    expect(found("goodput", 1)?.outcome).not.toBe("worse");
  });

  it("are none between two sets of the same cells", () => {
    expect(changesBetween(samples, again, 0.05).rows.filter(({ outcome }) => outcome === "worse")).toEqual([]);
  });

  it("name cells that only one side has", () => {
    const less = samples.filter((row) => row.cell !== cell);
    expect(changesBetween(samples, less, 0.05).unmatched).toEqual([`${cell} is missing in the newer bundle`]);
    expect(changesBetween(less, samples, 0.05).unmatched[0]).toMatch(/is new/);
  });

  it("come first in the table for a pull request", () => {
    const text = changesMarkdown("b against a", changesBetween(samples, scaled("goodput", 0.7), 0.05), 0.05);
    expect(text).toMatch(/^## Regression: b against a\n\n1 worse, /);
    expect(text).toMatch(/\|---\|\n\| worse \| netns\/kernel\/egress\/base \| saturated \| {2}\| goodput \| -30.0 %/);
    expect(text).not.toMatch(/NaN|null|undefined/);
  });

  it("are not looked for on unlike beds", () => {
    const on = (bed: Record<string, string | number>) => ({ schema: 1 as const, bed, under_test: {} });
    expect(bedDifferences(on({ cores: 2 }), on({ cores: 2 }))).toEqual([]);
    expect(bedDifferences(on({ cores: 2 }), on({ cores: 4, mtu: 1500 }))).toEqual([
      "cores: 2 before, 4 now",
      "mtu: not recorded before, 1500 now",
    ]);
    expect(bedDifferences(null, on({}))).toHaveLength(1);
  });
});
