import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { campaignLogLine, spanSchema } from "../../analysis/campaignLog.ts";
import { openJournal } from "../../runner/journal.ts";
import type { LabEvent } from "../../runner/reporter.ts";

let bundle: string;
beforeEach(() => {
  bundle = mkdtempSync(join(tmpdir(), "journal-"));
});
afterEach(() => {
  rmSync(bundle, { recursive: true, force: true });
});

const span: LabEvent = { kind: "span", what: "load", seconds: 2, lab: "one", run: "b1-x", cell: "x" };
const resource: LabEvent = { kind: "resource", state: "done", action: "create", type: "Node", name: "worker" };
const said: LabEvent = { kind: "diagnostic", severity: "warning", resource: "worker", text: "is slow" };
const lines = (): unknown[] =>
  readFileSync(join(bundle, "events.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => campaignLogLine.parse(JSON.parse(line)));

test("events.jsonl holds the history as the analysis reads it, a run's log also what the engine did", () => {
  const passed: LabEvent[] = [];
  const journal = openJournal(bundle, (event) => passed.push(event));
  const report = journal.forRun("b1-x");
  for (const event of [resource, said, span]) report(event);
  journal.report({ kind: "note", text: "outside" });
  journal.check();
  expect(lines()).toMatchObject([{ event: "span", what: "load", seconds: 2, run: "b1-x" }, { event: "note" }]);
  expect(spanSchema.safeParse(lines()[0]).success).toBe(true);
  const log = readFileSync(join(bundle, "logs", "b1-x.log"), "utf8");
  expect(log.split("\n").map((line) => line.replace(/^\S+Z /, ""))).toEqual([
    "create worker (Node): done",
    "warning: worker: is slow",
    "load: 2.00 s",
    "",
  ]);
  expect(passed).toHaveLength(4);
});

test.each([
  ["a line cut off by a crash goes", '{"event":"note","t_s":1,"text":"a"}\n{"event":"no', 1],
  ["nothing but a piece of a line goes", '{"event":', 0],
  ["whole lines stay", '{"event":"note","t_s":1,"text":"a"}\n', 1],
  ["a long piece goes as a whole", `{"event":"note","t_s":1}\n{"text":"${"x".repeat(200_000)}`, 1],
])("at opening %s", (_what, text, kept) => {
  writeFileSync(join(bundle, "events.jsonl"), text);
  openJournal(bundle, () => undefined).report(span);
  expect(lines()).toHaveLength(kept + 1);
});

test("what could not be written is told at the next check, not in the midst of an event", () => {
  mkdirSync(join(bundle, "events.jsonl"));
  const opened = (): ReturnType<typeof openJournal> => openJournal(bundle, () => undefined);
  expect(opened).toThrow(/EISDIR/);
  rmSync(join(bundle, "events.jsonl"), { recursive: true });
  const journal = opened();
  mkdirSync(join(bundle, "events.jsonl"));
  journal.report(span);
  expect(() => {
    journal.check();
  }).toThrow(/EISDIR/);
  journal.check();
});

test("the bundle's beginning is that of its first event, also for a command that goes on; a torn line of a log goes", () => {
  const first = openJournal(bundle, () => undefined);
  first.report(span);
  const { t_s } = lines()[0] as { t_s: number };
  expect(Math.abs(first.began_s - t_s)).toBeLessThan(5);
  mkdirSync(join(bundle, "logs"));
  writeFileSync(join(bundle, "logs", "b1-x.log"), "2026 whole\n2026 to");
  const second = openJournal(bundle, () => undefined);
  expect(second.began_s).toBe(t_s);
  second.forRun("b1-x")(span);
  expect(readFileSync(join(bundle, "logs", "b1-x.log"), "utf8")).toMatch(/^2026 whole\n\S+Z load: 2.00 s\n$/);
});
