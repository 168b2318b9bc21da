import { describe, expect, test } from "vitest";
import type { Bundle } from "../../analysis/bundle.ts";
import { renderFigures } from "../../analysis/figures/index.ts";
import { syntheticBundle } from "../support/bundle.ts";
import { edited, withFixedRates } from "../support/bundleEdits.ts";
import { marksOf, rowLabels, textsOf } from "../support/svg.ts";

const closed = syntheticBundle();
const bundle = withFixedRates(closed);

function drawn(name: string, of: Bundle = bundle): string {
  const figure = renderFigures(of).find((each) => each.name === name);
  if (figure === undefined) throw new Error(`no figure ${name}`);
  return figure.svg;
}

function titles(svg: string, kind: string): string[] {
  return marksOf(svg)
    .filter((mark) => mark.kind === kind)
    .map(({ title }) => title);
}

/** Values of runs as they are written, by what stands before the run's name. */
function runsOf(svg: string, start: string): number[] {
  return titles(svg, "run valid")
    .filter((title) => title.startsWith(start))
    .map((title) => Number(/: ([\d.]+) /.exec(title)?.[1]));
}

// Three runs at -1 %, 0 and +1 % of the mean: half-width t(0.975, 2) * 1 % / sqrt(3) = 2.484 % of it.
describe("figure of the two models of load", () => {
  const svg = drawn("latency-models");

  test("has a panel for each model and percentile, on one scale", () => {
    expect(textsOf(svg)).toEqual(
      expect.arrayContaining([
        "closed model, p50, ms",
        "fixed rate, p50, ms",
        "closed model, p99, ms",
        "fixed rate, p99, ms",
        "virtual users (closed model)",
        "offered requests per second (open model)",
      ]),
    );
  });

  test("shows mean, interval and n of every level of both models, and every run", () => {
    const means = titles(svg, "mean");
    // Two gateways, three levels, two models, two percentiles.
    expect(means).toHaveLength(24);
    expect(means).toEqual(
      expect.arrayContaining([
        "nginx, 1 VU: mean 0.400 (0.390 to 0.410) ms, n = 3",
        "nginx, 100 VUs: mean 32.0 (31.2 to 32.8) ms, n = 3",
        "nginx, 1 requests/s: mean 0.800 (0.780 to 0.820) ms, n = 3",
        "nginx, 100 requests/s: mean 64.0 (62.4 to 65.6) ms, n = 3",
        "envoy, 10 VUs: mean 1.30 (1.27 to 1.33) ms, n = 3",
        "envoy, 10 requests/s: mean 10.40 (10.14 to 10.66) ms, n = 3",
      ]),
    );
    expect(titles(svg, "run valid")).toHaveLength(24 * 3);
    expect(runsOf(svg, "nginx, 100 requests/s").sort((a, b) => a - b)).toEqual([15.8, 16, 16.2, 63.4, 64, 64.6]);
  });

  test("names a cell without a value, and one that never ran", () => {
    const lost = edited(bundle, {
      sample: (row) => (row.cell.endsWith("envoy/10rps") && row.metric.startsWith("latency") ? null : row),
    });
    const absent = { cell: "netns/kernel/ingress/envoy/500rps", reason: "it was planned and never ran" };
    const texts = textsOf(drawn("latency-models", { ...lost, missing: [absent] })).join(" ");
    expect(texts).toContain("No value that counts: envoy, 10 requests/s.");
    expect(texts).toContain("Planned, never ran: netns/kernel/ingress/envoy/500rps.");
  });

  test("is not drawn with one model only", () => {
    expect(renderFigures(closed).map(({ name }) => name)).not.toContain("latency-models");
  });
});

describe("figures of cost", () => {
  test("egress: CPU over idle for each Gbit, with interval, n and every run", () => {
    const svg = drawn("cost-egress");
    // (1.4 - 0.05) cores over 10 Gbit/s, (1.6 - 0.05) over 9.
    expect(titles(svg, "mean")).toEqual([
      "base: mean 0.135 (0.132 to 0.138) core·s/Gbit, n = 3",
      "gateway: mean 0.172 (0.168 to 0.177) core·s/Gbit, n = 3",
    ]);
    expect(runsOf(svg, "base")).toEqual([0.134, 0.135, 0.136]);
    expect(titles(svg, "run invalid")).toHaveLength(1);
    expect(textsOf(svg)).toEqual(
      expect.arrayContaining([
        "0.135 (0.132 to 0.138), n = 3",
        "whole host over its idle window, core·s/Gbit",
        "Invalid, not counted: b1-invalid-gateway (gateway).",
      ]),
    );
  });

  test("ingress: a panel for each model, and in each only the cells that have its load", () => {
    const svg = drawn("cost-ingress");
    const means = titles(svg, "mean");
    expect(means).toHaveLength(12);
    // (1.7 - 0.05) cores over 12,400 requests/s: 0.1331; twice that at the fixed rate.
    expect(means).toContain("nginx, 100 VUs: mean 0.133 (0.130 to 0.136) core·s/1,000 requests, n = 3");
    expect(means).toContain("nginx, 100 requests/s: mean 0.266 (0.260 to 0.273) core·s/1,000 requests, n = 3");
    expect(rowLabels(svg)).toHaveLength(12);
    expect(textsOf(svg)).toEqual(expect.arrayContaining(["closed model", "open model (fixed rate)"]));
    expect(textsOf(svg).join(" ")).not.toContain("No value that counts");
  });

  test.each([
    ["cost-egress", "netns/kernel/egress/base", "base"],
    ["cost-ingress", "netns/kernel/ingress/envoy/10rps", "envoy, 10 requests/s"],
  ])("%s names a cell without a value, and one that never ran", (name, cell, label) => {
    const lost = edited(bundle, {
      sample: (row) => (row.cell === cell && row.metric.startsWith("cpu_per_") ? null : row),
    });
    const absent = { cell: `netns/cilium/${name.slice(5)}/gateway`, reason: "it was planned and never ran" };
    const texts = textsOf(drawn(name, { ...lost, missing: [absent] }));
    expect(texts).toContain("no value");
    expect(texts.join(" ")).toContain(`No value that counts: ${label}.`);
    expect(texts.join(" ")).toContain(`Planned, never ran: ${absent.cell}.`);
  });
});
