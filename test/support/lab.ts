/** The real command `lab` as a process of its own, and what there is of a lab on this machine. For end-to-end and kill tests. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { inspectLab, sweepLab } from "../../provider/sweep.ts";
import { engineProcesses } from "../../runner/engine.ts";
import { projectPaths } from "../../runner/paths.ts";
import { engineMarkOf } from "../../runner/workspace.ts";
import { labOf } from "../../scenarios/deploy.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
export const paths = projectPaths(root);

export interface Ended {
  /** Exit code, 128 + signal number when killed. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}
export interface Started {
  readonly child: ChildProcess;
  /** What it has written to both streams so far. */
  output(): string;
  readonly ended: Promise<Ended>;
}

/** Starts `lab` in a process group of its own, as a terminal would. */
export function startLab(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Started {
  const child = spawn(process.execPath, [join(root, "cli", "main.ts"), ...args], {
    cwd: root,
    env: { ...environment, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code, signal) => {
      resolve({ code, signal, stdout, stderr });
    });
  });
  const one = { child, output: () => stdout + stderr, ended };
  started.push(one);
  return one;
}

const started: Started[] = [];

/** Kills what a failed test left running. */
export async function endStarted(): Promise<void> {
  for (const { child, ended } of started.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await ended;
  }
}

export const lab = (...args: readonly string[]): Promise<Ended> => startLab(args).ended;

/** Waits until `condition`, looking every 50 ms; throws with `what` after the time. */
export async function until(what: string, condition: () => boolean, seconds = 60): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s in vain until ${what}`);
    await sleep(50);
  }
}

export const labOfStack = (stack: string) =>
  labOf({ root, stack, backend: "lab", place: { block: null, position: null } });

/** Processes of the lab that work for the resource, such as `load`. */
export const processesOf = (stack: string, resource: RegExp): number[] =>
  inspectLab(labOfStack(stack))
    .processes.filter((one) => resource.test(one.resource))
    .map(({ pid }) => pid);

/** The engine and its provider. */
export function enginesOf(stack: string): { engine: number[]; provider: number[] } {
  const all = engineProcesses(engineMarkOf(paths, stack)).map(({ pid }) => pid);
  const isEngine = (pid: number): boolean => nameOf(pid) === "pulumi";
  return { engine: all.filter(isEngine), provider: all.filter((pid) => !isEngine(pid)) };
}

/** Name of a process; empty when it has ended meanwhile. */
export function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}

/** Sends a signal; false when the process has ended meanwhile. */
export function kill(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    return false;
  }
}

/** The iperf3 clients themselves, without the gate and the idle window before them. */
export const iperf3Of = (stack: string): number[] =>
  processesOf(stack, /^tasks\/load$/).filter((pid) => nameOf(pid) === "iperf3");

/** Everything that must be gone after `destroy`; empty when all is. */
export function leftOf(stack: string): string[] {
  const { processes, namespaces, cgroups, dir } = inspectLab(labOfStack(stack));
  const backendLocks = join(paths.state, ".pulumi", "locks", "organization", "cni-traffic-lab", stack);
  const { engine, provider } = enginesOf(stack);
  return [
    ...processes.map(({ pid, name }) => `process ${name} (${pid})`),
    ...namespaces.map((name) => `namespace ${name}`),
    ...cgroups.map((path) => `control group ${path}`),
    ...(dir === undefined ? [] : [`folder ${dir}`]),
    ...(existsSync(backendLocks) ? readdirSync(backendLocks).map((name) => `backend lock ${name}`) : []),
    ...(existsSync(join(paths.locks, `${stack}.json`)) ? ["the stack's lock"] : []),
    ...[...engine, ...provider].map((pid) => `engine process ${pid}`),
  ];
}

/** Removes whatever a test left, its state included. */
export async function forget(stack: string, ...bundles: readonly string[]): Promise<void> {
  await lab("destroy", "-s", stack);
  await sweepLab(labOfStack(stack));
  const state = join(paths.state, ".pulumi", "stacks", "cni-traffic-lab");
  const files = existsSync(state) ? readdirSync(state).filter((name) => name.startsWith(`${stack}.json`)) : [];
  for (const name of files) rmSync(join(state, name), { force: true });
  rmSync(paths.work(stack), { recursive: true, force: true });
  for (const name of bundles) rmSync(join(paths.results, name), { recursive: true, force: true });
}
