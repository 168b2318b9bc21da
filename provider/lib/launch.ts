/** Starting programs that outlive a call, or the provider itself. */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { LabRef, ProcessRef } from "../schema.ts";
import { baseEnvironment, findProgram } from "./commands.ts";
import { messageOf, ProviderError } from "./errors.ts";
import { placeOf } from "./follow.ts";
import type { Identity } from "./identity.ts";
import { entering } from "./namespaces.ts";
import { bootId, isAlive, marks, netnsOf, refOf, scanProcesses, type FoundProcess } from "./processes.ts";
import { script } from "./scripts.ts";

export interface Launch {
  readonly lab: LabRef;
  /** Mark of whatever the program starts: `processes/<name>` or `tasks/<name>`. */
  readonly resource: string;
  readonly role: string;
  /** Namespace to run in; the caller's when absent. */
  readonly netns?: string;
  /** `cgroup.procs` files. */
  readonly cgroup: readonly string[];
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Files that output is appended to; they may be one. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface Exit {
  /** Exit status; null when a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Launched {
  readonly ref: ProcessRef;
  readonly exited: Promise<Exit>;
}

/**
 * Starts a program in a session of its own, so that neither a Ctrl-C nor the end of the provider ends it. The pid is
 * the tool's: on the way there everything is `exec`.
 * @throws {ProviderError} when the program is missing.
 */
export function launch(what: Launch): Promise<Launched> {
  const { lab, argv, folder } = what;
  const [program = "", ...rest] = argv;
  const command = [...entering(lab, what.netns), findProgram(program, lab.path), ...rest];
  const stdout = openSync(what.stdout, "a", 0o600);
  const stderr = what.stderr === what.stdout ? stdout : openSync(what.stderr, "a", 0o600);
  try {
    const child = spawn("/bin/sh", [script("launch"), ...what.cgroup, "--", ...command], {
      cwd: folder,
      detached: true,
      stdio: ["ignore", stdout, stderr],
      env: {
        ...baseEnvironment(lab.path),
        ...what.environment,
        [marks.lab]: lab.id,
        [marks.resource]: what.resource,
        [marks.role]: what.role,
      },
    });
    child.unref();
    const exited = new Promise<Exit>((resolve) => {
      child.once("exit", (status, signal) => {
        resolve({ status, signal });
      });
    });
    return new Promise((resolve, reject) => {
      child.once("error", (error) => {
        reject(new ProviderError(`cannot start ${program}: ${messageOf(error)}`));
      });
      // Read at once: until the event loop turns, even a process that ended is still there as a zombie.
      const ref = child.pid === undefined ? undefined : refOf(child.pid);
      if (ref !== undefined) resolve({ ref, exited });
    });
  } finally {
    closeSync(stdout);
    if (stderr !== stdout) closeSync(stderr);
  }
}

/**
 * The processes of one resource: those with its mark, and the group of its first process. A process that has
 * overwritten its environment, and whose first process is gone, is known by group and namespace together.
 */
export function membersOf(lab: Pick<LabRef, "id">, resource: string, known?: Identity): FoundProcess[] {
  const isMember = groupOf(known);
  return scanProcesses().filter(
    (process) => (process.lab === lab.id && process.resource === resource) || isMember(process),
  );
}

/** Tells the processes of a known one's group from others that have got the same number since. */
export function groupOf(known: Identity | undefined): (process: FoundProcess) => boolean {
  if (known?.process.bootId !== bootId()) return () => false;
  const leads = isAlive(known.process);
  return ({ group, netns }) => group === known.process.pid && (leads || netns === known.netns);
}

/** Whether the process has reached its namespace, so that what /proc says of its network is the namespace's. */
export function hasEntered(ref: ProcessRef, netns: number): boolean {
  return netnsOf(ref.pid) === netns;
}

/** Writes files into a folder, making what is needed. Only this user may read them. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, text, { mode: 0o600 });
  }
}

/** Puts folders in the place of `{dir}` and the like. */
export function fill(text: string, places: Readonly<Record<string, string>>): string {
  return Object.entries(places).reduce((filled, [name, value]) => filled.replaceAll(`{${name}}`, value), text);
}

export function fillAll(
  texts: Readonly<Record<string, string>> | undefined,
  places: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(texts ?? {}).map(([name, text]) => [name, fill(text, places)]));
}

/** The last lines of a log from a byte on, for an error; says so when there is nothing. */
export function lastLines(file: string, from = 0, count = 15): string {
  const text = readFrom(file, from);
  return text.trim() === "" ? "(it printed nothing)" : text.trimEnd().split("\n").slice(-count).join("\n");
}

/** The last 64 KiB of a file, which may be large; empty when there is none. */
export function readEnd(file: string): string {
  const { size } = placeOf(file);
  return readFrom(file, Math.max(0, size - 65536));
}

/** A file from a byte on; empty when there is none. */
export function readFrom(file: string, from = 0): string {
  const { size } = placeOf(file);
  if (size <= from) return "";
  const buffer = Buffer.alloc(size - from);
  const input = openSync(file, "r");
  try {
    return buffer.subarray(0, readSync(input, buffer, 0, buffer.length, from)).toString("utf8");
  } finally {
    closeSync(input);
  }
}

/** How an ended process tells about itself, in words. */
export function exitText({ status, signal }: Exit): string {
  return status === null ? `was ended by ${signal ?? "a signal"}` : `ended with exit status ${status}`;
}
