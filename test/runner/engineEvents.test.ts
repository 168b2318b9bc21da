import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { expect, test } from "vitest";
import { plain, problemLines, problemOf, progressOf, stackOutputOf } from "../../runner/engineEvents.ts";
import { EngineError } from "../../runner/engine.ts";
import { engineFailure, recordInState } from "../../runner/workspace.ts";
import { egressOutput } from "../support/fixtures.ts";

const urn = "urn:pulumi:mine::cni-traffic-lab::cni-traffic-lab:netns:Network$netlab:index:Node::network-worker";
const metadata = { op: "create", urn, type: "netlab:index:Node", provider: "" } as const;
const event = (content: Partial<EngineEvent>): EngineEvent => ({ sequence: 1, timestamp: 0, ...content });
const diagnostic = (message: string, more: { urn?: string; severity?: "error" | "warning" } = {}) =>
  event({ diagnosticEvent: { message, color: "never", severity: "error", ...more } });

test("a resource's start, end and failure are progress; what stays the same, the stack and providers are not", () => {
  const node = { kind: "resource", action: "create", type: "Node", name: "network-worker" };
  expect(progressOf(event({ resourcePreEvent: { metadata } }))).toEqual({ ...node, state: "started" });
  expect(progressOf(event({ resOutputsEvent: { metadata } }))).toEqual({ ...node, state: "done" });
  expect(progressOf(event({ resOpFailedEvent: { metadata, status: 1, steps: 1 } }))).toEqual({
    ...node,
    state: "failed",
  });
  for (const other of [{ op: "same" }, { type: "pulumi:pulumi:Stack" }, { type: "pulumi:providers:netlab" }] as const) {
    expect(progressOf(event({ resourcePreEvent: { metadata: { ...metadata, ...other } } }))).toBeUndefined();
  }
});

test("a problem is told with its resource, in plain text; warnings and the engine's summary are none", () => {
  expect(problemOf(diagnostic("<{%fg 1%}>task load: gate did not pass<{%reset%}>\n", { urn }))).toEqual({
    resource: "network-worker",
    message: "task load: gate did not pass",
  });
  expect(problemOf(diagnostic("update failed"))).toBeUndefined();
  expect(problemOf(diagnostic("odd", { severity: "warning" }))).toBeUndefined();
  expect(plain("\u001b[31mred\u001b[0m")).toBe("red");
});

test("a provider that was killed is told in one sentence", () => {
  const text =
    "Detected that /p/provider/pulumi-resource-netlab exited prematurely. \n   This is *always* a bug in the provider.\n  more";
  expect(problemOf(diagnostic(text))?.message).toBe("the provider netlab was killed, or ended by itself");
});

test("stack traces stay out unless asked for, and the same line comes once", () => {
  const trace = "Unhandled exception: Error: no route\n    at build (/p/deploy.ts:3:4)\n    at <anonymous>";
  const problems = [
    { resource: "", message: trace },
    { resource: "", message: trace },
    { resource: "load-task", message: "no" },
  ];
  expect(problemLines(problems, false)[0]?.split("\n")[0]).toBe("no route");
  expect(problemLines(problems, false)).toHaveLength(2);
  expect(problemLines(problems, false).join()).not.toContain("deploy.ts:3");
  expect(problemLines(problems, true)[0]).toContain("deploy.ts:3:4");
});

test("a task's error stands without its command and what it waited for, unless asked for", () => {
  const message =
    'exit status 1: running "exec node main.ts gateway":\nwaiting for Gateway lab: no (0 s)\nerror: waited 300 s for Gateway lab: no. Remedy: look.';
  const problems = [{ resource: "gateway-programmed", message }];
  expect(problemLines(problems, false)).toEqual([
    "gateway-programmed: waited 300 s for Gateway lab: no. Remedy: look.",
  ]);
  expect(problemLines(problems, true)[0]).toContain("running");
  const other = [{ resource: "kind", message: 'exit status 127: running "kind": not found' }];
  expect(problemLines(other, false)).toEqual(['kind: exit status 127: running "kind": not found']);
});

test("the record comes from the stack's outputs, in events and in the state", () => {
  const record = egressOutput();
  const state = {
    type: "pulumi:pulumi:Stack",
    urn: "",
    id: "",
    parent: "",
    inputs: {},
    provider: "",
    outputs: { record },
  };
  const outputs = event({ resOutputsEvent: { metadata: { ...metadata, type: "pulumi:pulumi:Stack", new: state } } });
  expect(stackOutputOf(outputs, "record")).toBe(record);
  expect(stackOutputOf(outputs, "none")).toBeUndefined();
  expect(stackOutputOf(event({ resOutputsEvent: { metadata } }), "record")).toBeUndefined();
  expect(
    recordInState({ resources: [{ type: "other" }, { type: "pulumi:pulumi:Stack", outputs: { record } }] }),
  ).toEqual(record);
  for (const damaged of [
    undefined,
    {},
    { resources: [] },
    { resources: [{ type: "pulumi:pulumi:Stack", outputs: { record: { schema: 99 } } }] },
  ]) {
    expect(recordInState(damaged)).toBeUndefined();
  }
});

test("an engine's lock is busy, exit code 4, with who made it", () => {
  const stderr =
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.\n  file:///x.json: created by me@host (pid 12) at 2026-11-22";
  const error = engineFailure("up failed", "mine", [], new EngineError("pulumi up failed", stderr, null), false);
  expect(error).toMatchObject({ kind: "busy", message: "busy: another Pulumi engine holds stack mine" });
  expect(error.details.join()).toContain("pid 12");
});

test("an engine that was killed is told so, beside what it said before", () => {
  const killed = new EngineError("pulumi up failed (killed by SIGKILL)", "", "SIGKILL");
  const { details, kind } = engineFailure("up failed", "mine", [{ resource: "a", message: "b" }], killed, false);
  expect([kind, details]).toEqual(["failed", ["pulumi up failed (killed by SIGKILL)", "a: b"]]);
});
