/** The measured part of each phase, from what the tools themselves say. Pure. */
import type { RunOutput, RunRecord } from "./record.ts";
import { iperfWindow } from "./raw/iperf3Client.ts";
import type { RawRun } from "./raw/readRun.ts";
import type { Window } from "./timeSeries.ts";

export type PhaseWindow = RunRecord["measured"]["windows"][number];

/** Windows of all phases without warm-up, in the order of the run. */
export function measuredWindows(output: RunOutput, raw: RawRun): PhaseWindow[] {
  return output.load.phases.map(({ phase, start_s, end_s, warmup_s }) => {
    const test = raw.iperf.get(phase);
    if (test?.state === "done") return { phase, ...iperfWindow(test, start_s) };
    const start_ms = raw.counts.get(phase)?.start_ms ?? null;
    const window = { phase, start_s: Math.min(start_s + warmup_s, end_s), end_s };
    if (start_ms === null) return window;
    const start = start_ms / 1000 + warmup_s;
    return { phase, start_s: start, end_s: start + measuredSeconds(output, phase) };
  });
}

/** Window of one phase; null when the run has no such phase. */
export function windowOf(windows: readonly PhaseWindow[], phase: string): Window | null {
  return windows.find((window) => window.phase === phase) ?? null;
}

/**
 * Measured length of a k6 phase in whole seconds: the phase's own length in the setting `phases`, else the setting
 * `duration`, else what the record's phase leaves after warm-up.
 */
export function measuredSeconds(output: Pick<RunOutput, "settings" | "load">, phase: string): number {
  const own = (output.settings["phases"] ?? "")
    .split(",")
    .map((part) => part.trim().split(":"))
    .find(([name]) => name?.trim() === phase)?.[1];
  const stated = durationSeconds(own) ?? durationSeconds(output.settings["duration"]);
  if (stated !== null) return stated;
  const found = output.load.phases.find((entry) => entry.phase === phase);
  return found === undefined ? 0 : Math.max(0, Math.floor(found.end_s - found.start_s - found.warmup_s));
}

const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** Seconds of `30s`, `2m` or a plain number of seconds; null when it is none of these. */
export function durationSeconds(text: string | undefined): number | null {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text?.trim() ?? "") ?? [];
  return amount === undefined ? null : Number(amount) * (unitSeconds[unit ?? "s"] ?? 1);
}
