/** Engine processes, found by a mark in their environment. Identity and signals are the provider's. */
import { readdirSync, readFileSync } from "node:fs";
import { isAlive, refOf, signal, waitFor } from "../provider/lib/processes.ts";
import type { ProcessRef } from "../provider/schema.ts";
import { hasCode } from "./errors.ts";

export { isAlive, refOf, signal };

export interface MarkedProcess extends ProcessRef {
  readonly session: number;
  readonly environment: ReadonlyMap<string, string>;
}

/** Running processes whose environment holds the variable; those of other users are not seen. */
export function processesWithVariable(name: string): MarkedProcess[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      const environment = environmentOf(entry);
      const ref = environment.has(name) ? refOf(Number(entry)) : undefined;
      return ref === undefined || !isAlive(ref) ? [] : [{ ...ref, environment, session: sessionOf(entry) }];
    });
}

/** Ends processes: by `first`, and by SIGKILL those that stay after `graceMs`. Returns when all are gone, at the latest 5 s later. */
export async function endProcesses(
  targets: readonly ProcessRef[],
  graceMs: number,
  first: NodeJS.Signals = "SIGTERM",
): Promise<void> {
  const gone = (): boolean => !targets.some(isAlive);
  for (const target of targets) signal(target, first);
  if (await waitFor(gone, graceMs)) return;
  for (const target of targets) signal(target, "SIGKILL");
  await waitFor(gone, 5_000);
}

function environmentOf(pid: string): ReadonlyMap<string, string> {
  return new Map(
    readProc(`/proc/${pid}/environ`)
      .split("\0")
      .filter((line) => line.includes("="))
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

/** Field 6 of /proc/<pid>/stat, see proc_pid_stat(5); the name in parentheses may hold blanks and parentheses itself. */
function sessionOf(pid: string): number {
  const text = readProc(`/proc/${pid}/stat`);
  return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[3]);
}

/** A file of /proc; empty when the process is gone or belongs to somebody else. */
function readProc(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT", "ESRCH", "EACCES", "EPERM")) return "";
    throw error;
  }
}
