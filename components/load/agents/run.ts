/**
 * One run, wherever it stands: waits for the gate, goes through the phases in order, asks for its own address all the while,
 * samples what the generator costs, and leaves the raw files and a summary. How a tool is started is the caller's.
 */
import { execFile, spawn } from "node:child_process";
import { appendFileSync, createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

/** A wait, or a tool, in the words of steps.ts. */
export interface AgentStep {
  readonly phase: string;
  readonly seconds: number;
  readonly warmup: number;
  readonly tool?: {
    readonly command: readonly string[];
    readonly judge: "iperf3" | "k6";
    readonly deadline: number;
    readonly output?: string;
  };
}

/** What an agent is told. JSON. */
export interface AgentPlan {
  readonly run: string;
  /** Name of the tool's process, and the command that says its version. */
  readonly tool: "iperf3" | "k6";
  readonly versionCommand: readonly string[];
  /** Steps of each runner; the first runner is number 1. */
  readonly runners: readonly (readonly AgentStep[])[];
  /** What must be live before each runner loads, in their order. `{node}` in any text is the address of the runner's node. */
  readonly gates: readonly { readonly deadline_s: number; readonly checks: readonly object[] }[];
  readonly probe: object | null;
  /** Page of the external server's records, `http://…/records`, and the record of each runner's iperf3 server; null for ingress. */
  readonly records: { readonly url: string; readonly servers: readonly string[] } | null;
}

/** What a run says of itself. */
export interface AgentSummary {
  readonly started_s: number;
  readonly finished_s: number;
  readonly phases: readonly { phase: string; start_s: number; end_s: number }[];
  readonly outcome: { readonly ok: boolean; readonly error: string };
  readonly versions: Readonly<Record<string, string>>;
}

export interface ToolEnd {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How tools are run here. */
export interface Host {
  /** Folder of the raw files, as this process sees it. */
  readonly results: string;
  /** Folder of this agent's files, and the same two folders as the tool sees them. */
  readonly agents: string;
  readonly seen: { readonly results: string; readonly dir: string };
  run(command: readonly string[], deadline_s: number): Promise<ToolEnd>;
  /** CPU seconds and resident bytes of the tool since its start; undefined while it cannot be seen. */
  usage(): { cpu: number; resident: number } | undefined;
  /** /proc/stat of the machine that the tool runs on. */
  machine(): string;
  /** All runners begin together. */
  meet(): Promise<void>;
}

const now = (): number => Date.now() / 1000;
const ticks = 100;
const sampleEvery_ms = 250;

/** @throws Error when the gate does not pass: nothing was loaded then */
export async function carryOut(plan: AgentPlan, runner: number, host: Host): Promise<AgentSummary> {
  mkdirSync(host.results, { recursive: true });
  await pass(plan, runner, host);
  await host.meet();
  const marks = plan.records === null ? {} : await recordSizes(plan.records.url);
  const probe = startProbe(plan, host);
  const phases: { phase: string; start_s: number; end_s: number }[] = [];
  const samples = join(host.results, "generator.csv");
  writeFileSync(samples, "t_s,phase,cpu_s,rss_bytes,host_idle_s,host_total_s\n");
  let error = "";
  const started_s = now();
  for (const step of plan.runners[runner - 1] ?? []) {
    const start_s = now();
    if (step.tool === undefined) await sleep(step.seconds * 1000);
    else error = await runTool(step, host, samples);
    phases.push({ phase: step.phase, start_s, end_s: now() });
    if (error !== "") break;
  }
  const finished_s = now();
  await probe();
  if (plan.records !== null) {
    // The load was made: without the server's record it proves nothing, but its files say why.
    await fetchRecords(plan.records, runner, marks, host.results).catch((failure: unknown) => {
      error ||= `the server's records could not be fetched: ${failure instanceof Error ? failure.message : String(failure)}`;
    });
  }
  const outcome = { ok: error === "", error };
  const timeline = { schema: 1, started_s, finished_s, phases, outcome, restarted: [] };
  writeFileSync(join(host.results, "timeline.json"), JSON.stringify(timeline));
  const version = await host.run(plan.versionCommand, 20);
  return { started_s, finished_s, phases, outcome, versions: versionOf(plan.tool, version.stdout + version.stderr) };
}

/** First number with dots that a tool says of itself. */
export function versionOf(tool: string, text: string): Record<string, string> {
  const version = /v?(\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1];
  return version === undefined ? {} : { [tool]: version };
}

/** How the error of a gate that did not pass begins. */
export const notLive = "the configuration was not live";

async function pass({ gates }: AgentPlan, runner: number, host: Host): Promise<void> {
  const gate = gates[runner - 1];
  if (gate === undefined) throw new Error(`runner ${runner} has no gate`);
  try {
    await promisify(execFile)(process.execPath, [join(host.agents, "gate.ts"), JSON.stringify(gate)]);
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    throw new Error(`${notLive} within ${gate.deadline_s} s: ${said === "" ? String(error) : said}`, { cause: error });
  }
}

/** Asks until stopped; what it answers is waited for, so that the last line is whole. */
function startProbe(plan: AgentPlan, host: Host): () => Promise<void> {
  if (plan.probe === null) return () => Promise.resolve();
  const child = spawn(process.execPath, [join(host.agents, "probe.ts"), JSON.stringify(plan.probe)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const file = createWriteStream(join(host.results, "probe.csv"));
  child.stdout.pipe(file);
  const written = new Promise<void>((resolve) => file.on("close", resolve));
  return async () => {
    child.kill("SIGTERM");
    await written;
  };
}

/** Another test may still be ending at the server: it is asked again a few times. */
const busyTries = 5;

/** The tool's error; empty when it did what it was told. */
async function runTool({ phase, tool }: AgentStep, host: Host, samples: string): Promise<string> {
  if (tool === undefined) return "";
  const command = tool.command.map((word) =>
    word.replaceAll("{results}", host.seen.results).replaceAll("{dir}", host.seen.dir),
  );
  for (let tried = 1; ; tried++) {
    const stop = sample(phase, host, samples);
    const end = await host.run(command, tool.deadline);
    stop();
    if (tool.output !== undefined) writeFileSync(join(host.results, tool.output), end.stdout);
    const error = tool.judge === "iperf3" ? iperf3Error(end) : k6Error(end);
    if (!/server is busy/i.test(error) || tried === busyTries) return error;
    await sleep(500);
  }
}

/** Releases 3.10 to 3.13 end with 0 after an error, so the JSON decides. */
export function iperf3Error({ status, stdout, stderr }: ToolEnd): string {
  try {
    const { error, end } = JSON.parse(stdout) as { error?: string; end?: { sum_received?: unknown } };
    if (error !== undefined) return `iperf3: ${error}`;
    if (end?.sum_received === undefined) return `iperf3 ended without saying what was received${said(stderr)}`;
  } catch {
    return `iperf3 ended with ${status ?? "no"} exit status and its JSON is cut off or missing${said(stderr, stdout)}`;
  }
  return status === 0 ? "" : `iperf3 ended with exit status ${status ?? "none"}${said(stderr)}`;
}

/** 99 is no failure: measured, a threshold missed. */
export function k6Error({ status, stdout, stderr }: ToolEnd): string {
  return status === 0 || status === 99
    ? ""
    : `k6 ended with ${status === null ? "no exit status" : `exit status ${status}`}${said(stderr, stdout)}`;
}

function said(...texts: readonly string[]): string {
  const text = texts.find((one) => one.trim() !== "")?.trim() ?? "";
  return text === "" ? "" : `: ${text.split("\n").slice(-5).join("\n").slice(-1000)}`;
}

function sample(phase: string, host: Host, file: string): () => void {
  const take = (): void => {
    const usage = host.usage();
    const [user, nice, system, idle, iowait, irq, softirq, steal] = (
      /^cpu +(\d[\d ]*)\n/.exec(host.machine())?.[1] ?? ""
    )
      .split(" ")
      .map(Number);
    if (usage === undefined || steal === undefined) return;
    const all = [user, nice, system, idle, iowait, irq, softirq, steal].reduce<number>((sum, one = 0) => sum + one, 0);
    const values = [
      usage.cpu.toFixed(2),
      String(usage.resident),
      (((idle ?? 0) + (iowait ?? 0)) / ticks).toFixed(2),
      (all / ticks).toFixed(2),
    ];
    appendFileSync(file, `${[now().toFixed(3), phase, ...values].join(",")}\n`);
  };
  const timer = setInterval(take, sampleEvery_ms);
  return () => {
    clearInterval(timer);
  };
}

async function recordSizes(url: string): Promise<Record<string, number>> {
  return JSON.parse((await fetchBytes(url)).toString("utf8")) as Record<string, number>;
}

/** The part of the server's own records that was written in this run. */
async function fetchRecords(
  { url, servers }: NonNullable<AgentPlan["records"]>,
  runner: number,
  marks: Readonly<Record<string, number>>,
  results: string,
): Promise<void> {
  // iperf3 writes its document when the test is over, a moment after the client has its own.
  await sleep(500);
  const parts: readonly (readonly [string, string])[] = [
    [servers[runner - 1] ?? "", "iperf3-server.jsonl"],
    ["address.log", "address.log"],
  ];
  for (const [name, as] of parts) {
    writeFileSync(join(results, as), await fetchBytes(`${url}/${name}?from=${marks[name] ?? 0}`));
  }
}

function fetchBytes(url: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const call = request(url, { timeout: 10_000 }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode === 200) resolve(Buffer.concat(parts));
        else reject(new Error(`${url} answered ${response.statusCode ?? "nothing"}`));
      });
    });
    call.on("timeout", () => call.destroy(new Error(`${url} did not answer within 10 s`)));
    call.on("error", reject);
    call.end();
  });
}
