/** One run as a task: what iperf3 and k6 are told, phase by phase, and what is looked at beside them. Pure. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { LoadPhase, LoadProfile, RunPlan } from "../platform.ts";
import type { ProbeOptions } from "./agents/probe.ts";
import type { GateOptions } from "./agents/gate.ts";
import { addressPort, iperf3Port } from "./ports.ts";

type K6Profile = Extract<LoadProfile, { kind: "k6" }>;
type Iperf3Profile = Extract<LoadProfile, { kind: "iperf3" }>;

/** A step before it knows its namespace and cgroup: a wait, or a tool. */
export interface Step {
  readonly phase: string;
  /** Measured length. */
  readonly seconds: number;
  /** Left out at the start of the phase, in seconds. */
  readonly warmup: number;
  readonly tool?: {
    readonly command: readonly string[];
    readonly judge: "iperf3" | "k6";
    readonly deadline: number;
    readonly output?: string;
  };
}

/** Seconds that a tool may take beyond its own plan before it counts as hung. */
const grace = 20;

/** Rate of the unloaded phase: enough segments for the kernel's RTT estimate, far from any queue. */
const unloadedBits = 1_000_000;

/** iperf3's command for one phase. */
export function iperf3Step(
  profile: Iperf3Profile,
  run: RunPlan,
  { phase, seconds }: LoadPhase,
  server: string,
  port = iperf3Port,
): Step {
  if (phase === "idle") return { phase, seconds, warmup: 0 };
  const warmup = phase === "unloaded" ? 0 : run.warmupSeconds;
  const perStream = (bits: number): string => String(Math.max(1, Math.round(bits / profile.streams)));
  const limits: Readonly<Record<string, readonly string[]>> = {
    // Small writes, so that each is a segment of its own and its acknowledgement is not delayed.
    unloaded: ["-b", perStream(unloadedBits), "-l", "1200"],
    half: ["-b", perStream(profile.baseRate / 2)],
    saturated: [],
  };
  const command = [
    "iperf3",
    "-c",
    server,
    "-p",
    String(port),
    "-J",
    "-t",
    String(seconds),
    "-O",
    String(warmup),
    "-i",
    String(Math.min(run.windowSeconds, seconds)),
    "-P",
    String(profile.streams),
    "--connect-timeout",
    "3000",
    ...(limits[phase] ?? []),
  ];
  const deadline = seconds + warmup + grace;
  return { phase, seconds, warmup, tool: { command, judge: "iperf3", deadline, output: `iperf3-${phase}.json` } };
}

/** k6's command for one phase. */
export function k6Step(profile: K6Profile, run: RunPlan, { phase, seconds }: LoadPhase, url: string): Step {
  if (phase === "idle") return { phase, seconds, warmup: 0 };
  const environment = {
    URL: url,
    WARMUP: String(run.warmupSeconds),
    DURATION: String(seconds),
    VUS: String(profile.vus),
    RATE: String(phase === "open" ? profile.rate : 0),
    TIMEOUT: String(profile.timeoutSeconds),
    COUNT: String(profile.countAnswers),
    LOG: String(profile.logAnswers),
    BACKENDS: profile.backends.map(({ name }) => name).join(","),
    SUMMARY: `{results}/k6-${phase}.json`,
  };
  const command = [
    "k6",
    "run",
    "--quiet",
    "--no-usage-report",
    "--no-color",
    "--address=",
    "--log-format=raw",
    `--console-output={results}/k6-${phase}.counts.jsonl`,
    ...Object.entries(environment).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
    "{dir}/load.js",
  ];
  const deadline = run.warmupSeconds + seconds + 2 * profile.timeoutSeconds + 30 + grace;
  return { phase, seconds, warmup: run.warmupSeconds, tool: { command, judge: "k6", deadline } };
}

/** The k6 script's text. */
export function k6Script(): string {
  return readFileSync(join(import.meta.dirname, "k6", "load.js"), "utf8");
}

/** Longest that a run may take, in seconds. */
export function longest(steps: readonly Step[]): number {
  return steps.reduce((total, { seconds, tool }) => total + (tool?.deadline ?? seconds), 60);
}

/** Who asks whom for its address, and what the answers must be. */
export interface EgressExpectation {
  readonly server: string;
  readonly source: string;
  readonly otherServer: string;
  readonly otherSource: string;
}

const addressUrl = (address: string): string => `http://${address}:${addressPort}/`;

/** What the address service must answer before an egress load starts. */
export function egressGate({ server, source, otherServer, otherSource }: EgressExpectation): GateOptions {
  return {
    deadline_s: 15,
    checks: [
      { url: addressUrl(server), answers: [source] },
      { url: addressUrl(otherServer), answers: [otherSource] },
    ],
  };
}

/** The load pod's own questions through the whole run. */
export function egressProbe({ server, otherServer }: EgressExpectation, seconds: number): ProbeOptions {
  return { interval_s: seconds, targets: [server, otherServer].map(addressUrl) };
}

/** Every backend with weight answers before an ingress load starts. */
export function ingressGate(profile: K6Profile, direct: boolean, url: string): GateOptions {
  const live = profile.backends.filter(({ weight }) => weight > 0).map(({ name }) => name);
  const [first] = profile.backends;
  return {
    deadline_s: 20,
    checks: [{ url, answers: direct && first !== undefined ? [first.name] : live }],
  };
}

const loaded = (phases: readonly LoadPhase[]): string[] =>
  phases.map(({ phase }) => phase).filter((phase) => phase !== "idle");

/** Raw files of an egress run by role, relative to its results folder. */
export function iperf3Files(phases: readonly LoadPhase[]): Record<string, string> {
  return {
    timeline: "timeline.json",
    generator: "generator.csv",
    counters: "counters.jsonl",
    ...Object.fromEntries(loaded(phases).map((phase) => [`iperf3.${phase}`, `iperf3-${phase}.json`])),
    "iperf3.server": "iperf3-server.jsonl",
    address: "address.log",
    probe: "probe.csv",
  };
}

/** Raw files of an ingress run by role, relative to its results folder. */
export function k6Files(
  phases: readonly LoadPhase[],
  { countAnswers, logAnswers }: Pick<K6Profile, "countAnswers" | "logAnswers">,
): Record<string, string> {
  const perPhase = loaded(phases).flatMap((phase): [string, string][] => {
    // k6 writes counts and the log of answers to one file, line by line.
    const counts = `k6-${phase}.counts.jsonl`;
    return [
      [`k6.${phase}`, `k6-${phase}.json`],
      ...(countAnswers ? ([[`k6.${phase}.counts`, counts]] satisfies [string, string][]) : []),
      ...(countAnswers && logAnswers ? ([[`k6.${phase}.answers`, counts]] satisfies [string, string][]) : []),
    ];
  });
  return { timeline: "timeline.json", generator: "generator.csv", ...Object.fromEntries(perPhase) };
}
