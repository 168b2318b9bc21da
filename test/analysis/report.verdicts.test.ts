import { expect, test } from "vitest";
import { viewOf } from "../../analysis/figures/view.ts";
import type { Plan } from "../../analysis/plan.ts";
import { renderMarkdown } from "../../analysis/report/markdown.ts";
import { methodPart } from "../../analysis/report/sections/background.ts";
import { optionsOf, choicesOf } from "../../analysis/report/decision.ts";
import { qualityPart } from "../../analysis/report/sections/quality.ts";
import { resourcesPart } from "../../analysis/report/sections/resources.ts";
import { sources } from "../../analysis/report/sources.ts";
import { renderFigures } from "../../analysis/figures/index.ts";
import { renderReport } from "../../analysis/report/report.ts";
import { askedComparisons, effectText } from "../../analysis/report/words.ts";
import { verdictsPart } from "../../analysis/report/sections/verdicts.ts";
import type { Bundle } from "../../analysis/bundle.ts";
import { syntheticBundle } from "../support/bundle.ts";
import { edited, troubled } from "../support/bundleEdits.ts";

const bundle = syntheticBundle();

function text(of: Bundle): string {
  const material = { view: viewOf(of), figures: [], findings: [] };
  return `${verdictsPart(material).text} ${qualityPart(material).text}`
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}

const claimed = (expected: "below" | "above"): Plan["comparisons"][number] => ({
  ...{ a: "netns/kernel/egress/gateway", b: "netns/kernel/egress/base", phase: "saturated", role: "" },
  ...{ metric: "goodput", margin: 0.05 },
  claim: { text: "A gateway costs goodput", source: "thesis, figure 5.7", expect: expected },
});

const plan = (comparison: Plan["comparisons"][number]): Plan => ({
  ...{ schema: 1, name: "quick", description: "", seed: 1, replication: "reuse", limits: {} },
  stopping: { rule: "fixed", blocks: 3 },
  cells: bundle.cells.map((cell) => ({ ...cell, lab: "lab" })),
  comparisons: [comparison],
});

test("a claim stands with its verdict, effect and interval", () => {
  expect(text({ ...bundle, plan: plan(claimed("below")) })).toMatch(
    /1 claim: 1 confirmed.* A gateway costs goodput thesis, figure 5\.7 confirmed −10\.0 % \(−12\.0 to −7\.9 %\)/,
  );
  expect(text({ ...bundle, plan: plan(claimed("above")) })).toContain("refuted");
});

test("without a plan it says that no claim is tested", () => {
  expect(text(bundle)).toContain("The campaign names no claim to test.");
});

test("a cell without a valid run is named with its reason", () => {
  const missing = [{ cell: "kind/cilium/egress/gateway", reason: "it was planned and never ran" }];
  expect(text({ ...bundle, missing })).toContain("kind/cilium/egress/gateway it was planned and never ran");
});

test("time is summed by what it went on, and its shares are of the whole", () => {
  const spans = [
    { ...span, what: "load", seconds: 20 },
    { ...span, what: "load", seconds: 10 },
    { ...span, what: "build", seconds: 10 },
  ] as const;
  expect(text({ ...bundle, spans })).toMatch(/load 2 30\.0 75\.0 build 1 10\.0 25\.0/);
  expect(text(bundle)).not.toContain("Where the time went");
});

test("without a run nothing can be compared, and it says so", () => {
  expect(text(edited(bundle, { record: () => null }))).toContain("No two cells of this bundle could be compared.");
});

