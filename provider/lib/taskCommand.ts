/** One command of a task: its files, its start, its end. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { TaskArgs, TaskCommand } from "../schema.ts";
import { ProviderError } from "./errors.ts";
import { fill, fillAll, groupOf, lastLines, launch, readFrom, type Exit, type Launched } from "./launch.ts";
import { namespaceInode } from "./namespaces.ts";
import { endProcesses, scanProcesses } from "./processes.ts";

export interface Folders {
  /** Results: `{results}`. */
  readonly results: string;
  /** The task's own files: `{dir}`. */
  readonly dir: string;
}

export interface Running extends Launched {
  readonly stdout: string;
  readonly stderr: string;
  /** Inode of its namespace. */
  readonly netns: number;
}

/** What ends a command, or a wait, before its time. */
export type Disturbance = { readonly kind: "interrupted" } | { readonly kind: "broken"; readonly error: string };
export type CommandEnd = { readonly kind: "exit"; readonly exit: Exit } | { readonly kind: "deadline" } | Disturbance;

/** Mark of whatever a task starts. */
export function taskResource(name: string): string {
  return `tasks/${name}`;
}

/** File in the results folder; its folder is made. */
export function resultFile({ results }: Folders, name: string): string {
  const file = join(results, name);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  return file;
}

/** @throws {ProviderError} when the program or the namespace is missing. */
export async function startCommand(
  { lab, name }: Pick<TaskArgs, "lab" | "name">,
  folders: Folders,
  command: TaskCommand,
): Promise<Running> {
  const netns = namespaceInode(lab, command.netns);
  if (netns === undefined) {
    throw new ProviderError(`namespace ${command.netns}, in which ${command.name} is to run, is gone`);
  }
  const { output } = command;
  const stdout = output === undefined ? join(folders.dir, `${command.name}.out`) : resultFile(folders, output);
  const stderr = join(folders.dir, `${command.name}.err`);
  // A command that is tried again starts with empty files.
  for (const file of [stdout, stderr]) writeFileSync(file, "", { mode: 0o600 });
  const launched = await launch({
    lab,
    resource: taskResource(name),
    role: command.role,
    netns: command.netns,
    cgroup: command.cgroup ?? [],
    argv: command.command.map((word) => fill(word, { ...folders })),
    environment: fillAll(command.environment, { ...folders }),
    folder: folders.dir,
    stdout,
    stderr,
  });
  return { ...launched, stdout, stderr, netns };
}

/** Waits for the end of a command; one that is disturbed, or does not end within its deadline (seconds), is killed. */
export async function endOf(running: Running, deadline: number, disturbed: Promise<Disturbance>): Promise<CommandEnd> {
  const over = new AbortController();
  const late = (): CommandEnd => ({ kind: "deadline" });
  const end = await Promise.race([
    running.exited.then((exit): CommandEnd => ({ kind: "exit", exit })),
    sleep(deadline * 1000, undefined, { signal: over.signal }).then(late, late),
    disturbed,
  ]);
  over.abort();
  if (end.kind !== "exit") await endCommands([running]);
  return end;
}

/** Ends commands with everything they started. */
export async function endCommands(
  commands: readonly Running[],
  stop?: { readonly signal: NodeJS.Signals; readonly deadline: number },
): Promise<void> {
  if (commands.length === 0) return;
  await endProcesses(() => {
    const groups = commands.map(({ ref, netns }) => groupOf({ process: ref, netns }));
    return scanProcesses().filter((process) => groups.some((isMember) => isMember(process)));
  }, stop);
}

/** The last lines of what a command said. */
export function saidBy({ stderr, stdout }: Running): string {
  return lastLines(readFrom(stderr).trim() === "" ? stdout : stderr);
}
