/** Benchmarks of the analysis: each in a process of its own, on bundles and logs that are made for it and removed after it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bench } from "../benches.ts";
import { root } from "../lab.ts";
import { thesisIngress, writeIngressBundle, writeLongRun } from "./bundle.ts";
import { costOf, type Cost } from "./child.ts";
import { writeAnswers, writeStream } from "./logs.ts";

type Note = (text: string) => void;

/** Makes something in a folder, measures it some times, and removes the folder. */
async function measured(
  count: number,
  note: Note,
  make: (folder: string) => Promise<unknown>,
  measure: (folder: string) => Promise<Cost>,
): Promise<Cost[]> {
  const folder = mkdtempSync(join(tmpdir(), "lab-bench-"));
  try {
    await make(folder);
    const costs: Cost[] = [];
    for (let index = 0; index < count; index++) {
      const cost = await measure(folder);
      costs.push(cost);
      note(
        `${index + 1} of ${count}: ${cost.seconds.toFixed(2)} s (${cost.cpu_s.toFixed(2)} s of processor), ${cost.megabytes.toFixed(0)} MB`,
      );
    }
    return costs;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const analyze = (folder: string): Promise<Cost> => costOf(join(root, "cli", "main.ts"), ["analyze", folder]);
const splitOfLog = (role: string, seconds: number) => (folder: string) =>
  costOf(join(root, "bench", "analysis", "splitOfLog.ts"), [folder, role, "log", String(seconds)]);

/** Time and memory of the same work, as two figures: seconds and MB (10^6 bytes), process start included. */
function both(
  name: string,
  what: string,
  bounds: { readonly seconds: number; readonly megabytes: number },
  make: (folder: string) => Promise<unknown>,
  measure: (folder: string) => Promise<Cost>,
): Record<string, Bench> {
  return {
    [`${name}-time`]: {
      what: `${what}: time`,
      unit: "s",
      bound: { atMost: bounds.seconds },
      measure: async (count, note) => (await measured(count, note, make, measure)).map(({ seconds }) => seconds),
    },
    [`${name}-memory`]: {
      what: `${what}: peak of resident memory`,
      unit: "MB",
      bound: { atMost: bounds.megabytes },
      measure: async (_count, note) => (await measured(1, note, make, measure)).map(({ megabytes }) => megabytes),
    },
  };
}

const logLines = 10_000_000;
const answersPerSecond = 8000;
const logSeconds = logLines / answersPerSecond;

/** Numbers of runs whose cost is compared; each ten times the one before. */
const runCounts = [10, 100, 1000, 10_000] as const;

export const analysisBenches: Readonly<Record<string, Bench>> = {
  ...both(
    "thesis-ingress",
    "lab analyze of the thesis' ingress campaign (2 x 4 x 16 runs of 2 min, 1 s samples)",
    { seconds: 5, megabytes: 400 },
    (folder) => writeIngressBundle(folder, thesisIngress),
    analyze,
  ),
  ...both(
    "answers-log",
    "windows and split statistics from the log of every answer, 10 million lines",
    { seconds: 20, megabytes: 500 },
    (folder) => writeAnswers(join(folder, "log"), logLines, answersPerSecond),
    splitOfLog("k6.closed.answers", logSeconds),
  ),
  ...both(
    "k6-stream",
    "the same from k6's own stream (--out json), 10 million lines",
    { seconds: 20, megabytes: 500 },
    (folder) => writeStream(join(folder, "log"), logLines, answersPerSecond),
    splitOfLog("k6.closed.stream", Math.floor(logSeconds / 13)),
  ),
  "long-run-memory": {
    what: "peak of resident memory of lab analyze on one run of 2 h at 1,000 VUs with its log of every answer",
    unit: "MB",
    bound: { atMost: 500 },
    measure: async (_count, note) => (await measured(1, note, writeLongRun, analyze)).map(({ megabytes }) => megabytes),
  },
  "analysis-growth": {
    what: "lab analyze from 1,000 to 10,000 runs: exponent of the time's growth (1 is linear)",
    unit: "",
    bound: { atMost: 1.1 },
    measure: async (_count, note) => {
      const seconds: number[] = [];
      for (const runs of runCounts) {
        const size = { levels: [1], runs: runs / 2, seconds: 10 };
        note(`${runs} runs`);
        const [cost] = await measured(1, note, (folder) => writeIngressBundle(folder, size), analyze);
        seconds.push(cost?.seconds ?? NaN);
      }
      return [Math.log10((seconds[3] ?? NaN) / (seconds[2] ?? NaN))];
    },
  },
};
