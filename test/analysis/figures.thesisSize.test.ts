/** The thesis' figures 5.1 to 5.13 on bundles of its size: what is drawn is what was measured, with n and intervals. */
import { describe, expect, test } from "vitest";
import type { Bundle } from "../../analysis/bundle.ts";
import { figureTable } from "../../analysis/figures/index.ts";
import { fiveSeconds } from "../../analysis/figures/splitWindows.ts";
import { viewOf } from "../../analysis/figures/view.ts";
import { missingCells } from "../../analysis/missing.ts";
import { inks, toneOf } from "../../analysis/theme.ts";
import { thesisEgress, thesisEgressBundle, thesisIngress, thesisIngressBundle } from "../support/thesisBundle.ts";
import { marksOf, textsOf } from "../support/svg.ts";

/** Drawn when first asked for: not every test needs every figure. */
function drawnOf(bundle: Bundle): { get: (name: string) => string | undefined } {
  const drawn = new Map<string, string>();
  return {
    get: (name) => {
      const kind = figureTable.find((each) => each.name === name);
      const svg = drawn.get(name) ?? kind?.render(viewOf(bundle));
      if (svg !== undefined) drawn.set(name, svg);
      return svg;
    },
  };
}

const figureNames = {
  egress: ["host-cpu", "host-memory", "goodput", "rtt", "runs-cpu", "runs-memory", "runs-goodput", "runs-rtt"],
  ingress: ["host-vus", "split-share", "split-ratio-windows", "split-distance-windows"],
} as const;
const egress = thesisEgressBundle({ outlier: 1.6 });
const ingress = thesisIngressBundle();
const figures = { egress: drawnOf(egress), ingress: drawnOf(ingress) };

const marks = (svg: string | undefined, kind: string) => marksOf(svg ?? "").filter((mark) => mark.kind === kind);
/** Value, ends of the interval and n of a mark's title. */
function read(title: string): { value: number; low: number; high: number; n: number } {
  const [, value, low, high, n] = /mean ([\d.,]+) \(([\d.,]+) to ([\d.,]+)\).*, n = (\d+)/.exec(title) ?? [];
  const number = (text: string | undefined): number => Number(text?.replaceAll(",", ""));
  return { value: number(value), low: number(low), high: number(high), n: number(n) };
}

/** Means and Student t intervals by hand: t(0.975) at 7 and at 15 degrees of freedom. */
function naive(values: readonly number[]): { value: number; half: number } {
  const t = { 8: 2.364624, 16: 2.13145 }[values.length] ?? Number.NaN;
  const value = values.reduce((sum, each) => sum + each, 0) / values.length;
  const variance = values.reduce((sum, each) => sum + (each - value) ** 2, 0) / (values.length - 1);
  return { value, half: t * Math.sqrt(variance / values.length) };
}

function samples(bundle: Bundle, cell: string, phase: string, metric: string, role = ""): number[] {
  return bundle.tables.samples
    .filter((row) => row.cell === cell && row.phase === phase && row.metric === metric && row.role === role)
    .map(({ value }) => value);
}

/** Reads one mark back and holds it against runs. */
function expectMean(svg: string | undefined, kind: string, start: string, values: readonly number[], factor: number) {
  const title = marks(svg, kind).find((mark) => mark.title.startsWith(start))?.title ?? `no mark ${start}`;
  const { value, half } = naive(values.map((each) => each / factor));
  const shown = read(title);
  const digits = /mean [\d,]+\.?(\d*)/.exec(title)?.[1]?.length ?? 0;
  const rounding = 0.51 * 10 ** -digits;
  expect(Math.abs(shown.value - value), title).toBeLessThanOrEqual(rounding);
  expect(Math.abs(shown.low - (value - half)), title).toBeLessThanOrEqual(rounding);
  expect(Math.abs(shown.high - (value + half)), title).toBeLessThanOrEqual(rounding);
  expect(shown.n, title).toBe(values.length);
  return value;
}

