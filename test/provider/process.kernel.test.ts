/** Processes and what holds them, against the real kernel. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readIdentity, writeIdentity } from "../../provider/lib/identity.ts";
import { isAlive, readStat, refOf, scanProcesses } from "../../provider/lib/processes.ts";
import type { CgroupState, ProcessState } from "../../provider/schema.ts";
import { provider, testLab, urn, whyNoKernel, type Properties, type TestLab } from "./support.ts";
import { everything } from "./world.ts";

const served = provider();

describe.skipIf(whyNoKernel() !== undefined)("a process", () => {
  let lab: TestLab;
  let netns: string;
  let before: string[];
  beforeAll(async () => {
    lab = await testLab();
    netns = String((await lab.create("Node", { name: "a" }))["netns"]);
    before = everything(lab);
  });
  afterAll(async () => {
    await lab.remove();
  });

  const server = (changes: Properties = {}): Properties => ({
    lab: lab.ref,
    name: "server",
    netns,
    role: "server",
    command: ["sleep", "1000"],
    ready: { kind: "alive" },
    stop: { signal: "SIGTERM", deadline: 1 },
    ...changes,
  });
  const create = async (changes: Properties = {}): Promise<ProcessState> =>
    (await served.create(urn("Process"), server(changes))).outs as unknown as ProcessState;
  const remove = (state: ProcessState) => served.delete("id", urn("Process"), state);
  const node = (code: string): Properties => ({ command: [process.execPath, "-e", code] });

  it("is a session of its own, in its namespace, with marks and a clean environment", async () => {
    process.env["PULUMI_CONFIG_PASSPHRASE"] = "secret";
    const state = await create({ environment: { OWN: "{dir}/x" } });
    delete process.env["PULUMI_CONFIG_PASSPHRASE"];
    const { pid } = state.process;
    const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    expect(environment).toEqual(
      expect.arrayContaining([
        `NETLAB_LAB=${lab.ref.id}`,
        "NETLAB_RESOURCE=processes/server",
        "NETLAB_ROLE=server",
        `OWN=${state.folder}/x`,
      ]),
    );
    expect(environment.join()).not.toContain("secret");
    expect(readStat(pid)).toMatchObject({ group: pid, name: "sleep" });
    expect(scanProcesses().find(({ ref }) => ref.pid === pid)).toMatchObject({ lab: lab.ref.id, role: "server" });
    await remove(state);
  });

  it("is in its role's control group, which takes it down with it", async () => {
    const { outs } = await served.create(urn("Cgroup"), { lab: lab.ref, role: "server" });
    const group = outs as unknown as CgroupState;
    const state = await create({ cgroup: group.procs });
    for (const file of group.procs) expect(readFileSync(file, "utf8")).toContain(`${state.process.pid}\n`);
    if (group.version === 1) expect(Number(readFileSync(join(group.cpu, "cpuacct.usage"), "utf8"))).toBeGreaterThan(0);
    await served.delete("id", urn("Cgroup"), group);
    expect(isAlive(state.process)).toBe(false);
    await remove(state);
    expect(everything(lab)).toEqual(before);
  });

  describe("is ready", () => {
    it("by TCP only when it listens itself", async () => {
      const listen = "require('net').createServer().listen(7001)";
      const first = await create({ ...node(listen), ready: { kind: "tcp", port: 7001 } });
      const second = {
        ...node("setInterval(() => 0, 1000)"),
        name: "other",
        ready: { kind: "tcp", port: 7001 },
        readyDeadline: 0.4,
      };
      await expect(create(second)).rejects.toThrow("not ready within 0.4 s: nothing of it listens on TCP port 7001");
      await remove(first);
    });

    it("by HTTP when the answer is right", async () => {
      const serve = "require('http').createServer((_, answer) => answer.end('I am echo-1')).listen(7002)";
      const ready = { kind: "http", url: "http://127.0.0.1:7002/", body: "echo-1" };
      await remove(await create({ ...node(serve), ready }));
      await expect(create({ ...node(serve), ready: { ...ready, body: "echo-2" }, readyDeadline: 0.6 })).rejects.toThrow(
        /did not answer as it should within 0.6 s|was not ready within 0.6 s/,
      );
    });

    it("never by what an earlier process wrote into the same log", async () => {
      const say = { command: ["sh", "-c", "[ -e up ] || echo up; touch up; exec sleep 1000"] };
      const ready = { kind: "log", pattern: "^up$" };
      const state = await create({ ...say, ready });
      await expect(create({ ...say, ready, readyDeadline: 0.3 })).rejects.toThrow("no line of its log matches ^up$");
      expect(isAlive(state.process)).toBe(false);
    });
  });

  describe("that cannot start leaves nothing, and says why:", () => {
    it.each<[string, Properties, RegExp]>([
      [
        "it ends",
        { command: ["sh", "-c", "echo one; echo bad address >&2; exit 3"] },
        /process server \(`sh -c .*\): it ended with exit status 3 before it was ready\nIts log:\none\nbad address$/s,
      ],
      ["it is not installed", { command: ["no-such-tool"] }, /no-such-tool is not installed: run `npx lab doctor`/],
      ["its namespace is gone", { netns: "NETNS-x" }, /namespace .*-x, in which server is to run, is gone/],
    ])("%s", async (_, changes, message) => {
      const fixed = changes["netns"] === undefined ? changes : { netns: `${lab.ref.id}-x` };
      await expect(create(fixed)).rejects.toThrow(message);
      expect(everything(lab)).toEqual(before);
    });

    it("the engine cancels", async () => {
      const stop = new AbortController();
      const starting = provider(undefined, stop.signal).create(
        urn("Process"),
        server({ ready: { kind: "log", pattern: "never" } }),
      );
      setTimeout(() => {
        stop.abort();
      }, 200);
      await expect(starting).rejects.toThrow("interrupted");
      expect(everything(lab)).toEqual(before);
    });
  });

  it("that does not heed its signal is killed after the deadline, with its children", async () => {
    const state = await create({
      command: ["sh", "-c", "trap '' TERM; env -i sleep 1000 & echo up; while :; do sleep 1; done"],
      ready: { kind: "log", pattern: "up" },
      stop: { signal: "SIGTERM", deadline: 0.3 },
    });
    const start = Date.now();
    await remove(state);
    expect(Date.now() - start).toBeGreaterThan(290);
    expect(everything(lab)).toEqual(before);
  });

  it("whose namespace lost its name is gone, for it can be reached no more", async () => {
    const other = await lab.create("Node", { name: "lost" });
    const state = await create({ netns: other["netns"] });
    const again = await lab.create("Node", { name: "lost" });
    expect(isAlive(state.process)).toBe(false);
    expect((await served.read("id", urn("Process"), state)).id).toBe("");
    await remove(state);
    await served.delete("id", urn("Node"), again);
  });

  it("that died as a zombie is gone", async () => {
    const zombie = spawn("sh", ["-c", "sleep 0 & exec sleep 1000"]);
    const parent = zombie.pid ?? 0;
    const child = await new Promise<number>((resolve) => {
      const look = setInterval(() => {
        const found = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim();
        if (found === "" || readStat(Number(found))?.state !== "Z") return;
        clearInterval(look);
        resolve(Number(found));
      }, 10);
    });
    const ref = refOf(child);
    expect(ref).toBeDefined();
    if (ref !== undefined) expect(isAlive(ref)).toBe(false);
    zombie.kill("SIGKILL");
  });

  describe("of before a reboot", () => {
    it("is gone, and whatever has its pid now is left alone", async () => {
      const stranger = spawn("sleep", ["1000"], { detached: true });
      const now = refOf(stranger.pid ?? 0);
      if (now === undefined) throw new Error("no stranger");
      const state = await create();
      const old = { ...now, bootId: "00000000-0000-0000-0000-000000000000" };
      const known = readIdentity(state.folder);
      writeIdentity(state.folder, { process: old, netns: known?.netns ?? 0 });
      const rebooted = { ...state, process: old };
      expect((await served.read("id", urn("Process"), rebooted)).id).toBe("");
      await remove(rebooted);
      expect(isAlive(now)).toBe(true);
      stranger.kill("SIGKILL");
      expect(existsSync(state.folder)).toBe(false);
    });

    it("is gone also when pid and boot are the same but not the start", async () => {
      const state = await create();
      const { process: ref } = state;
      const other = { ...state, process: { ...ref, startTime: ref.startTime + 1 } };
      expect((await served.read("id", urn("Process"), other)).id).toBe("");
      await remove(state);
    });
  });

  it("is found by what it wrote down when a kill took the state and the marks", async () => {
    // As NGINX: the first process dies, its unmarked child stays and keeps the port.
    const state = await create({
      command: ["sh", "-c", "env -i sleep 1000 & echo up; exec sleep 1000"],
      ready: { kind: "log", pattern: "up" },
    });
    process.kill(state.process.pid, "SIGKILL");
    const orphans = () => scanProcesses().filter(({ group }) => group === state.process.pid);
    while (orphans().length !== 1) await new Promise((resolve) => setTimeout(resolve, 10));
    const again = await create();
    expect(orphans()).toEqual([]);
    writeFileSync(join(again.folder, "process.json"), "{");
    await remove(again);
    expect(everything(lab)).toEqual(before);
  });
});
