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

/** Sum over all processes of a name, with their ended children; undefined when there is none. */
export function usageOf(name: string): { cpu: number; resident: number } | undefined {
  const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  const found = pids.flatMap((pid) => {
    const stat = read(`/proc/${pid}/stat`);
    const [, command, rest = ""] = /^\d+ \((.*)\) (.*)/s.exec(stat) ?? [];
    if (command !== name) return [];
    const fields = rest.split(" ").map(Number);
    const cpu = [11, 12, 13, 14].reduce((sum, index) => sum + (fields[index] ?? 0), 0) / ticksPerSecond;
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? "0";
    return [{ cpu, resident: Number(kilobytes) * 1024 }];
  });
  if (found.length === 0) return undefined;
  return {
    cpu: found.reduce((sum, { cpu }) => sum + cpu, 0),
    resident: found.reduce((sum, { resident }) => sum + resident, 0),
  };
}

export const machineStat = (): string => read("/proc/stat");
