import { expect, test } from "vitest";
import { estimateLine, jsonProgress, lineOf, movingLines, plainProgress } from "../../cli/progress.ts";
import { paint } from "../../cli/paint.ts";
import type { LabEvent } from "../../runner/reporter.ts";

const plain = paint({ isTTY: false });
const place = { run: "b1-x", cell: "netns/kernel/egress/base", index: 3, runs: 24 };
const events: LabEvent[] = [
  { kind: "campaign", name: "quick", runs: 24, mostRuns: 24, done: 2, expectedSeconds: 290 },
  { kind: "work", state: "started", text: "taking the lab down" },
  { kind: "work", state: "done", text: "taking the lab down", seconds: 2.04 },
  { kind: "resource", state: "started", action: "create", type: "Node", name: "worker" },
  { kind: "resource", state: "failed", action: "create", type: "Node", name: "worker" },
  { kind: "run", state: "started", ...place, expectedSeconds: 12, remainingSeconds: 280 },
  { kind: "run", state: "valid", ...place, seconds: 11.84, reasons: [] },
  { kind: "run", state: "invalid", ...place, seconds: 11.84, reasons: ["3 connections leaked", "and more"] },
  { kind: "warning", text: "careful" },
  { kind: "note", text: "by the way" },
];

const estimate = {
  ...{ a: "netns/kernel/egress/gateway", b: "netns/kernel/egress/base" },
  ...{ phase: "saturated", role: "", metric: "goodput", n: 3, value: 0.62, low: 0.58, high: 0.66, halfWidth: 0.065 },
};

test("without a terminal every event that matters is one plain line", () => {
  let text = "";
  const progress = plainProgress((part) => (text += part), plain);
  for (const event of events) progress.report(event);
  progress.close();
  expect(text.split("\n")).toEqual([
    "campaign quick: 24 runs, 2 are done already; about 4 min 50 s for 22",
    "taking the lab down: 2.0 s",
    "failed: create worker (Node)",
    "[3/24] netns/kernel/egress/base: valid  11.8 s",
    "[3/24] netns/kernel/egress/base: invalid, 3 connections leaked; and more  11.8 s",
    "warning: careful",
    "by the way",
    "",
  ]);
});

test("a campaign that may end early says how many runs it expects, and what each look came to", () => {
  const campaign = { kind: "campaign", name: "p", runs: 36, mostRuns: 80, done: 0, expectedSeconds: 60 } as const;
  expect(lineOf(campaign, plain)).toBe("campaign p: 36 runs expected, at most 80; about 1 min for 36");
  const look = { kind: "look", blocks: 6, level: 0.991, asked: 12, narrow: 11, expectedBlocks: 9 } as const;
  const widest = { ...estimate, wanted: 0.05 };
  expect(lineOf({ ...look, widest, ends: null }, plain)).toBe(
    "after 6 blocks 11 of 12 questions are known well enough; it will end after about 9; the furthest: goodput (saturated), gateway / base: 0.620 (0.580 to 0.660), 3 runs, ± 6.5 % of 5.0 %",
  );
  expect(lineOf({ ...look, narrow: 12, widest, ends: "narrow" }, plain)).toBe(
    "after 6 blocks 12 of 12 questions are known well enough: the campaign ends",
  );
  expect(lineOf({ ...look, widest: null, ends: "budget" }, plain)).toMatch(/, and the time budget is used up/);
});

test("a mean is shown in its unit", () => {
  const mean = {
    ...{ cell: "netns/kernel/egress/base", phase: "saturated", role: "", metric: "goodput", wanted: 0.05 },
    ...{ n: 4, value: 9.4e9, low: 9.2e9, high: 9.6e9, halfWidth: 0.0213 },
  };
  expect(estimateLine(mean)).toBe(
    "goodput (saturated), netns/kernel/egress/base: 9.40 Gbit/s (9.20 to 9.60), 4 runs, ± 2.1 % of 5.0 %",
  );
});

test("on a terminal the lines that stay carry colours", () => {
  const colours = paint({ isTTY: true }, {});
  const [valid] = events.filter((event) => event.kind === "run" && event.state === "valid");
  expect(valid === undefined ? "" : lineOf(valid, colours)).toContain("\u001b[32mvalid\u001b[39m");
});

test("the moving lines show campaign and run with their time left, never wider than the terminal", () => {
  const moving = {
    campaign: { start: 0, seconds: 300 },
    labs: {
      "": {
        run: { start: 90, seconds: 20, title: "[3/24] netns/kernel/egress/base" },
        resource: "create load-task",
        estimates: [estimate],
      },
    },
  };
  const lines = movingLines(moving, 100, 100);
  expect(lines).toHaveLength(4);
  expect(lines[3]).toBe("  so far: goodput (saturated), gateway / base: 0.620 (0.580 to 0.660), 3 runs");
  expect(lines[0]).toMatch(/^█+░+ campaign, 3 min 20 s left$/);
  expect(lines[1]).toMatch(/^█+░+ \[3\/24\] netns\/kernel\/egress\/base, 10 s left$/);
  for (const width of [20, 40, 200]) {
    for (const line of movingLines(moving, 100, width)) expect(line.length).toBeLessThanOrEqual(width);
  }
  expect(movingLines(moving, 400, 100)[0]).toContain("1 min 40 s longer than expected");
});

test("as JSON every event of the campaign's history is one line with its time; what the engine does is not", () => {
  const lines: string[] = [];
  const progress = jsonProgress((line) => lines.push(line));
  for (const event of events) progress.report(event);
  const history = events.filter((event) => event.kind !== "resource" || event.state === "failed");
  expect(lines).toHaveLength(history.length);
  for (const [index, line] of lines.entries()) {
    const { t_s, event, ...rest } = JSON.parse(line) as { t_s: number; event: string };
    expect(Math.abs(t_s - Date.now() / 1000)).toBeLessThan(10);
    expect({ kind: event, ...rest }).toEqual(history[index]);
  }
});

test("several labs at the same time each have their own lines", () => {
  const run = (title: string) => ({ run: { start: 0, seconds: 20, title }, resource: "" });
  const lines = movingLines({ labs: { one: run("[1/4] a"), two: run("[2/4] b") } }, 10, 100);
  expect(lines.map((line) => line.replace(/^[█░]+ /, ""))).toEqual(["[1/4] a, 10 s left", "[2/4] b, 10 s left"]);
});
