import { describe, expect, test } from "vitest";
import type { Bundle } from "../../analysis/bundle.ts";
import { figureTable, renderFigures } from "../../analysis/figures/index.ts";
import { viewOf } from "../../analysis/figures/view.ts";
import { toneOf } from "../../analysis/theme.ts";
import { syntheticBundle } from "../support/bundle.ts";
import { edited, starvedBackend, threeBackends, troubled } from "../support/bundleEdits.ts";
import { brokenTag, marksOf, rowLabels, textsOf, type Mark } from "../support/svg.ts";

const bundle = syntheticBundle();
const figures = new Map(renderFigures(bundle).map((figure) => [figure.name, figure.svg]));

function drawn(name: string, of: Bundle = bundle): string {
  // Only the one that is asked for: drawing all of a bundle takes a second.
  const kind = figureTable.find((each) => each.name === name);
  const svg =
    of === bundle ? figures.get(name) : kind?.needs(viewOf(of)) === true ? kind.render(viewOf(of)) : undefined;
  if (svg === undefined) throw new Error(`no figure ${name}`);
  return svg;
}

function titles(svg: string, kind: string): string[] {
  return marksOf(svg)
    .filter((mark) => mark.kind === kind)
    .map(({ title }) => title);
}

describe("figures of the synthetic bundle", () => {
  test("all are drawn, in the order of the table", () => {
    const absent = ["latency-models", "time"];
    const names = figureTable
      .map(({ name }) => name)
      .filter((name) => !name.endsWith("-rate") && !absent.includes(name));
    expect([...figures.keys()]).toEqual(names);
  });

  test("goodput shows mean, interval and n of each cell, and every run", () => {
    const svg = drawn("goodput");
    // 9.9, 10, 10.1: half-width 4.3027 * 0.1 / sqrt(3) = 0.248
    expect(titles(svg, "mean")).toEqual([
      "base: mean 10.00 (9.75 to 10.25) Gbit/s, n = 3",
      "gateway: mean 9.00 (8.78 to 9.22) Gbit/s, n = 3",
    ]);
    expect(titles(svg, "run valid").map((title) => /: ([\d.]+) Gbit/.exec(title)?.[1])).toEqual([
      "9.90",
      "10.0",
      "10.1",
      "8.91",
      "9.00",
      "9.09",
    ]);
    expect(textsOf(svg)).toContain("10.00 (9.75 to 10.25), n = 3");
    expect(textsOf(svg)).toContain("goodput, Gbit/s");
    expect(textsOf(svg)[1]).toBe("All cells: netns, kernel, egress. Each run counts once; n = 3 in a cell.");
  });

  test("an invalid run is crossed out, not counted, and named with its reason", () => {
    const svg = drawn("goodput");
    expect(titles(svg, "run invalid")).toEqual([
      "gateway, run b1-invalid-gateway: 4.50 Gbit/s, invalid: 2 of 4 measured connections came from 10.0.0.3 instead of the expected source address 10.0.0.9",
    ]);
    expect(textsOf(svg)).toContain("Invalid, not counted: b1-invalid-gateway (gateway).");
  });

  test("round-trip time has a panel for each phase", () => {
    const svg = drawn("rtt");
    expect(textsOf(svg)).toEqual(expect.arrayContaining(["unloaded", "saturated"]));
    expect(titles(svg, "mean")[0]).toBe("base: mean 20.0 (19.5 to 20.5) µs, n = 3");
    expect(titles(svg, "mean")).toHaveLength(4);
  });

  test("requests and latency give the mean at every level", () => {
    expect(titles(drawn("requests-vus"), "mean")).toEqual([
      "envoy, 1 VU: mean 1,700 (1,658 to 1,742) 1/s, n = 3",
      "envoy, 10 VUs: mean 7,000 (6,826 to 7,174) 1/s, n = 3",
      "envoy, 100 VUs: mean 11,000 (10,727 to 11,273) 1/s, n = 3",
      "nginx, 1 VU: mean 2,100 (2,048 to 2,152) 1/s, n = 3",
      "nginx, 10 VUs: mean 12,000 (11,702 to 12,298) 1/s, n = 3",
      "nginx, 100 VUs: mean 12,400 (12,092 to 12,708) 1/s, n = 3",
    ]);
    const latency = titles(drawn("latency-vus"), "mean");
    expect(latency).toHaveLength(12);
    expect(latency).toContain("nginx, 100 VUs: mean 32.0 (31.2 to 32.8) ms, n = 3");
  });

  test("a value that is void in every run is hollow and says why", () => {
    const svg = drawn("requests-vus", syntheticBundle({ endHostBound: [100] }));
    expect(titles(svg, "run void")).toHaveLength(6);
    expect(titles(svg, "mean")).toContain("nginx, 100 VUs: mean 12,400 (12,092 to 12,708) 1/s, n = 3, end-host bound");
    expect(textsOf(svg).join(" ")).toContain("Hollow: void in every run (end-host bound)");
    const hollow = marksOf(svg).filter(({ kind, title }) => kind === "mean" && title.includes("end-host bound"));
    expect(hollow.map(({ colour }) => colour)).toEqual(["#ffffff", "#ffffff"]);
  });

  test("CPU stands beside its idle window; a void run is drawn but not counted", () => {
    const means = titles(drawn("cpu-ingress"), "mean");
    expect(means).toContain("nginx, 1 VU, idle: mean 0.0500 (0.0488 to 0.0512) cores, n = 3");
    expect(means).toContain("nginx, 1 VU, closed model: mean 0.900 (0.878 to 0.922) cores, n = 3");
    expect(means.find((title) => title.startsWith("envoy, 10 VUs, closed model"))).toMatch(/n = 2$/);
    expect(titles(drawn("cpu-ingress"), "run void")).not.toHaveLength(0);
  });

  test("windows: as many outside the band as counted by hand, each with its own band", () => {
    const svg = drawn("split-windows");
    const inside = titles(svg, "window inside");
    const outside = titles(svg, "window outside");
    expect(inside.length + outside.length).toBe(54);
    const parsed = [
      ...inside.map((title) => [title, false] as const),
      ...outside.map((title) => [title, true] as const),
    ];
    for (const [title, isOutside] of parsed) {
      const [share = 0, n = 0] = [/s: ([\d.]+) %/, /of ([\d,]+) requests/].map((pattern) =>
        Number(pattern.exec(title)?.[1]?.replaceAll(",", "")),
      );
      const sigma = Math.sqrt((0.6 * 0.4) / n) * 100;
      // Near the edge the exact band and the normal one differ a little.
      const distance = Math.abs(share - 60) / sigma;
      if (Math.abs(distance - 1.96) > 0.1) expect(distance > 1.96, title).toBe(isOutside);
    }
    const claimed = textsOf(svg).flatMap((text) => /: (\d+) of 9 windows outside/.exec(text)?.[1] ?? []);
    expect(claimed.reduce((sum, text) => sum + Number(text), 0)).toBe(outside.length);
  });

  test("whole runs: distance from the weight with its Wilson interval", () => {
    const [first = ""] = titles(drawn("split-runs"), "run valid");
    expect(first).toMatch(
      /^b1-netns-kernel-ingress-envoy-1vus, echo-1: \d\d\.\d\d % of 5,100 requests, [+−]\d\.\d\d points from the weight/,
    );
    expect(titles(drawn("split-runs"), "run valid")).toHaveLength(18);
  });

  test("more than two backends have a row each; two have one, since the other is its mirror", () => {
    const rows = rowLabels(drawn("split-runs", threeBackends())).map(({ text }) => text);
    expect(rows).toHaveLength(18);
    expect(rows).toContain("nginx, 10 VUs, echo-3");
    expect(rowLabels(drawn("split-runs")).map(({ text }) => text)).toContain("nginx, 10 VUs");
  });

  test("drift shows each run's distance from its cell's mean", () => {
    const runs = titles(drawn("drift"), "run valid");
    expect(runs).toHaveLength(24);
    expect(runs[0]).toBe("base, run b1-netns-kernel-egress-base: −1.0 %");
    expect(titles(drawn("drift"), "run invalid")).toEqual(["gateway, run b1-invalid-gateway: −50.0 %, invalid"]);
  });

  test("a thing has the same colour in every figure, and different things have different ones", () => {
    const colours = (name: string, start: string): string[] => [
      ...new Set(
        marksOf(drawn(name))
          .filter(({ kind, title }) => kind === "run valid" && title.startsWith(start) && !title.includes("idle"))
          .map(({ colour }: Mark) => colour),
      ),
    ];
    for (const name of ["requests-vus", "latency-vus", "cpu-ingress", "memory-ingress", "drift"]) {
      expect(colours(name, "nginx"), name).toEqual([toneOf("nginx").light]);
      expect(colours(name, "envoy"), name).toEqual([toneOf("envoy").light]);
    }
    const known = ["kernel", "cilium", "antrea", "nginx", "envoy", "direct"].map((name) => toneOf(name).light);
    expect(new Set(known).size).toBe(known.length);
  });

  test("a cell without values is named in the figure", () => {
    const lost = edited(bundle, {
      sample: (row) => (row.cell === "netns/kernel/egress/base" && row.metric === "goodput" ? null : row),
    });
    expect(textsOf(drawn("goodput", lost))).toEqual(
      expect.arrayContaining(["no value", "No value that counts: base."]),
    );
    expect(textsOf(drawn("requests-vus", troubled["a cell without values"]?.() ?? bundle)).join(" ")).toContain(
      "No value that counts: envoy, 10 VUs.",
    );
  });

  test("a backend without requests is off by its whole weight", () => {
    expect(titles(drawn("split-runs", starvedBackend()), "run valid")[0]).toContain("100.00 % of");
  });
});

