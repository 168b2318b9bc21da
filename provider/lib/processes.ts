/** Processes known for certain, found by /proc. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessRef } from "../schema.ts";
import { hasCode, isMissing, ProviderError } from "./errors.ts";

/** Clock ticks a second in /proc: 100 on every Linux that Node.js runs on. */
export const ticksPerSecond = 100;

export interface ProcessStat {
  readonly pid: number;
  readonly name: string;
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  /** Clock ticks of the process itself. */
  readonly ownTicks: number;
  /** Clock ticks of its children that ended and were waited for. */
  readonly childTicks: number;
  readonly startTime: number;
}

/** Fields of /proc/<pid>/stat; undefined when the text is cut off. The name may hold blanks and parentheses. */
export function parseStat(text: string): ProcessStat | undefined {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  if (open < 0 || close < open) return undefined;
  const fields = text.slice(close + 2).split(" ");
  const numberAt = (index: number): number => Number.parseInt(fields[index - 3] ?? "", 10);
  const stat: ProcessStat = {
    pid: Number.parseInt(text.slice(0, open), 10),
    name: text.slice(open + 1, close),
    state: fields[0] ?? "",
    parent: numberAt(4),
    group: numberAt(5),
    ownTicks: numberAt(14) + numberAt(15),
    childTicks: numberAt(16) + numberAt(17),
    startTime: numberAt(22),
  };
  // Field 22 must be followed by another: a last number may itself be cut off.
  const whole = fields.length > 22 - 3 + 1 && /^[A-Za-z]$/.test(stat.state);
  return whole && Object.values(stat).every((value) => !Number.isNaN(value)) ? stat : undefined;
}

export function readStat(pid: number): ProcessStat | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/** A file of /proc; undefined when the process is gone or is not ours to look at. */
function readProc(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (isMissing(error) || hasCode(error, ["EACCES", "EPERM"])) return undefined;
    throw error;
  }
}

let knownBootId: string | undefined;
/** Changes with every boot of the machine. */
export function bootId(): string {
  knownBootId ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return knownBootId;
}

function isRunning(stat: ProcessStat): boolean {
  return !["Z", "X", "x"].includes(stat.state);
}

/** The reference of a running process; undefined when it is gone. */
export function refOf(pid: number): ProcessRef | undefined {
  const stat = readStat(pid);
  return stat === undefined ? undefined : { pid, startTime: stat.startTime, bootId: bootId() };
}

/** Whether this very process still runs: the same pid of the same boot, started at the same time, and no zombie. */
export function isAlive(ref: ProcessRef): boolean {
  if (ref.bootId !== bootId()) return false;
  const stat = readStat(ref.pid);
  return stat?.startTime === ref.startTime && isRunning(stat);
}

/** Marks in the environment of everything that a lab starts. */
export const marks = { lab: "NETLAB_LAB", resource: "NETLAB_RESOURCE", role: "NETLAB_ROLE" } as const;

/** Variable of the engine's environment with the reference of the command that started it, as JSON. */
export const runnerVariable = "NETLAB_RUNNER";

export interface FoundProcess {
  readonly ref: ProcessRef;
  readonly name: string;
  readonly group: number;
  /** Empty where the process has none, or has overwritten its environment (as NGINX does with its title). */
  readonly lab: string;
  readonly resource: string;
  readonly role: string;
  /** Inode of its network namespace; undefined when it may not be seen. */
  readonly netns: number | undefined;
}

/** Values of the marks in the text of /proc/<pid>/environ. */
export function parseMarks(environ: string): { lab: string; resource: string; role: string } {
  const entries = environ.split("\0");
  const value = (name: string): string =>
    entries.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
  return { lab: value(marks.lab), resource: value(marks.resource), role: value(marks.role) };
}

/** Every running process that this user may look at. Zombies are left out. */
export function scanProcesses(): FoundProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = readStat(Number(name));
      if (stat === undefined || !isRunning(stat)) return [];
      const environ = readProc(`/proc/${name}/environ`) ?? "";
      const ref = { pid: stat.pid, startTime: stat.startTime, bootId: bootId() };
      return [{ ref, name: stat.name, group: stat.group, ...parseMarks(environ), netns: netnsOf(stat.pid) }];
    });
}

/** Inode of the network namespace that a process is in. */
export function netnsOf(pid: number): number | undefined {
  try {
    const inode = /^net:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[1];
    return inode === undefined ? undefined : Number(inode);
  } catch (error) {
    if (isMissing(error) || hasCode(error, ["EACCES", "EPERM"])) return undefined;
    throw error;
  }
}

/** A process and everything below it, as far as it still hangs together. */
export function descendants(pid: number): number[] {
  const children = readProc(`/proc/${pid}/task/${pid}/children`) ?? "";
  return [
    pid,
    ...children
      .split(" ")
      .filter(Boolean)
      .flatMap((child) => descendants(Number(child))),
  ];
}

/** Sends a signal to this very process; false when it is gone. */
export function signal(ref: ProcessRef, name: NodeJS.Signals): boolean {
  if (!isAlive(ref)) return false;
  try {
    return process.kill(ref.pid, name);
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** How often a wait looks, in milliseconds. */
export const pollInterval = 20;

/** Waits until `done`; false when the time (milliseconds) is over. */
export async function waitFor(done: () => boolean, time: number): Promise<boolean> {
  const end = Date.now() + time;
  while (!done()) {
    if (Date.now() >= end) return false;
    await sleep(pollInterval);
  }
  return true;
}

/**
 * Ends all processes that `find` gives, and those that they start meanwhile: first with the signal, after the
 * deadline (seconds) with SIGKILL. Returns when none is left.
 * @throws {ProviderError} when one cannot be killed.
 */
export async function endProcesses(
  find: () => readonly FoundProcess[],
  stop: { readonly signal: NodeJS.Signals; readonly deadline: number } = { signal: "SIGKILL", deadline: 0 },
): Promise<FoundProcess[]> {
  const found = find();
  const ended = new Map(found.map((process) => [process.ref.pid, process]));
  if (found.length === 0) return [];
  found.forEach(({ ref }) => signal(ref, stop.signal));
  await waitFor(() => found.every(({ ref }) => !isAlive(ref)), stop.deadline * 1000);
  const end = Date.now() + killTime;
  // Looked for anew: one of those that are gone may have started another just before.
  for (let left = find(); left.length > 0; left = find()) {
    for (const process of left) {
      ended.set(process.ref.pid, process);
      signal(process.ref, "SIGKILL");
    }
    if (Date.now() > end) {
      const names = left.map(({ name, ref }) => `${name} (pid ${ref.pid})`).join(", ");
      throw new ProviderError(`cannot kill ${names}: the kernel keeps it, or it belongs to another user`);
    }
    await waitFor(() => left.every(({ ref }) => !isAlive(ref)), pollInterval);
  }
  return [...ended.values()];
}

const killTime = 5000;
