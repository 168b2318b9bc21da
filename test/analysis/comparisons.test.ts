import { describe, expect, it } from "vitest";
import { compareCells, plannedComparisons } from "../../analysis/comparisons.ts";
import type { Cell } from "../../analysis/record.ts";
import type { SampleRow } from "../../analysis/tables.ts";
import { syntheticBundle } from "../support/bundle.ts";
import { troubled } from "../support/bundleEdits.ts";

const ingressCell = (gateway: string, vus: number | null, more: Partial<Cell> = {}): Cell => ({
  id: `netns/kernel/ingress/${gateway}/${String(vus)}vus`,
  environment: "netns",
  cni: "kernel",
  scenario: "ingress",
  path: "",
  gateway,
  vus,
  rate: null,
  weights: gateway === "direct" ? "" : "60/40",
  ...more,
});

const pairs = (cells: readonly Cell[]): string[] => [
  ...new Set(plannedComparisons(cells).map(({ a, b }) => `${a} against ${b}`)),
];

describe("the plan of comparisons", () => {
  it("holds the gateway against base, and two gateways at each level, whatever the order of the runs", () => {
    const { cells } = syntheticBundle();
    expect(pairs(cells)).toEqual([
      "netns/kernel/egress/gateway against netns/kernel/egress/base",
      "netns/kernel/ingress/envoy/1vus against netns/kernel/ingress/nginx/1vus",
      "netns/kernel/ingress/envoy/10vus against netns/kernel/ingress/nginx/10vus",
      "netns/kernel/ingress/envoy/100vus against netns/kernel/ingress/nginx/100vus",
    ]);
    expect(plannedComparisons(cells.toReversed())).toEqual(plannedComparisons(cells));
    expect(plannedComparisons(cells).filter(({ metric }) => metric === "rtt")).toHaveLength(3);
    expect(plannedComparisons(cells).map(({ metric }) => metric)).not.toContain("share");
  });

  it("does not compare other weights, levels, CNIs or environments", () => {
    const nginx = ingressCell("nginx", 10);
    for (const other of [
      ingressCell("envoy", 100),
      ingressCell("envoy", 10, { weights: "95/5" }),
      ingressCell("envoy", 10, { cni: "cilium" }),
      ingressCell("envoy", 10, { environment: "local" }),
    ]) {
      expect(plannedComparisons([nginx, other])).toEqual([]);
    }
  });

  it("holds each gateway against the direct path, and no rate of requests where the load sets it", () => {
    const direct = ingressCell("direct", null, { id: "direct", rate: 500 });
    const envoy = ingressCell("envoy", null, { id: "envoy", rate: 500 });
    const plan = plannedComparisons([direct, envoy]);
    expect(plan.map(({ a, b, phase, metric }) => [a, b, phase, metric])).toEqual([
      ["envoy", "direct", "open", "latency_p99"],
      ["envoy", "direct", "open", "cpu"],
    ]);
  });
});

/** Samples of one metric in two cells. */
function samplesOf(a: readonly number[], b: readonly number[], invalid_reason = ""): SampleRow[] {
  const row = (cell: string) => (value: number, index: number) => ({
    ...ingressCell("nginx", 1),
    run_id: `${cell}-${String(index)}`,
    block: index + 1,
    position: 1,
    cell,
    phase: "closed",
    role: "",
    metric: "requests",
    unit: "1/s",
    value,
    valid: cell === "b" || invalid_reason === "",
    invalid_reason: cell === "b" ? "" : invalid_reason,
  });
  return [...a.map(row("a")), ...b.map(row("b"))];
}

const plan = [{ a: "a", b: "b", phase: "closed", role: "", metric: "requests" }] as const;

function only(samples: readonly SampleRow[]) {
  const [row] = compareCells(plan, samples);
  if (row === undefined) throw new Error("no row");
  return row;
}

