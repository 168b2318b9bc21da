/**
 * The Pulumi CLI as the Automation API runs it, with what a measurement needs beyond that: a session of its own, so that
 * a terminal's Ctrl-C reaches only us and the engine is told once to stop; a mark, so that a later command finds engines
 * whose runner died; an end by force; and no questions whose answers the engine's events already gave.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { marks, runnerVariable } from "../provider/lib/processes.ts";
import { hasCode } from "./errors.ts";
import { isFullForState } from "./room.ts";
import { endProcesses, processesWithVariable, refOf, signal, type MarkedProcess } from "./processes.ts";

/** Environment variable that names the stack an engine and its provider work for. */
export const engineMark = "CNI_TRAFFIC_LAB_ENGINE";

/** Mark of processes that belong to the lab, set by the provider: they outlive the engine. */
export const labMark = marks.lab;

export interface EngineStop {
  /** Stop soon: no new step begins, running ones are cancelled, the state is written. */
  readonly soft: AbortSignal;
  /** Stop now: the engine is killed; the next command repairs. */
  readonly hard: AbortSignal;
}

/** How long the engine may take to stop softly before it is killed, in milliseconds. */
const grace = 20_000;

export class EngineError extends Error {
  readonly stderr: string;
  /** By which signal the engine ended; null when it ended by itself. */
  readonly killedBy: NodeJS.Signals | null;

  constructor(message: string, stderr: string, killedBy: NodeJS.Signals | null) {
    super(message);
    this.name = "EngineError";
    this.stderr = stderr;
    this.killedBy = killedBy;
  }
}

interface Result {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}
type Listener = (text: string) => void;
type Run = (
  args: string[],
  cwd: string,
  environment: Readonly<Record<string, string>>,
  onOutput?: Listener,
  onError?: Listener,
) => Promise<Result>;

export interface EngineOptions {
  /** Where the Pulumi CLI is; looked for on PATH when absent. */
  readonly root: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** Names the stack. */
  readonly mark: string;
  /** File that says, while an engine runs, where the Automation API's folder with its events is. */
  readonly note: string;
  /** Folder of the state. An engine that has no room in it is ended. */
  readonly state: string;
  /** Whether the backend knows the stack for certain, so that it need not be selected: every command names it. */
  readonly isThere: () => boolean;
  readonly stop: EngineStop;
}

/** A command for the Automation API. */
export async function engineCommand({
  root,
  environment,
  mark,
  note,
  state,
  isThere,
  stop,
}: EngineOptions): Promise<PulumiCommand> {
  const automation = await import("@pulumi/pulumi/automation/index.js");
  const found = await automation.PulumiCommand.get(root === undefined ? {} : { root });
  const run: Run = async (args, cwd, extra, onOutput, onError) => {
    const known = knownAnswer(args);
    if (known !== undefined) return { stdout: known, stderr: "", code: 0 };
    const selects = args[0] === "stack" && args[1] === "select";
    if (selects && isThere()) return { stdout: "", stderr: "", code: 0 };
    const events = args[args.indexOf("--event-log") + 1];
    if (args.includes("--event-log") && events !== undefined) writeFileSync(note, dirname(events));
    const child = spawn(found.command, [...args, ...(selects ? ["--create"] : []), "--non-interactive"], {
      cwd,
      env: {
        ...environment,
        ...extra,
        ...{ PULUMI_AUTOMATION_API: "true", [engineMark]: mark, [runnerVariable]: JSON.stringify(refOf(process.pid)) },
      },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    try {
      return await finish(child, args, { stop, state }, onOutput, onError);
    } finally {
      rmSync(note, { force: true });
    }
  };
  return Object.assign(found, { run });
}

/** The file of `engineCommand` in a work folder. */
export const eventFolderNote = (workFolder: string): string => join(workFolder, "event-folder");

/** Removes the folder of events that a killed command left among the system's temporary files. */
export function removeEventFolder(note: string): void {
  try {
    const folder = readFileSync(note, "utf8");
    if (basename(folder).startsWith("automation-logs-")) rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
  rmSync(note, { force: true });
}

/** The engine and provider processes that carry the mark; the lab's own processes do not count. */
export function engineProcesses(mark: string): MarkedProcess[] {
  return processesWithVariable(engineMark).filter(
    ({ environment, pid }) => environment.get(engineMark) === mark && !environment.has(labMark) && pid !== process.pid,
  );
}

/** After `up` the Automation API asks for outputs and history: both stand in the events already. */
function knownAnswer(args: readonly string[]): string | undefined {
  if (args[0] !== "stack") return undefined;
  if (args[1] === "history") return "[]";
  if (args[1] === "output") return "{}";
  return undefined;
}

async function finish(
  child: ChildProcess,
  args: readonly string[],
  { stop, state }: Pick<EngineOptions, "stop" | "state">,
  onOutput?: Listener,
  onError?: Listener,
): Promise<Result> {
  const stdout = collectText(child.stdout, onOutput);
  const stderr = collectText(child.stderr, onError);
  const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      resolve([code, signal]);
    });
  });
  const release = stopOn(child, stop);
  let isFull = false as boolean;
  const watched = setInterval(() => {
    if (!isFullForState(state)) return;
    clearInterval(watched);
    isFull = true;
    // The state stays as it was last written; what is not in it is found and removed by the next command.
    child.kill("SIGKILL");
  }, 500);
  try {
    const [code, killedBy] = await ended;
    await endProcesses(inSession(child.pid), 2_000);
    await Promise.race([Promise.all([stdout.closed, stderr.closed]), new Promise((done) => setTimeout(done, 500))]);
    if (code === 0) return { stdout: stdout.text(), stderr: stderr.text(), code };
    if (isFull) {
      const error = `no space left on device for the engine's state, in ${state}`;
      throw new EngineError(`pulumi ${args[0] ?? ""} was ended: ${error}`, error, killedBy);
    }
    const how = killedBy === null ? `exit status ${code ?? "unknown"}` : `killed by ${killedBy}`;
    throw new EngineError(`pulumi ${args[0] ?? ""} failed (${how})`, stderr.text(), killedBy);
  } finally {
    clearInterval(watched);
    release();
  }
}

function stopOn(child: ChildProcess, stop: EngineStop): () => void {
  let timer: NodeJS.Timeout | undefined;
  const soft = (): void => {
    child.kill("SIGINT");
    timer = setTimeout(hard, grace);
  };
  const hard = (): void => {
    child.kill("SIGKILL");
    for (const one of inSession(child.pid)) signal(one, "SIGKILL");
  };
  if (stop.soft.aborted) soft();
  else stop.soft.addEventListener("abort", soft, { once: true });
  if (stop.hard.aborted) hard();
  else stop.hard.addEventListener("abort", hard, { once: true });
  return () => {
    clearTimeout(timer);
    stop.soft.removeEventListener("abort", soft);
    stop.hard.removeEventListener("abort", hard);
  };
}

/** What is left of the engine's session: a provider whose engine was killed. */
function inSession(leader: number | undefined): MarkedProcess[] {
  return processesWithVariable(engineMark).filter(
    ({ session, environment }) => session === leader && !environment.has(labMark),
  );
}

function collectText(stream: NodeJS.ReadableStream | null, listener?: Listener) {
  const parts: string[] = [];
  stream?.setEncoding("utf8");
  stream?.on("data", (part: string) => {
    parts.push(part);
    listener?.(part);
  });
  const closed = new Promise<void>((resolve) => {
    if (stream === null) resolve();
    else stream.once("close", resolve);
  });
  return { text: () => parts.join(""), closed };
}
