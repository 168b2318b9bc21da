/** Sampling what the load generator costs, while it runs. */
import { readFileSync } from "node:fs";
import type { ProcessRef } from "../schema.ts";
import { isMissing } from "./errors.ts";
import { descendants, isAlive, readStat, ticksPerSecond } from "./processes.ts";

/** Milliseconds between two samples. */
const interval = 250;

export const samplesHeader = "t_s,phase,cpu_s,rss_bytes,host_idle_s,host_total_s\n";

/** Seconds since the epoch. */
export function now(): number {
  return Date.now() / 1000;
}

/**
 * Seconds that all CPUs together were idle (waiting for a disk included), and in all, since boot, in the text of
 * /proc/stat. Guest time is part of user time already. Undefined when the text is cut off.
 */
export function parseHost(text: string): { readonly idle: number; readonly total: number } | undefined {
  const line = /^cpu +(\d[\d ]*)\n/.exec(text)?.[1];
  const ticks = line?.split(" ").map(Number);
  const [user, nice, system, idle, iowait, irq, softirq, steal] = ticks ?? [];
  if (steal === undefined) return undefined;
  const all = [user, nice, system, idle, iowait, irq, softirq, steal].reduce<number>((sum, one = 0) => sum + one, 0);
  return { idle: ((idle ?? 0) + (iowait ?? 0)) / ticksPerSecond, total: all / ticksPerSecond };
}

/** Bytes in memory, in the text of /proc/<pid>/status; undefined for a process that has none any more. */
export function parseResident(text: string): number | undefined {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (isMissing(error)) return "";
    throw error;
  }
}

/** CPU seconds and resident bytes of a process with its children. */
function usage(pid: number): { cpu: number; resident: number } {
  const parts = descendants(pid).map((one) => {
    const stat = readStat(one);
    return {
      ticks: (stat?.ownTicks ?? 0) + (stat?.childTicks ?? 0),
      resident: parseResident(read(`/proc/${one}/status`)) ?? 0,
    };
  });
  return {
    cpu: parts.reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond,
    resident: parts.reduce((sum, { resident }) => sum + resident, 0),
  };
}

/** Samples a process until stopped; `stop` gives the lines of `generator.csv`. */
export function sample(phase: string, tool: ProcessRef): { readonly stop: () => string } {
  const lines: string[] = [];
  const take = (): void => {
    if (!isAlive(tool)) return;
    const host = parseHost(read("/proc/stat"));
    const { cpu, resident } = usage(tool.pid);
    if (host === undefined) return;
    const values = [cpu.toFixed(2), String(resident), host.idle.toFixed(2), host.total.toFixed(2)];
    lines.push([now().toFixed(3), phase, ...values].join(","));
  };
  take();
  const timer = setInterval(take, interval);
  return {
    stop: () => {
      clearInterval(timer);
      take();
      return lines.map((line) => `${line}\n`).join("");
    },
  };
}