describe("the verdict", () => {
  it("is different when the interval leaves out no difference", () => {
    const row = only(samplesOf([90, 91, 89, 90], [100, 101, 99, 100]));
    expect(row).toMatchObject({ verdict: "different", n_a: 4, n_b: 4, margin: 0.05, runs_needed: null });
    expect(row.effect).toBeCloseTo(0.9, 3);
    expect(row.ci_low).toBeLessThan(0.9);
    expect(row.ci_high).toBeGreaterThan(0.9);
    expect(row.p_adjusted).toBeLessThan(0.001);
    expect(row.reason).toMatch(/^a is 10\.0 % below b \(-11\.\d % to -8\.\d %\)$/);
  });

  it("is equivalent when the interval lies inside the margin, even where a small difference is certain", () => {
    expect(only(samplesOf([100, 101, 99, 100], [100.5, 99.5, 100, 100]))).toMatchObject({ verdict: "equivalent" });
    const small = only(samplesOf([102, 102.1, 101.9, 102], [100, 100.1, 99.9, 100]));
    expect(small).toMatchObject({ verdict: "equivalent", runs_needed: null });
    expect(small.p_adjusted).toBeLessThan(0.001);
    expect(small.reason).toContain("too small to matter");
  });

  it("is not enough data otherwise, with the runs that would settle it", () => {
    const row = only(samplesOf([90, 110, 100, 95], [100, 120, 105, 98]));
    expect(row.verdict).toBe("not enough data");
    expect(row.runs_needed).toBeGreaterThan(4);
    expect(row.reason).toMatch(
      /holds both no difference and more than the margin of 5 %; 4 runs a side with this spread/,
    );
  });

  it("asks for as many runs as the noncentral t law says", () => {
    // statsmodels 0.15.0, x and y the logarithms, d = abs(mean(x) - mean(y)) / sqrt((var(x) + var(y)) / 2):
    // TTestIndPower().solve_power(d, alpha=0.05, power=0.8, ratio=1); the difference is larger than the margin
    expect(only(samplesOf([90, 110, 100, 95], [100, 120, 105, 98])).runs_needed).toBe(28);
  });

  it("is adjusted for all comparisons that can be tested", () => {
    const samples = samplesOf([95, 97, 92, 96], [100, 98, 101, 99]);
    const alone = only(samples);
    expect(alone.verdict).toBe("different");
    const other = { ...plan[0], a: "b", b: "a" };
    const missing = { ...plan[0], phase: "open" };
    const rows = compareCells([plan[0], other, missing, ...Array.from({ length: 8 }, () => other)], samples);
    expect(rows).toHaveLength(11);
    expect(rows[0]?.p_adjusted).toBeCloseTo(10 * (alone.p_adjusted ?? 0), 10);
    expect(rows[0]).toMatchObject({ verdict: "not enough data", effect: alone.effect, ci_low: alone.ci_low });
    expect(rows[0]?.reason).toContain("does not hold among 10 comparisons");
    expect(rows[2]).toMatchObject({ verdict: "not enough data", p_adjusted: null, reason: "no run of a has a value" });
  });

  it("says why nothing can be tested", () => {
    const reason = (a: readonly number[], b: readonly number[], invalid = ""): string => {
      const row = only(samplesOf(a, b, invalid));
      expect(row).toMatchObject({ verdict: "not enough data", effect: null, p_adjusted: null, runs_needed: null });
      return row.reason;
    };
    expect(reason([], [1, 2])).toBe("no run of a has a value");
    expect(reason([1, 2], [3])).toBe("only one value of b counts, of 1 run, and a spread takes two");
    expect(reason([1, 2], [3, 4], "end-host bound")).toBe("no value of a counts, of 2 runs: end-host bound");
    expect(reason([1, 0], [3, 4])).toBe("a has a value that is not above zero: there is no ratio");
    expect(reason([1, 2], [3, Number.NaN])).toBe("b has a value that is not above zero: there is no ratio");
    expect(reason([1, 1 + 1e-12], [3, 3])).toMatch(/^no value differs between the runs/);
    expect(reason([0.1, 0.1, 0.1], [0.3, 0.3])).toMatch(/^no value differs between the runs/);
  });
});

describe("comparisons of a bundle", () => {
  it("finds what was put in", () => {
    const { comparisons } = syntheticBundle({ runs: 8 }).tables;
    const find = (scenario: string, metric: string, phase: string) =>
      comparisons.find((row) => row.a.includes(scenario) && row.metric === metric && row.phase === phase);
    expect(find("egress", "goodput", "saturated")).toMatchObject({ verdict: "different", n_a: 8, n_b: 8 });
    expect(find("egress", "goodput", "saturated")?.effect).toBeCloseTo(0.9, 10);
    expect(find("egress", "rtt", "half")).toMatchObject({ verdict: "not enough data", n_a: 0 });
    expect(find("ingress/envoy/10vus", "cpu", "closed")).toMatchObject({ n_a: 7, n_b: 8 });
  });

  it.each(Object.entries(troubled))("has a reason and no broken number in: %s", (_, make) => {
    const { cells, tables } = make();
    expect(tables.comparisons).toHaveLength(plannedComparisons(cells).length);
    for (const row of tables.comparisons) {
      expect(row.reason).not.toBe("");
      expect(row.reason).not.toMatch(/NaN|Infinity|undefined/);
      for (const value of [row.effect, row.ci_low, row.ci_high, row.p_adjusted, row.runs_needed]) {
        if (value !== null) expect(Number.isFinite(value)).toBe(true);
      }
    }
  });
});
