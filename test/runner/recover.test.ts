import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { engineMark, eventFolderNote } from "../../runner/engine.ts";
import { projectPaths, type ProjectPaths } from "../../runner/paths.ts";
import { isStaleLock, recoverStack, stateHealth } from "../../runner/recover.ts";
import { project } from "../../runner/workFolder.ts";
import { engineMarkOf, stateFile } from "../../runner/workspace.ts";

const stack = "mine";
let root: string;
let paths: ProjectPaths;
let state: string;
let locks: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "recover-"));
  paths = projectPaths(root);
  state = stateFile(paths, stack);
  locks = join(paths.state, ".pulumi", "locks", "organization", "cni-traffic-lab", stack);
  mkdirSync(dirname(state), { recursive: true });
  mkdirSync(locks, { recursive: true });
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const checkpoint = (resources: number, pending: number): string =>
  JSON.stringify({
    version: 3,
    checkpoint: {
      stack: "organization/cni-traffic-lab/mine",
      latest: {
        resources: Array(resources).fill({ urn: "x" }),
        pending_operations: Array(pending).fill({ type: "creating" }),
      },
    },
  });

test.each([
  [undefined, { kind: "none" }],
  ["", { kind: "damaged" }],
  ['{"version":3,"checkpoint":{"latest":{"resour', { kind: "damaged" }],
  ["[]", { kind: "damaged" }],
  ['{"version":3,"checkpoint":{}}', { kind: "sound", resources: 0, pending: 0 }],
  ['{"version":3,"checkpoint":{"latest":null}}', { kind: "sound", resources: 0, pending: 0 }],
  [checkpoint(3, 0), { kind: "sound", resources: 3, pending: 0 }],
  [checkpoint(3, 1), { kind: "sound", resources: 3, pending: 1 }],
])("state %j is %j", (text, health) => {
  expect(stateHealth(text)).toEqual(health);
});

test("property: a state cut off anywhere is damaged, never taken for sound", () => {
  const whole = checkpoint(5, 2);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), (length) => {
      expect(stateHealth(whole.slice(0, length))).toEqual({ kind: "damaged" });
    }),
  );
});

test("a backend lock is stale when its engine ran here and is gone, or when it is damaged", () => {
  const none = (): boolean => false;
  const alive = (pid: number): boolean => pid === 7;
  expect(isStaleLock({ pid: 7, hostname: "here" }, "here", none)).toBe(true);
  expect(isStaleLock({ pid: 7, hostname: "here" }, "here", alive)).toBe(false);
  expect(isStaleLock({ pid: 8, hostname: "here" }, "here", alive)).toBe(true);
  expect(isStaleLock({ pid: 8, hostname: "elsewhere" }, "here", none)).toBe(false);
  expect(isStaleLock(undefined, "here", alive)).toBe(true);
});

test("a sound stack needs nothing", async () => {
  writeFileSync(state, checkpoint(3, 0));
  expect(await recoverStack(paths, stack)).toEqual({ repaired: [], needsRefresh: false, needsSweep: false });
});

test("without a state, or with an empty one, whatever there is of the lab is swept", async () => {
  expect(await recoverStack(paths, stack)).toEqual({ repaired: [], needsRefresh: false, needsSweep: true });
  writeFileSync(state, checkpoint(0, 0));
  expect(await recoverStack(paths, stack)).toMatchObject({ needsSweep: true });
});

test("where the user's own backend keeps the state nothing is swept or refreshed for want of a state here", async () => {
  expect(await recoverStack(paths, stack, true)).toEqual({ repaired: [], needsRefresh: false, needsSweep: false });
});

test("operations that were cut off ask for a refresh", async () => {
  writeFileSync(state, checkpoint(3, 2));
  expect(await recoverStack(paths, stack)).toEqual({ repaired: [], needsRefresh: true, needsSweep: false });
});

test("the lock of a dead engine goes, also when its pid belongs to another program now", async () => {
  writeFileSync(state, checkpoint(3, 0));
  const lock = (name: string, content: string): string => {
    writeFileSync(join(locks, `${name}.json`), content);
    writeFileSync(join(locks, `${name}.json.attrs`), "{}");
    return join(locks, `${name}.json`);
  };
  const files = [
    lock("a", JSON.stringify({ pid: 2 ** 22 + 1, username: "u", hostname: hostname(), timestamp: "t" })),
    lock("b", JSON.stringify({ pid: process.pid, username: "u", hostname: hostname(), timestamp: "t" })),
    lock("c", '{"pid"'),
  ];
  const elsewhere = lock("d", JSON.stringify({ pid: 1, username: "u", hostname: "another-host", timestamp: "t" }));
  expect(await recoverStack(paths, stack)).toEqual({
    repaired: ["3 stale locks of the state"],
    needsRefresh: true,
    needsSweep: false,
  });
  expect(files.filter((file) => existsSync(file) || existsSync(`${file}.attrs`))).toEqual([]);
  expect(existsSync(elsewhere)).toBe(true);
});

test("what a killed engine had half written goes: among the locks it would keep every other engine out", async () => {
  writeFileSync(state, checkpoint(3, 0));
  const halves = [
    join(locks, "a.json.18a.tmp"),
    join(locks, "b.json.attrs"),
    `${state}.18b.tmp`,
    `${state}.bak.18c.tmp`,
  ];
  for (const file of halves) writeFileSync(file, "{");
  const other = join(dirname(state), "mine-too.json.18d.tmp");
  writeFileSync(other, "{");
  expect(await recoverStack(paths, stack)).toMatchObject({ repaired: ["4 half-written files of the state"] });
  expect([...halves.filter(existsSync), existsSync(state), existsSync(other)]).toEqual([true, true]);
});