describe("every figure", () => {
  const all = Object.entries(troubled).flatMap(([trouble, make]) =>
    renderFigures(make()).map((figure) => ({ ...figure, trouble })),
  );

  test.each(all.map((figure) => [`${figure.name}, ${figure.trouble}`, figure.svg] as const))(
    "is a whole SVG file with a name and numbers: %s",
    (_, svg) => {
      expect(brokenTag(svg)).toBe("");
      expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"[^>]* role="img" aria-label="[^"]+"/);
      expect(svg).toMatch(/<title>[^<]+<\/title><desc>[^<]*<\/desc>/);
      expect(svg).not.toMatch(/NaN|undefined|Infinity|\[object/);
      expect(svg.replace("http://www.w3.org/2000/svg", "")).not.toMatch(/http|<style|<script|<image|@import/);
    },
  );

  test("stays readable with twelve cells and long names: no two row labels on top of each other, all different", () => {
    const cnis = [
      "kernel",
      "cilium",
      "antrea",
      "a-plugin-with-a-long-name",
      "calico",
      "another-plugin-with-a-long-name",
    ];
    const id = (cell: string, cni: string): string => cell.replace("kernel", cni);
    const copies = cnis.map((cni) =>
      edited(bundle, {
        record: (run) =>
          run.cell.scenario === "ingress"
            ? null
            : { ...run, run_id: `${cni}-${run.run_id}`, cell: { ...run.cell, id: id(run.cell.id, cni), cni } },
      }),
    );
    const samples = cnis.flatMap((cni) =>
      bundle.tables.samples
        .filter(({ scenario }) => scenario === "egress")
        .map((row) => ({ ...row, run_id: `${cni}-${row.run_id}`, cell: id(row.cell, cni), cni })),
    );
    const many: Bundle = {
      ...bundle,
      records: copies.flatMap(({ records }) => records),
      cells: copies.flatMap(({ cells }) => cells),
      invalid: copies.flatMap(({ invalid }) => invalid),
      tables: { ...bundle.tables, samples, windows: [], splits: [] },
    };
    const labels = rowLabels(drawn("goodput", many));
    expect(labels).toHaveLength(12);
    expect(new Set(labels.map(({ text }) => text)).size).toBe(12);
    const gaps = labels.slice(1).map(({ y }, index) => y - (labels[index]?.y ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(16);
    expect(Math.max(...labels.map(({ text }) => text.length))).toBeLessThan(40);
  });

  test("cells stand in one order whatever the order of the runs", () => {
    const reversed = edited(bundle, {
      record: (run) => ({ ...run, load: { ...run.load, started_s: 3e9 - run.load.started_s } }),
    });
    for (const name of ["goodput", "cpu-ingress", "split-runs"]) {
      expect(rowLabels(drawn(name, reversed)), name).toEqual(rowLabels(drawn(name)));
    }
  });
});