describe("egress: 5.1 to 5.8", () => {
  const kinds = [
    { means: "host-cpu", runs: "runs-cpu", metric: "cpu", role: "host", factor: 1, at: 2, figure: "5.1 a, 5.2 a, 5.3" },
    {
      means: "host-memory",
      runs: "runs-memory",
      metric: "memory",
      role: "host",
      factor: 1024 ** 3,
      at: 3,
      figure: "5.1 b, 5.2 b, 5.4",
    },
    {
      means: "goodput",
      runs: "runs-goodput",
      metric: "goodput",
      role: "",
      factor: 1e9,
      at: 0,
      figure: "5.5 a, 5.6 a, 5.7",
    },
    { means: "rtt", runs: "runs-rtt", metric: "rtt", role: "", factor: 1e-6, at: 1, figure: "5.5 b, 5.6 b, 5.8" },
  ] as const;

  test.each(kinds)("$figure: means, intervals and n of the four cases", ({ means, runs, metric, role, factor, at }) => {
    for (const [id, truth] of Object.entries(thesisEgress)) {
      const [cni = "", path = ""] = id.split("/");
      const values = samples(egress, `local/${cni}/egress/${path}`, "saturated", metric, role);
      expect(values).toHaveLength(8);
      const label = `${cni}, ${path}:`;
      const saturated = figures.egress.get(means)?.split('font-weight="600"').at(-1);
      const value = expectMean(
        means === "rtt" ? `<g>${saturated ?? ""}` : figures.egress.get(means),
        "mean",
        label,
        values,
        factor,
      );
      expectMean(figures.egress.get(runs), "mean", label, values, factor);
      // The outlier of the sixth run is in the mean of one cell, by intention.
      if (!(metric === "cpu" && id === "cilium/gateway")) expect(value).toBeCloseTo(truth[at] / factor, 6);
    }
  });

  test("5.2 a: the outlier stays, and the truncated mean stands beside the mean in the figures", () => {
    const values = samples(egress, "local/cilium/egress/gateway", "saturated", "cpu", "host");
    const inner = values.toSorted((a, b) => a - b).slice(1, -1);
    const truncated = inner.reduce((sum, value) => sum + value, 0) / 6;
    for (const name of ["host-cpu", "runs-cpu"]) {
      const [title = ""] = marks(figures.egress.get(name), "truncated").flatMap(({ title: text }) =>
        text.startsWith("cilium, gateway") ? [text] : [],
      );
      expect(Number(/truncated mean ([\d.]+) cores/.exec(title)?.[1])).toBeCloseTo(truncated, 2);
    }
    expect(truncated).toBeLessThan(naive(values).value - 0.15);
    const runs = marks(figures.egress.get("runs-cpu"), "run valid").filter(({ title }) =>
      title.startsWith("cilium, gateway"),
    );
    // In the panel of all, against Antrea, and against base.
    expect(runs).toHaveLength(3 * 8);
  });

  test("5.3, 5.4, 5.7, 5.8: panel of all, then pairs a to d; each run has the interval inside it", () => {
    for (const name of ["runs-cpu", "runs-memory", "runs-goodput", "runs-rtt"]) {
      const texts = textsOf(figures.egress.get(name) ?? "");
      const panels = [
        "all cells",
        "gateway: antrea against cilium",
        "base: antrea against cilium",
        "antrea: gateway against base",
        "cilium: gateway against base",
      ];
      expect(texts.filter((text) => panels.includes(text))).toEqual(panels);
      const inside = marks(figures.egress.get(name), "inside");
      expect(inside).toHaveLength(3 * 4 * 8);
      expect(inside[0]?.title).toMatch(/: ([\d.]+) \(([\d.]+) to ([\d.]+) inside the run\)/);
      expect(texts.join(" ")).toMatch(/antrea, gateway: [\d.]+ \([\d.]+ to [\d.]+\), n = 8, truncated [\d.]+/);
    }
    const [row] = egress.tables.inside.filter(({ metric }) => metric === "goodput");
    const title = marks(figures.egress.get("runs-goodput"), "inside").find((mark) =>
      mark.title.includes(row?.run_id ?? "–"),
    );
    const [, low, high] = /\(([\d.]+) to ([\d.]+) inside/.exec(title?.title ?? "") ?? [];
    expect(Number(low)).toBeCloseTo((row?.ci_low ?? 0) / 1e9, 2);
    expect(Number(high)).toBeCloseTo((row?.ci_high ?? 0) / 1e9, 2);
  });

  test("an axis that does not start at zero says so", () => {
    expect(textsOf(figures.egress.get("runs-goodput") ?? "").at(-1)).toMatch(
      /^The upright axis starts at [\d.]+ Gbit\/s, not at zero\.$/,
    );
  });
});

describe("ingress: 5.9 to 5.13", () => {
  const cell = (cni: "antrea" | "cilium", vus: number): string =>
    `local/${cni}/ingress/${cni === "antrea" ? "nginx" : "cilium"}/${String(vus)}vus`;
  const cases = (["antrea", "cilium"] as const).flatMap((cni) => [1, 10, 100, 1000].map((vus) => ({ cni, vus })));
  const lineOf = (cni: string): string => (cni === "antrea" ? "antrea with nginx" : "cilium");
  const levelOf = (vus: number): string => (vus === 1 ? "1 VU" : `${vus.toLocaleString("en-US")} VUs`);

  test.each(cases)("5.9, 5.10: CPU and memory of $cni at $vus VUs", ({ cni, vus }) => {
    const svg = figures.ingress.get("host-vus");
    const [, cpu = 0] = thesisIngress.local[cni][vus] ?? [];
    const start = `${lineOf(cni)}, ${levelOf(vus)}:`;
    const both = marks(svg, "mean").filter(({ title }) => title.startsWith(start));
    expect(both).toHaveLength(2);
    expect(expectMean(svg, "mean", start, samples(ingress, cell(cni, vus), "closed", "cpu", "host"), 1)).toBeCloseTo(
      cpu,
      9,
    );
    const memory = naive(
      samples(ingress, cell(cni, vus), "closed", "memory", "host").map((bytes) => bytes / 1024 ** 3),
    );
    const shown = read(both[1]?.title ?? "");
    expect(shown.value).toBeCloseTo(memory.value, 1);
    expect(shown.high - shown.low).toBeCloseTo(2 * memory.half, 2);
    expect(both[1]?.title).toMatch(/ GiB, n = 16$/);
  });

  test.each(cases)("5.11: share of $cni at $vus VUs beside its weight and what chance allows", ({ cni, vus }) => {
    const svg = figures.ingress.get("split-share");
    const start = `${lineOf(cni)}, ${levelOf(vus)}:`;
    expectMean(svg, "mean", start, samples(ingress, cell(cni, vus), "closed", "share", "echo-1"), 0.01);
    const chance = marks(svg, "chance").find(({ title }) => title.startsWith(start))?.title ?? "";
    const [, low, high, n] = /allows ([\d.]+) to ([\d.]+) % at ([\d,]+) requests/.exec(chance) ?? [];
    const requests = (thesisIngress.local[cni][vus]?.[0] ?? 0) * 120;
    expect(Number(n?.replaceAll(",", ""))).toBe(requests);
    const sigma = Math.sqrt(0.24 / requests) * 100;
    expect(Number(low)).toBeCloseTo(60 - 1.96 * sigma, 1);
    expect(Number(high)).toBeCloseTo(60 + 1.96 * sigma, 1);
  });

  test.each([
    ["split-ratio-windows", (share: number) => share * 100],
    ["split-distance-windows", (share: number) => Math.abs(share - 0.6) * 100],
  ] as const)("5.12, 5.13: %s, each window of 5 s at each level over the runs", (name, value) => {
    const svg = figures.ingress.get(name);
    expect(marks(svg, "window mean")).toHaveLength(2 * 4 * 24);
    for (const { cni, vus } of cases) {
      for (const start of [0, 55, 115]) {
        const rows = ingress.tables.windows.filter(
          (row) => row.window_start_s === start && row.run_id.endsWith(cell(cni, vus).replaceAll("/", "-")),
        );
        const shares = [...Map.groupBy(rows, ({ run_id }) => run_id).values()].map((own) => {
          const total = own.reduce((sum, { requests }) => sum + requests, 0);
          return value((own.find(({ backend }) => backend === "echo-1")?.requests ?? 0) / total);
        });
        const level = vus === 1 ? "1 VU" : `${String(vus)} VUs`;
        expectMean(
          svg,
          "window mean",
          `${lineOf(cni)}, ${level}, ${String(start)} to ${String(start + 5)} s:`,
          shares,
          1,
        );
      }
    }
  });

  test("5.13: chance stands beside the distance, and a scheduled split lies below it", () => {
    const scheduled =
      drawnOf(thesisIngressBundle({ dispersion: { cilium: 0.04 } })).get("split-distance-windows") ?? "";
    // A panel names what chance gives, in the order of its lines, before the lines with their means.
    let chances: number[] = [];
    const keys = textsOf(scheduled).flatMap((text) => {
      const [, given] = /\(by chance ([\d. and]+)\)$/.exec(text) ?? [];
      if (given !== undefined) chances = given.split(" and ").map(Number);
      const [, name = "", mean] = /^(\S.*): ([\d.]+) \(.*, n = 16$/.exec(text) ?? [];
      if (mean === undefined) return [];
      const chance = chances.length === 1 ? chances[0] : chances.shift();
      return [{ name, ratio: Number(mean) / (chance ?? NaN) }];
    });
    expect(keys).toHaveLength(8);
    for (const { name, ratio } of keys) {
      if (name === "cilium") expect(ratio).toBeLessThan(0.35);
      else expect(ratio).toBeGreaterThan(0.8);
    }
  });

  test("windows of one second are taken together to five, whole ones only", () => {
    const window = (start_s: number, n: number, share: number) => ({
      ...{ run_id: "r", start_s, window_s: 1, n, share, low: 0, high: 1, outside: false },
    });
    const seconds = Array.from({ length: 17 }, (_, second) =>
      window(second, second < 5 ? 10 : 30, second < 5 ? 0.5 : 0.7),
    );
    const five = fiveSeconds(seconds);
    expect(five.map(({ start_s, window_s, n }) => [start_s, window_s, n])).toEqual([
      [0, 5, 50],
      [5, 5, 150],
      [10, 5, 150],
    ]);
    expect(five[0]?.share).toBeCloseTo(0.5, 12);
    expect(five[1]?.share).toBeCloseTo(0.7, 12);
    expect(fiveSeconds(seconds.slice(0, 9))).toHaveLength(9);
  });
});

test.each(["egress", "ingress"] as const)("a CNI has one colour in every figure: %s", (scenario) => {
  for (const name of figureNames[scenario]) {
    for (const cni of ["antrea", "cilium"]) {
      const own = marksOf(figures[scenario].get(name) ?? "").filter(
        ({ title, kind, colour }) =>
          title.startsWith(cni) && /^(run valid|mean|window mean)$/.test(kind) && colour !== inks.paper.light,
      );
      expect(own.length, name).toBeGreaterThan(0);
      for (const { colour } of own) expect(colour, name).toBe(toneOf(cni).light);
    }
  }
});

test.each(["egress", "ingress"] as const)("a planned cell that never ran is named in every figure: %s", (scenario) => {
  const bundle = { egress, ingress }[scenario];
  const lost = bundle.cells.find(({ cni, vus }) => cni === "antrea" && (vus === null || vus === 100))?.id ?? "";
  const records = bundle.records.filter(({ cell }) => cell.id !== lost);
  const runs = new Set(records.map(({ run_id }) => run_id));
  const partial: Bundle = {
    ...bundle,
    records,
    cells: bundle.cells.filter(({ id }) => id !== lost),
    missing: missingCells(bundle.plan, records),
    tables: {
      ...bundle.tables,
      samples: bundle.tables.samples.filter((row) => runs.has(row.run_id)),
      windows: bundle.tables.windows.filter((row) => runs.has(row.run_id)),
    },
  };
  const drawn = drawnOf(partial);
  for (const name of figureNames[scenario]) {
    expect(textsOf(drawn.get(name) ?? "").join(" "), name).toContain(`Planned, never ran: ${lost}.`);
  }
});
