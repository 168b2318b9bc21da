import { expect, test } from "vitest";
import { viewOf } from "../../analysis/figures/view.ts";
import type { Plan } from "../../analysis/plan.ts";
import { renderMarkdown } from "../../analysis/report/markdown.ts";
import { methodPart } from "../../analysis/report/sections/background.ts";
import { verdictsPart } from "../../analysis/report/sections/verdicts.ts";
import type { Bundle } from "../../analysis/bundle.ts";
import { syntheticBundle } from "../support/bundle.ts";
import { edited, troubled } from "../support/bundleEdits.ts";

const bundle = syntheticBundle();

function text(of: Bundle): string {
  const { text: markup } = verdictsPart({ view: viewOf(of), figures: [], findings: [] });
  return markup
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
    /A gateway costs goodput thesis, figure 5\.7 confirmed 0\.900 \(0\.8\d+ to 0\.9\d+\)/,
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
  const span = { event: "span", t_s: 1, lab: "lab", run: null, cell: null } as const;
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

test("report.md has the findings and every comparison; its tables are whole in every bundle that went wrong", () => {
  const whole = renderMarkdown({ ...bundle, plan: plan(claimed("below")) });
  expect(whole).toContain("## Findings");
  expect(whole).toMatch(/\| A gateway costs goodput \| thesis, figure 5\.7 \| confirmed \| 0\.900/);
  for (const make of [() => bundle, ...Object.values(troubled)]) {
    const of = make();
    const lines = renderMarkdown(of).split("\n");
    const rows = lines.filter((line) => line.includes(" against ") && line.startsWith("|"));
    expect(rows).toHaveLength(of.tables.comparisons.length);
    for (const row of rows) expect(row.split(/(?<!\\)\|/)).toHaveLength(8);
    expect(lines.join("\n")).not.toMatch(/NaN|undefined|Infinity/);
  }
});
