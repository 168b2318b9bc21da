import { describe, expect, it, test } from "vitest";
import { figureTable } from "../../analysis/figures/index.ts";
import { placesOf } from "../../analysis/figures/order.ts";
import { trendText, type DriftSpot } from "../../analysis/figures/drift.ts";
import { viewOf } from "../../analysis/figures/view.ts";
import { ingressPart } from "../../analysis/report/sections/ingress.ts";
import { splitAlgorithm } from "../../analysis/splitAlgorithm.ts";
import { dispersionIndex } from "../../analysis/statistics/dispersion.ts";
import { linearTrend } from "../../analysis/statistics/trend.ts";
import { drawBinomial, seededRandom } from "../support/random.ts";
import { starvedBackend } from "../support/bundleEdits.ts";
import { marksOf, textsOf } from "../support/svg.ts";
import { thesisIngressBundle } from "../support/thesisBundle.ts";

const named = (index: number, low: number, high: number, fewest = 100) => splitAlgorithm({ index, low, high }, fewest);

describe("the name of what a gateway does", () => {
  it("is by the interval", () => {
    expect(named(0.05, 0.04, 0.06)).toBe("scheduled");
    expect(named(0.9, 0.83, 0.98)).toBe("scheduled");
    expect(named(1.02, 0.9, 1.2)).toBe("random");
    expect(named(3, 2.5, 3.6)).toBe("sticky or bursty");
  });

  it("is not given when the interval straddles 1 widely, or windows hold too few answers", () => {
    expect(named(0.8, 0.4, 1.9)).toBe("cannot tell");
    expect(named(1.1, 0.6, 2.1)).toBe("cannot tell");
    expect(named(0.05, 0.04, 0.06, 4.9)).toBe("cannot tell");
    expect(splitAlgorithm(null, 100)).toBe("");
  });

  it("names a true random splitter otherwise in about one of twenty", () => {
    const random = seededRandom(11);
    const names = Array.from({ length: 400 }, () =>
      splitAlgorithm(
        dispersionIndex(Array.from({ length: 60 }, () => ({ successes: drawBinomial(random, 100, 0.6), trials: 100 }))),
        40,
      ),
    );
    const wrong = names.filter((name) => name !== "random").length / names.length;
    expect(wrong).toBeGreaterThan(0.02);
    expect(wrong).toBeLessThan(0.09);
  });

  it("stands in the table, the figure and the report", () => {
    const bundle = thesisIngressBundle({ runs: 4, dispersion: { cilium: 0.05, antrea: 4 } });
    for (const { cell, algorithm } of bundle.tables.splits) {
      expect(algorithm, cell).toBe(cell.includes("/cilium/") ? "scheduled" : "sticky or bursty");
    }
    const svg = figureTable.find(({ name }) => name === "split-dispersion")?.render(viewOf(bundle)) ?? "";
    const titles = marksOf(svg).flatMap(({ kind, title }) => (kind === "ratio" ? [title] : []));
    expect(titles).toHaveLength(8);
    for (const { cell, dispersion, dispersion_low, backend } of bundle.tables.splits) {
      if (backend !== "echo-1" || !cell.endsWith("/10vus")) continue;
      const title = titles.find((text) =>
        text.startsWith(cell.includes("antrea") ? "antrea, nginx, 10 VUs" : "cilium, 10 VUs"),
      );
      const [, index, low] = /: ([\d.]+) \(([\d.]+) to/.exec(title ?? "") ?? [];
      expect(Number(index)).toBeCloseTo(dispersion ?? NaN, 2);
      expect(Number(low)).toBeCloseTo(dispersion_low ?? NaN, 2);
    }
    const { text } = ingressPart({ view: viewOf(bundle), figures: [], findings: [] });
    expect(text).toContain("sticky or bursty");
    expect(text).toContain("scheduled");
  });

  it("a backend that got nothing leaves a dash and no NaN", () => {
    const bundle = starvedBackend();
    expect(new Set(bundle.tables.splits.map(({ algorithm }) => algorithm))).toEqual(new Set([""]));
    expect(ingressPart({ view: viewOf(bundle), figures: [], findings: [] }).text).not.toMatch(/NaN|undefined/);
  });
});

describe("trend", () => {
  it("is the least-squares line with its t interval", () => {
    // By hand: slope 19.5 / 10; t(0.975) at 3 degrees of freedom is 3.182446.
    const trend = linearTrend([
      [1, 2.1],
      [2, 3.9],
      [3, 6.2],
      [4, 7.8],
      [5, 9.9],
    ]);
    expect(trend?.slope).toBeCloseTo(1.95, 9);
    const half = ((trend?.high ?? 0) - (trend?.low ?? 0)) / 2;
    // Residuals 0.02, -0.13, 0.22, -0.13, 0.02: their squares sum to 0.083; over 3 and over 10.
    expect(half).toBeCloseTo(3.182446 * Math.sqrt(0.083 / 3 / 10), 5);
  });

  it("needs three points at more than one place", () => {
    expect(
      linearTrend([
        [1, 1],
        [2, 2],
      ]),
    ).toBeNull();
    expect(
      linearTrend([
        [1, 1],
        [1, 2],
        [1, 3],
      ]),
    ).toBeNull();
  });

  it("is told over the whole campaign, and a place in the block by its mean", () => {
    const spot = (
      minutes: number,
      position: number,
      deviation: number,
      state: DriftSpot["state"] = "valid",
    ): DriftSpot => ({
      ...{ cell: {} as DriftSpot["cell"], label: "", run_id: "", minutes, position, deviation, state },
    });
    const spots = [0, 10, 20, 30].flatMap((minutes) => [
      spot(minutes, 1, minutes / 10 + 1),
      spot(minutes, 2, minutes / 10 - 1),
    ]);
    expect(trendText(spots)).toMatch(/^trend \+3\.0 % \(/);
    expect(trendText(spots.slice(0, 2))).toBe("too few runs for a trend");
    const places = placesOf({ spots: [...spots, spot(5, 1, 99, "invalid")] });
    expect(places.map(({ position, mean, n }) => [position, mean, n])).toEqual([
      [1, 2.5, 4],
      [2, 0.5, 4],
    ]);
  });
});

test("figure of time: each kind's sum and share of the whole", () => {
  const bundle = thesisIngressBundle({ runs: 2 });
  const texts = textsOf(figureTable.find(({ name }) => name === "time")?.render(viewOf(bundle)) ?? "");
  const seconds = bundle.spans.filter(({ what }) => what === "load").reduce((sum, span) => sum + span.seconds, 0);
  const total = bundle.spans.reduce((sum, span) => sum + span.seconds, 0);
  expect(texts).toContain(`${(seconds / 60).toFixed(1)} min, ${((seconds / total) * 100).toFixed(1)} %`);
});

test("figure of places: with many cells not every place is named", () => {
  const bundle = thesisIngressBundle({ runs: 2 });
  const records = Array.from({ length: 10 }, (_, copy) =>
    bundle.records.map((run) => ({ ...run, position: (run.position ?? 0) + copy * 8 })),
  ).flat();
  const renamed = records.map((run, index) => ({ ...run, run_id: `${run.run_id}-${String(index)}` }));
  const samples = renamed.flatMap((run) =>
    bundle.tables.samples
      .filter(({ run_id }) => run.run_id.startsWith(`${run_id}-`))
      .map((row) => ({ ...row, run_id: run.run_id })),
  );
  const many = { ...bundle, records: renamed, tables: { ...bundle.tables, samples } };
  const svg = figureTable.find(({ name }) => name === "order")?.render(viewOf(many)) ?? "";
  expect(marksOf(svg).filter(({ kind }) => kind === "mean")).toHaveLength(80);
  const named = textsOf(svg).filter((text) => /^\d+$/.test(text));
  expect(named.length).toBeGreaterThan(20);
  expect(named.length).toBeLessThanOrEqual(30);
});
