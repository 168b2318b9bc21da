import { describe, expect, test } from "vitest";
import { renderFigures } from "../../analysis/figures/index.ts";
import { egressGroups } from "../../analysis/figures/thesis/pairs.ts";
import type { Cell } from "../../analysis/record.ts";
import { syntheticBundle } from "../support/bundle.ts";
import { edited, starvedBackend } from "../support/bundleEdits.ts";
import { marksOf, textsOf } from "../support/svg.ts";

const bundle = syntheticBundle({ runs: 5 });
const figures = new Map(renderFigures(bundle).map(({ name, svg }) => [name, svg]));
const titles = (svg: string | undefined, kind: string): string[] =>
  marksOf(svg ?? "")
    .filter((mark) => mark.kind === kind)
    .map(({ title }) => title);

describe("groups of egress cells", () => {
  const cell = (cni: string, path: Cell["path"], environment: Cell["environment"] = "local"): Cell => ({
    ...{ id: `${environment}/${cni}/egress/${path}`, scenario: "egress", environment, cni, path },
    ...{ gateway: "", vus: null, rate: null, weights: "" },
  });

  test("the thesis' four cells make its panel of all, then its four pairs, in its order", () => {
    const cells = ["antrea", "cilium"].flatMap((cni) => [cell(cni, "base"), cell(cni, "gateway")]);
    expect(egressGroups(cells).map(({ heading }) => heading)).toEqual([
      "all cells",
      "gateway: antrea against cilium",
      "base: antrea against cilium",
      "antrea: gateway against base",
      "cilium: gateway against base",
    ]);
  });

  test("cells of different environments are no pair, a single one stands alone", () => {
    const groups = egressGroups([cell("kernel", "base", "netns"), cell("kernel", "gateway")]);
    expect(groups.map(({ heading, cells }) => [heading, cells.length])).toEqual([
      ["netns, all cells", 1],
      ["local (kind), all cells", 1],
    ]);
  });
});

describe("the thesis' figures over runs", () => {
  test("goodput: each run, mean, interval, n and truncated mean of both cells", () => {
    const svg = figures.get("runs-goodput");
    // 9.9, 9.95, 10, 10.05, 10.1: half-width 2.7764 * 0.0791 / sqrt(5) = 0.098
    expect(titles(svg, "mean")).toEqual([
      "gateway: mean 9.00 (8.91 to 9.09) Gbit/s, n = 5, truncated mean 9.00 Gbit/s",
      "base: mean 10.00 (9.90 to 10.10) Gbit/s, n = 5, truncated mean 10.0 Gbit/s",
    ]);
    expect(titles(svg, "interval")).toHaveLength(2);
    expect(titles(svg, "run valid")).toHaveLength(10);
    expect(titles(svg, "run invalid")[0]).toMatch(/^gateway, run b1-invalid-gateway: 4\.50 Gbit\/s, invalid: 2 of 4/);
    expect(textsOf(svg ?? "")).toEqual(expect.arrayContaining(["goodput, Gbit/s", "kernel: gateway against base"]));
  });

  test("the averages show the truncated mean in the unit of the axis", () => {
    const written = (name: string): string[] =>
      textsOf(figures.get(name) ?? "").filter((text) => text.startsWith("truncated "));
    expect(written("goodput")).toEqual(["truncated mean", "truncated 10.00", "truncated 9.00"]);
    expect(written("rtt")).toContain("truncated 80.0");
  });

  test("CPU, memory and round-trip time are those of the whole host and the saturating load", () => {
    expect(titles(figures.get("runs-cpu"), "mean")[0]).toMatch(/^gateway: mean 1\.60\d? .* cores, n = 5/);
    expect(titles(figures.get("runs-memory"), "mean")[1]).toMatch(/^base: mean 0\.931 .* GiB, n = 5/);
    expect(titles(figures.get("runs-rtt"), "mean")[1]).toMatch(/^base: mean 80\.\d .* µs, n = 5/);
  });

  test("a cell without values is named", () => {
    const lost = edited(bundle, {
      sample: (row) => (row.cell.endsWith("/egress/base") && row.metric === "goodput" ? null : row),
    });
    const svg = renderFigures(lost).find(({ name }) => name === "runs-goodput")?.svg ?? "";
    expect(textsOf(svg)).toContain("No value that counts: base.");
  });
});

test("distance of the split: share less weight, in points", () => {
  const shifted = edited(bundle, {
    sample: (row) => (row.role === "echo-1" && row.gateway === "nginx" ? { ...row, value: 0.62 } : row),
  });
  const svg = renderFigures(shifted).find(({ name }) => name === "split-distance")?.svg ?? "";
  expect(titles(svg, "mean")).toContainEqual(expect.stringMatching(/^nginx, 10 VUs: mean 2\.00 points, n = 5/));
});

test("a backend that got nothing still has a distance, no NaN", () => {
  const svg = renderFigures(starvedBackend()).find(({ name }) => name === "split-distance")?.svg ?? "";
  expect(svg).not.toMatch(/NaN|undefined/);
});
