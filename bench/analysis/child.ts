/** A process of its own, timed from start to end, with its peak of resident memory as the kernel keeps it. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { root } from "../lab.ts";

export interface Cost {
  readonly seconds: number;
  /** Processor time: what a busy machine does not stretch much. */
  readonly cpu_s: number;
  /** 10^6 bytes. */
  readonly megabytes: number;
}

/** Runs a script of the project with arguments; throws when it fails. */
export async function costOf(script: string, args: readonly string[]): Promise<Cost> {
  const start = performance.now();
  const child = execa(process.execPath, [script, ...args], { cwd: root, all: true, reject: false });
  let last = { megabytes: 0, cpu_s: 0 };
  const done = child.then(() => true);
  while (!(await Promise.race([done, sleep(20, false)]))) last = usageOf(child.pid) ?? last;
  const seconds = (performance.now() - start) / 1000;
  const { exitCode, all } = await child;
  if (exitCode !== 0) throw new Error(`${script} ended with ${exitCode ?? "a signal"}:\n${all}`);
  return { seconds, ...last };
}

/** Clock ticks of /proc, as Linux shows them to programs on every machine. */
const ticksPerSecond = 100;

/** The kernel's own high-water mark, so what lies between two looks is in it; null when the process has ended. */
function usageOf(pid: number | undefined): Pick<Cost, "megabytes" | "cpu_s"> | null {
  try {
    const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid ?? 0}/status`, "utf8")) ?? [];
    const stat = readFileSync(`/proc/${pid ?? 0}/stat`, "utf8");
    const [utime = 0, stime = 0] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13)
      .map(Number);
    return kib === undefined
      ? null
      : { megabytes: (Number(kib) * 1024) / 1e6, cpu_s: (utime + stime) / ticksPerSecond };
  } catch {
    return null;
  }
}
