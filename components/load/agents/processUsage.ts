/** CPU and memory of a tool's processes, out of /proc. */
import { readdirSync, readFileSync } from "node:fs";

const ticksPerSecond = 100;

/** Text of a file under /proc; empty when the process is gone. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // A process may end between listing and reading; it then counts no more.
    return "";
  }
}

/** Ends every process of a name for certain: one that hangs must not hold the run. */
export function killAll(name: string): void {
  for (const { pid } of processesOf(name)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  }
}

interface Found {
  readonly pid: number;
  /** Fields of /proc/<pid>/stat after the command. */
  readonly fields: readonly number[];
}

function processesOf(name: string): Found[] {
  const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  return pids.flatMap((pid) => {
    const [, command, rest = ""] = /^\d+ \((.*)\) (.*)/s.exec(read(`/proc/${pid}/stat`)) ?? [];
    return command === name ? [{ pid: Number(pid), fields: rest.split(" ").map(Number) }] : [];
  });
}

/** Sum over all processes of a name, with their ended children; undefined when there is none. */
export function usageOf(name: string): { cpu: number; resident: number } | undefined {
  const found = processesOf(name).map(({ pid, fields }) => {
    const cpu = [11, 12, 13, 14].reduce((sum, index) => sum + (fields[index] ?? 0), 0) / ticksPerSecond;
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? "0";
    return { cpu, resident: Number(kilobytes) * 1024 };
  });
  if (found.length === 0) return undefined;
  return {
    cpu: found.reduce((sum, { cpu }) => sum + cpu, 0),
    resident: found.reduce((sum, { resident }) => sum + resident, 0),
  };
}

export const machineStat = (): string => read("/proc/stat");
