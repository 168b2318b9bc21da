/** Tasks against the real kernel, with small commands in the place of load tools. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { scanProcesses } from "../../provider/lib/processes.ts";
import type { ProcessState, TaskCommand, TaskState } from "../../provider/schema.ts";
import { fixturePath } from "../support/fixtures.ts";
import { provider, testLab, urn, whyNoKernel, type Properties, type TestLab } from "./support.ts";
import { kill } from "./world.ts";

const served = provider();

describe.skipIf(whyNoKernel() !== undefined)("a task", () => {
  let lab: TestLab;
  let netns: string;
  beforeAll(async () => {
    lab = await testLab();
    netns = String((await lab.create("Node", { name: "a" }))["netns"]);
  });
  afterAll(async () => {
    await lab.remove();
  });

  const tool = (code: string, changes: Partial<TaskCommand> = {}): TaskCommand => ({
    name: "tool",
    netns,
    role: "client",
    command: ["sh", "-c", code],
    judge: "exit",
    deadline: 10,
    ...changes,
  });
  const step = (phase: string, code: string, changes: Partial<TaskCommand> = {}) => ({
    phase,
    run: tool(code, changes),
  });
  const inputs = (changes: Properties): Properties => ({
    lab: lab.ref,
    name: "load",
    results: "results/run-1",
    triggers: ["1"],
    ...changes,
  });
  const run = async (changes: Properties, signal?: AbortSignal): Promise<TaskState> =>
    (await provider(undefined, signal).create(urn("Task"), inputs(changes))).outs as unknown as TaskState;
  const result = (state: TaskState, name: string): string => readFileSync(join(state.folder, name), "utf8");
  const running = () =>
    scanProcesses().filter((process) => process.lab === lab.ref.id && process.resource === "tasks/load");
  const nothingLeft = (): void => {
    expect(running()).toEqual([]);
    expect(existsSync(join(lab.ref.dir, "tasks", "load"))).toBe(false);
    expect(existsSync(join(lab.ref.dir, "results", "run-1"))).toBe(false);
  };

  it("passes its gates, takes its steps, and writes everything down", async () => {
    const log = join(lab.ref.dir, "server.log");
    writeFileSync(log, "before\n");
    const state = await run({
      files: { "conf/x": "results in {results}\n" },
      gates: [tool(`echo gate >>${log}`, { name: "gate" })],
      steps: [
        { phase: "idle", seconds: 0.3 },
        step(
          "half",
          `cat {dir}/conf/x; echo "$TOOL"; i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo served >>${log}`,
          {
            output: "raw/half.txt",
            environment: { TOOL: "in {dir}" },
          },
        ),
      ],
      alongside: [tool("exec sleep 1000", { name: "probe" })],
      observe: [{ name: "gateway", netns, command: ["echo", '{"packets": 1}'] }],
      follow: [{ file: log, as: "server.txt" }],
      versionCommands: { ip: ["ip", "-V"] },
    });
    expect(state.outcome).toEqual({ ok: true, error: "" });
    expect(state.versions["ip"]).toMatch(/^\d+\.\d+/);
    expect(state.restarted).toEqual([]);
    expect(result(state, "raw/half.txt")).toBe(`results in ${state.folder}\nin ${lab.ref.dir}/tasks/load\n`);
    expect(result(state, "server.txt")).toBe("served\n");

    const timeline = JSON.parse(result(state, "timeline.json")) as TaskState & {
      started_s: number;
      finished_s: number;
    };
    expect(timeline).toMatchObject({ schema: 1, phases: state.phases, outcome: state.outcome, restarted: [] });
    const [idle, half] = state.phases;
    expect([idle?.phase, half?.phase]).toEqual(["idle", "half"]);
    expect((idle?.end_s ?? 0) - (idle?.start_s ?? 0)).toBeGreaterThan(0.29);
    expect(timeline.started_s).toBeLessThanOrEqual(idle?.start_s ?? 0);
    expect(timeline.finished_s).toBeGreaterThanOrEqual(half?.end_s ?? Infinity);

    const counters = result(state, "counters.jsonl")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Properties);
    expect(counters.map(({ moment, name, data }) => [moment, name, data])).toEqual(
      ["start", "after:idle", "after:half"].map((moment) => [moment, "gateway", { packets: 1 }]),
    );
    const [header, ...samples] = result(state, "generator.csv").trim().split("\n");
    expect(header).toBe("t_s,phase,cpu_s,rss_bytes,host_idle_s,host_total_s");
    expect(samples.length).toBeGreaterThanOrEqual(1);
    for (const sample of samples) expect(sample).toMatch(/^\d{10}\.\d{3},half,\d+\.\d\d,\d+,\d+\.\d\d,\d+\.\d\d$/);

    expect(running()).toEqual([]);
    await served.delete("id", urn("Task"), state);
    expect(existsSync(state.folder)).toBe(true);
    expect(readdirSync(join(lab.ref.dir, "tasks"))).toEqual([]);
  });

  it("samples the tool's own CPU time about four times a second", async () => {
    const state = await run({
      steps: [step("busy", "end=$(($(date +%s)+2)); while [ $(date +%s) -lt $end ]; do :; done")],
    });
    const rows = result(state, "generator.csv")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(",").map(Number));
    const [first, last] = [rows.at(0), rows.at(-1)];
    const time = (last?.[0] ?? 0) - (first?.[0] ?? 0);
    expect(rows.length).toBeGreaterThanOrEqual(Math.floor(time * 3));
    expect((last?.[2] ?? 0) - (first?.[2] ?? 0)).toBeGreaterThan(time * 0.1);
    expect((last?.[5] ?? 0) - (first?.[5] ?? 0)).toBeGreaterThan(time * 0.5);
  });

  describe("whose tool fails is made, with the outcome:", () => {
    it.each<[string, Properties, string | RegExp]>([
      ["exit status", { steps: [{ phase: "one", run: "exit 3" }] }, "phase one: ended with exit status 3: bad"],
      [
        "iperf3 says so and exits with 0",
        { steps: [{ phase: "one", run: "refused" }] },
        "phase one: iperf3: unable to connect to server: Connection refused",
      ],
      [
        "deadline",
        { steps: [{ phase: "one", run: "slow" }] },
        "phase one: tool did not end within 0.3 s and was killed",
      ],
      [
        "a command alongside ends",
        { alongside: "early" },
        /^phase two: probe ended with exit status 4 too early: lost$/,
      ],
      [
        "a command alongside takes longer than it may",
        { alongside: "slow" },
        /^phase two: probe did not end within 0.3 s$/,
      ],
      [
        "a command alongside ends in the last moment",
        { alongside: "late" },
        /^phase two: probe ended with exit status 5 too early/,
      ],
      ["an observation fails", { observe: "after" }, /^observing gateway \(after:one\) failed: .*exit status 7/],
    ])("%s", async (_, what, error) => {
      const steps: Record<string, TaskCommand> = {
        "exit 3": tool("echo bad >&2; exit 3"),
        refused: tool(`cat ${fixturePath("iperf3/refused.json")}`, { judge: "iperf3" }),
        slow: tool("exec sleep 1000", { deadline: 0.3 }),
      };
      const flag = join(lab.ref.dir, "flag");
      const alongside: Record<string, TaskCommand> = {
        early: tool("sleep 0.2; echo lost; exit 4", { name: "probe" }),
        slow: tool("exec sleep 1000", { name: "probe", deadline: 0.3 }),
        late: tool("sleep 0.45; exit 5", { name: "probe" }),
      };
      const given = what as { steps?: { phase: string; run: string }[]; alongside?: string; observe?: string };
      const state = await run({
        steps: given.steps?.map(({ phase, run }) => ({ phase, run: steps[run] })) ?? [
          step("one", "true"),
          given.alongside === "late" ? step("two", "sleep 0.5") : { phase: "two", seconds: 3 },
          step("three", "true"),
        ],
        ...(given.alongside === undefined ? {} : { alongside: [alongside[given.alongside]] }),
        ...(given.observe === undefined
          ? {}
          : {
              observe: [
                { name: "gateway", netns, command: ["sh", "-c", `[ -e ${flag} ] && exit 7; touch ${flag}; echo {}`] },
              ],
            }),
      });
      expect(state.outcome.ok).toBe(false);
      if (typeof error === "string") expect(state.outcome.error).toBe(error);
      else expect(state.outcome.error).toMatch(error);
      expect(state.phases.map(({ phase }) => phase)).not.toContain("three");
      expect(JSON.parse(result(state, "timeline.json"))).toMatchObject({ outcome: state.outcome });
      expect(running()).toEqual([]);
    });
  });

  it("tries iperf3 again while its server is busy, and begins the phase then", async () => {
    const tries = join(lab.ref.dir, "tries");
    mkdirSync(tries);
    const busy = fixturePath("iperf3/busy.json");
    const whole = fixturePath("runs/egress-gateway/iperf3-saturated.json");
    const code = `touch ${tries}/$$; sleep 0.1; [ $(ls ${tries} | wc -l) -lt 4 ] && exec cat ${busy}; exec cat ${whole}`;
    const state = await run({ steps: [step("saturated", code, { judge: "iperf3", output: "iperf3.json" })] });
    expect(state.outcome).toEqual({ ok: true, error: "" });
    expect(readdirSync(tries)).toHaveLength(4);
    expect(result(state, "iperf3.json")).toBe(readFileSync(whole, "utf8"));
    const [phase] = state.phases;
    const last = Math.max(...readdirSync(tries).map((name) => statSync(join(tries, name)).mtimeMs / 1000));
    expect(phase?.start_s ?? 0).toBeGreaterThan(last - 0.1);
  });

  it("sees that a watched process is not the same at the end", async () => {
    const server = (await lab.create("Process", {
      name: "server",
      netns,
      role: "server",
      command: ["sleep", "1000"],
      ready: { kind: "alive" },
    })) as unknown as ProcessState;
    const watched = { server: server.process, gone: { ...server.process, startTime: 1 } };
    setTimeout(() => {
      kill(server.process);
    }, 100);
    const state = await run({ steps: [{ phase: "idle", seconds: 0.4 }], watch: watched });
    expect(state.restarted).toEqual(["server", "gone"]);
    expect(state.outcome.ok).toBe(true);
  });

  describe("that cannot be done leaves nothing, and says why:", () => {
    it.each<[string, Properties, RegExp]>([
      [
        "a gate fails",
        { gates: [{ code: "echo no route >&2; exit 1" }] },
        /task load: gate tool did not pass: it ended with exit status 1: no route/,
      ],
      [
        "a gate takes too long",
        { gates: [{ code: "echo waiting; exec sleep 1000", deadline: 0.3 }] },
        /gate tool did not pass: it did not end within 0.3 s: waiting/,
      ],
      [
        "programs are missing, all named",
        { missing: true },
        /no-such-a is not installed: run `npx lab doctor`\nno-such-b is not installed/,
      ],
      [
        "it cannot be observed from the start",
        { observe: true },
        /task load: observing gateway \(start\) failed: JSON|Unexpected token/,
      ],
    ])("%s", async (_, what, message) => {
      const { gates, missing, observe } = what as {
        gates?: { code: string; deadline?: number }[];
        missing?: boolean;
        observe?: boolean;
      };
      const task = {
        steps: [step("one", "true", missing === true ? { command: ["no-such-a"] } : {})],
        ...(gates === undefined ? {} : { gates: gates.map(({ code, deadline = 5 }) => tool(code, { deadline })) }),
        ...(missing === undefined ? {} : { alongside: [tool("", { name: "b", command: ["no-such-b"] })] }),
        ...(observe === undefined ? {} : { observe: [{ name: "gateway", netns, command: ["echo", "nothing"] }] }),
      };
      await expect(run(task)).rejects.toThrow(message);
      nothingLeft();
    });

    it("the engine cancels in the middle: everything is killed", async () => {
      const stop = new AbortController();
      const going = run(
        {
          steps: [step("one", "sh -c 'sleep 1000' & exec sleep 1000")],
          alongside: [tool("trap '' TERM; sleep 1000", { name: "probe" })],
        },
        stop.signal,
      );
      setTimeout(() => {
        stop.abort();
      }, 300);
      const start = Date.now();
      await expect(going).rejects.toThrow("task load: interrupted in phase one");
      nothingLeft();
      expect(Date.now() - start).toBeLessThan(3000);
    });
  });

  it("that was killed with its provider is cleared away by the next", async () => {
    const script = `
      import { provider, urn } from ${JSON.stringify(join(import.meta.dirname, "support.ts"))};
      await provider().create(urn("Task"), JSON.parse(process.argv[1]));`;
    const { execa } = await import("execa");
    const task = inputs({ steps: [step("one", "exec sleep 1000")] });
    const victim = execa(process.execPath, ["--input-type=module-typescript", "-e", script, JSON.stringify(task)], {
      reject: false,
    });
    while (running().length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    victim.kill("SIGKILL");
    await victim;
    expect(running()).toHaveLength(1);
    appendFileSync(join(lab.ref.dir, "results", "run-1", "half-written"), "x");
    const state = await run({ steps: [step("one", "true")] });
    expect(state.outcome.ok).toBe(true);
    expect(running()).toEqual([]);
    expect(existsSync(join(state.folder, "half-written"))).toBe(false);
  });
});