test("what the backend noted of a file and was cut short in goes, since it keeps the engine from the file; what is whole stays", async () => {
  const history = join(paths.state, ".pulumi", "history", project, stack);
  mkdirSync(history, { recursive: true });
  const torn = [`${state}.attrs`, `${state}.bak.attrs`, join(history, "a.history.json.attrs")];
  const meta = join(paths.state, ".pulumi", "meta.yaml.attrs");
  const whole = [state, `${state}.bak`, join(history, "b.checkpoint.json.attrs")];
  for (const file of whole) writeFileSync(file, checkpoint(3, 0));
  for (const [index, file] of [...torn, meta].entries()) writeFileSync(file, index % 2 === 0 ? "" : '{"user.meta');
  expect(await recoverStack(paths, stack)).toMatchObject({ repaired: ["4 half-written files of the state"] });
  expect([...torn, meta].filter(existsSync)).toEqual([]);
  expect(whole.filter(existsSync)).toEqual(whole);
  expect(await recoverStack(paths, stack)).toMatchObject({ repaired: [] });
});

test("a lock whose pid an engine of another stack has got since is stale", async () => {
  writeFileSync(state, checkpoint(3, 0));
  const engine = join(root, "pulumi");
  copyFileSync("/bin/sleep", engine);
  const child = spawn(engine, ["60"], { env: { [engineMark]: `${paths.root}#other` }, stdio: "ignore" });
  try {
    writeFileSync(join(locks, "a.json"), JSON.stringify({ pid: child.pid, hostname: hostname() }));
    expect(await recoverStack(paths, stack)).toMatchObject({ repaired: ["1 stale lock of the state"] });
  } finally {
    child.kill("SIGKILL");
  }
});

test("the folder of events of a killed command goes, and no other folder", async () => {
  writeFileSync(state, checkpoint(3, 0));
  const folders = ["automation-logs-up-1", "something-else"].map((name) => join(root, name));
  for (const folder of folders) {
    mkdirSync(folder);
    mkdirSync(paths.work(stack), { recursive: true });
    writeFileSync(eventFolderNote(paths.work(stack)), folder);
    await recoverStack(paths, stack);
  }
  expect(folders.map(existsSync)).toEqual([false, true]);
  expect(existsSync(eventFolderNote(paths.work(stack)))).toBe(false);
});

test("a damaged state comes back from its backup, and is then checked against what is there", async () => {
  writeFileSync(state, "");
  writeFileSync(`${state}.bak`, checkpoint(3, 0));
  const recovery = await recoverStack(paths, stack);
  expect(recovery).toEqual({ repaired: ["the damaged state, from its backup"], needsRefresh: true, needsSweep: false });
  expect(readFileSync(state, "utf8")).toBe(checkpoint(3, 0));
});

test("a damaged state without a backup is dropped, and the lab swept", async () => {
  writeFileSync(state, "{");
  copyFileSync(state, `${state}.bak`);
  expect(await recoverStack(paths, stack)).toMatchObject({ needsRefresh: false, needsSweep: true });
  expect([existsSync(state), readFileSync(`${state}.damaged`, "utf8")]).toEqual([false, "{"]);
});

test("an engine whose runner died is ended; one of another stack and the lab's own processes are not", async () => {
  const sleeper = (environment: NodeJS.ProcessEnv) =>
    spawn("sleep", ["60"], { env: { ...process.env, ...environment }, stdio: "ignore" });
  const mark = engineMarkOf(paths, stack);
  const orphan = sleeper({ [engineMark]: mark });
  const others = [sleeper({ [engineMark]: `${mark}-2` }), sleeper({ [engineMark]: mark, NETLAB_LAB: "nl1" })];
  try {
    const ended = new Promise((resolve) => orphan.once("exit", resolve));
    expect((await recoverStack(paths, stack)).repaired).toEqual(["1 orphaned engine process"]);
    await ended;
    expect(others.map(({ exitCode, signalCode }) => [exitCode, signalCode])).toEqual([
      [null, null],
      [null, null],
    ]);
  } finally {
    for (const child of [orphan, ...others]) child.kill("SIGKILL");
  }
});

test("what stood on a cluster that another one has replaced gets the provider of that one, all else stays", async () => {
  const provider = "urn:pulumi:mine::p::pulumi:providers:kubernetes::ground-provider";
  const resources = [
    { urn: provider, id: "new" },
    { urn: "a", provider: `${provider}::new`, inputs: { kept: true } },
    { urn: "b", provider: `${provider}::old`, pendingReplacement: true },
    // Not gone yet: the engine has its provider beside the new one.
    { urn: "c", provider: `${provider}::old` },
    { urn: "d", provider: "urn:nobody::old", pendingReplacement: true },
  ];
  const text = (all: readonly object[]) =>
    JSON.stringify({ version: 3, checkpoint: { stack: "s", latest: { manifest: { magic: "m" }, resources: all } } });
  writeFileSync(state, text(resources));
  expect((await recoverStack(paths, stack)).repaired).toEqual(["1 resource of a cluster that is gone"]);
  const mended = resources.map((one) => (one.urn === "b" ? { ...one, provider: `${provider}::new` } : one));
  expect(JSON.parse(readFileSync(state, "utf8"))).toEqual(JSON.parse(text(mended)));
  expect((await recoverStack(paths, stack)).repaired).toEqual([]);
});