test("what a set-up cannot show is that of its own runs: each limit once, nothing of one machine in a cloud", () => {
  const limited = edited(bundle, {
    record: (run) => ({ ...run, limits: ["a limit <b>"], cell: { ...run.cell, environment: "aks" } }),
  });
  const { text: cloud } = methodPart({ view: viewOf(limited), figures: [], findings: [] });
  expect(cloud.match(/a limit &#60;b&#62;/g)).toHaveLength(1);
  expect(cloud).not.toContain("No cable");
  expect(methodPart({ view: viewOf(bundle), figures: [], findings: [] }).text).toContain("No cable");
});

test("what the whole host is, is said for each environment", () => {
  const said = (environment: string): string =>
    resourcesPart({
      view: viewOf(edited(bundle, { record: (run) => ({ ...run, cell: { ...run.cell, environment } }) })),
      figures: [],
      findings: [],
    }).text.replace(/\s+/g, " ");
  for (const environment of ["netns", "local"]) {
    expect(said(environment)).toContain(`In ${environment} all roles of the lab run on one machine`);
    expect(said(environment)).not.toContain("all nodes of the cluster");
  }
  for (const environment of ["aks", "existing"]) {
    expect(said(environment)).toContain(`In ${environment} the whole host is all nodes of the cluster together`);
    expect(said(environment)).not.toContain("one machine");
  }
});

test("report.md has the findings and every comparison; its tables are whole in every bundle that went wrong", () => {
  const whole = renderMarkdown({ ...bundle, plan: plan(claimed("below")) });
  expect(whole).toContain("## Findings");
  expect(whole).toMatch(/\| A gateway costs goodput \| thesis, figure 5\.7 \| confirmed \| −10\.0 %/);
  for (const make of [() => bundle, ...Object.values(troubled)]) {
    const of = make();
    const lines = renderMarkdown(of).split("\n");
    const start = lines.findIndex((line) => line.startsWith("| Question |")) + 2;
    const rows = start < 2 ? [] : lines.slice(start, lines.indexOf("", start));
    expect(rows).toHaveLength(askedComparisons(of).asked.length);
    for (const row of rows) expect(row.split(/(?<!\\)\|/)).toHaveLength(9);
    expect(lines.join("\n")).not.toMatch(/NaN|undefined|Infinity/);
  }
});

test("effects are told in percent, large ones as factors, none as a dash", () => {
  const of = (effect: number | null, ci_low: number | null, ci_high: number | null): string =>
    effectText({ effect, ci_low, ci_high });
  expect(of(0.9, 0.88, 0.92)).toBe("−10.0 % (−12.0 to −8.0 %)");
  expect(of(1.004, 1.001, 1.007)).toBe("+0.40 % (+0.10 to +0.70 %)");
  expect(of(1.3, 0.9, 1.7)).toBe("+30 % (−10 to +70 %)");
  expect(of(2.5, 2.25, 3)).toBe("2.50 times (2.25 to 3.00)");
  expect(of(0.4, 0.3, 0.5)).toBe("0.40 times (0.30 to 0.50)");
  expect(of(null, null, null)).toBe("–");
});

test("the decision tells of each option what it gives, what it costs, how sure, and what is not known", () => {
  const bound = syntheticBundle({ endHostBound: [100] });
  const [egress, envoy, nginx, ...others] = optionsOf(viewOf(bound));
  expect(others).toEqual([]);
  expect(egress).toMatchObject({
    name: "kernel",
    gives: [
      "9.00 (8.78 to 9.22) Gbit/s goodput through the gateway",
      "90 % of its base goodput (88 to 92 %)",
      "the expected source address on all 12 connections",
    ],
    sure: ["n = 3 in a cell", "4 of 4 comparisons settled: 4 different, 0 as good as equal"],
    open: ["round-trip time at half load: not in this campaign", "1 invalid run, not counted"],
  });
  expect(egress?.costs).toContain("round-trip time, saturated: +25.0 % (+22.2 to +27.9 %) against base");
  expect(nginx?.gives[0]).toBe("requests/s: 2,100 at 1 VU and 12,000 at 10 VUs");
  expect(envoy?.open).toContain("capacity and latency at 100 VUs: the machine, not the gateway, was the limit");
  const [choice, ...more] = choicesOf(viewOf(bound), optionsOf(viewOf(bound)));
  expect(more).toEqual([]);
  expect(choice).toMatchObject({ a: "envoy", b: "nginx", forA: [] });
  expect(choice?.forB).toContain("requests/s at 1 VU −19.0 % (−20.9 to −17.2 %)");
  // What the machine limited is open, without an effect that could be read as one of the gateways.
  expect(choice?.open).toEqual(["requests/s at 100 VUs", "p99 latency at 100 VUs"]);
});

test("what no run had the phase for is told in a sentence, not in a row", () => {
  expect(text(bundle)).toContain(
    "Not compared, since no run of this campaign has the phase: round-trip time, half of base rate.",
  );
  expect(askedComparisons(bundle).asked.some(({ phase }) => phase === "half")).toBe(false);
});

test("every table that is listed as reproducible is in the report, under its id", () => {
  const skewed = { ...bundle, spans: [{ ...span, what: "load", seconds: 20 }] } as const;
  const claims = { ...skewed, plan: plan(claimed("below")), missing: [{ cell: "x", reason: "y" }] };
  const whole = renderReport(claims, renderFigures(claims));
  for (const { id } of sources) expect(whole, id).toContain(`id="${id}"`);
});

const span = { event: "span", t_s: 1, lab: "lab", run: null, cell: null } as const;
