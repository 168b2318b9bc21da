/** Bundles on disk as a campaign leaves them, of any size, with the raw files that the tools write. Values are seeded. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bucketOf } from "../../analysis/latency.ts";
import { completeRecord } from "../../analysis/measure.ts";
import { parseK6Summary } from "../../analysis/raw/k6Summary.ts";
import type { RunOutput } from "../../analysis/record.ts";
import { drawBinomial } from "../../analysis/statistics/multinomial.ts";
import { seededRandom } from "../../analysis/statistics/random.ts";
import { writeAnswers } from "./logs.ts";

export interface CampaignSize {
  /** Virtual users of each level. */
  readonly levels: readonly number[];
  /** Runs of each cell. */
  readonly runs: number;
  /** Measured seconds of a run. */
  readonly seconds: number;
}

/** The ingress campaign of the thesis on one environment: two CNIs with their gateways, four levels, 16 runs of 2 min. */
export const thesisIngress: CampaignSize = { levels: [1, 10, 100, 1000], runs: 16, seconds: 120 };

const pairs = [
  { cni: "cilium", gateway: "cilium" },
  { cni: "antrea", gateway: "nginx" },
] as const;
const weights = [60, 40] as const;
const idle_s = 20;
const warmup_s = 5;
const start_s = 1_790_000_000;
/** Requests per second that the gateways carry, whatever the number of users. */
const requestRate = 3000;
/** Seconds between two lines of counts of one virtual user. */
const flushEvery_s = 20;

/** Writes the bundle into `dir`; gives the number of runs. */
export async function writeIngressBundle(dir: string, { levels, runs, seconds }: CampaignSize): Promise<number> {
  const random = seededRandom(1);
  const cells = pairs.flatMap((pair) => levels.map((vus) => ({ ...pair, vus })));
  await writeFrame(dir);
  let made = 0;
  for (let block = 1; block <= runs; block++) {
    for (const [index, cell] of cells.entries()) {
      const started_s = start_s + made * (seconds + idle_s + 30);
      made++;
      const output = runOutput(cell, { block, position: index + 1, started_s, seconds });
      // A run's own level: 2 % from run to run.
      const level = 1 + 0.02 * (random() + random() + random() - 1.5);
      await writeRun(dir, output, rawFiles(output, { vus: cell.vus, seconds, level, random }));
    }
  }
  return made;
}

/** One run of two hours at a thousand users, with a line for every answer, from a cluster of four machines. */
export async function writeLongRun(dir: string): Promise<void> {
  const seconds = 7200;
  const output = runOutput({ ...pairs[0], vus: 1000 }, { block: 1, position: 1, started_s: start_s, seconds });
  const shape = { vus: 1000, seconds, level: 8000 / requestRate, random: seededRandom(1), nodes: 4 };
  const files = rawFiles(output, shape);
  await writeFrame(dir);
  const folder = join(dir, "runs", output.run_id);
  await mkdir(folder);
  // As many lines as the counts have answers: else the run would be invalid.
  const { requests } = parseK6Summary(files["k6-closed.json"] ?? "", { file: "k6-closed.json" });
  await writeAnswers(join(folder, "answers.log"), requests, Math.ceil(requests / (warmup_s + seconds)));
  await writeRun(dir, { ...output, files: { ...output.files, "k6.closed.answers": "answers.log" } }, files);
}

async function writeFrame(dir: string): Promise<void> {
  await mkdir(join(dir, "runs"), { recursive: true });
  await writeFile(join(dir, "environment.json"), JSON.stringify(environment));
}

async function writeRun(dir: string, output: RunOutput, files: Readonly<Record<string, string>>): Promise<void> {
  const folder = join(dir, "runs", output.run_id);
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await writeFile(join(folder, "record.json"), JSON.stringify(await completeRecord(output, folder), null, 1));
}

const environment = {
  schema: 1,
  bed: { kernel: "6.18.0", cores: 4, machine: "bench", memory_bytes: 16e9, mtu: 1500, k6: "2.2.0" },
  under_test: { cilium: "1.20.2", antrea: "2.7.0" },
};

function runOutput(
  { cni, gateway, vus }: { cni: string; gateway: string; vus: number },
  { block, position, started_s, seconds }: { block: number; position: number; started_s: number; seconds: number },
): RunOutput {
  const closed_s = started_s + idle_s;
  const end_s = closed_s + warmup_s + seconds + 0.1;
  return {
    schema: 1,
    run_id: `b${String(block).padStart(5, "0")}-${cni}-${vus}vus`,
    block,
    position,
    cell: {
      id: `local/${cni}/ingress/${gateway}/${vus}vus`,
      environment: "local",
      cni,
      scenario: "ingress",
      path: "",
      gateway,
      vus,
      rate: null,
      weights: weights.join("/"),
    },
    versions: { k6: "2.2.0", [cni]: "1" },
    settings: {
      environment: "local",
      scenario: "ingress",
      duration: `${seconds}s`,
      warmup: `${warmup_s}s`,
      window: "1s",
    },
    load: {
      started_s,
      finished_s: end_s,
      phases: [
        { phase: "idle", start_s: started_s, end_s: closed_s, warmup_s: 0 },
        { phase: "closed", start_s: closed_s, end_s, warmup_s },
      ],
    },
    outcome: { ok: true, error: "" },
    restarted: [],
    files: {
      timeline: "timeline.json",
      generator: "generator.csv",
      "k6.closed": "k6-closed.json",
      "k6.closed.counts": "k6-closed.counts.jsonl",
      prometheus: "prometheus.json",
    },
    source: {
      kind: "kubernetes",
      folder: "",
      store: { namespace: "lab", service: "results", port: 80 },
      prometheus: null,
    },
    limits: ["node exporter on kind sees the whole host"],
    expected: null,
    backends: weights.map((weight, index) => ({ name: `echo-${index + 1}`, weight })),
  };
}

interface Shape {
  readonly vus: number;
  readonly seconds: number;
  readonly level: number;
  readonly random: () => number;
  /** Machines that are monitored, 1 by default. */
  readonly nodes?: number;
}

function rawFiles(output: RunOutput, shape: Shape): Record<string, string> {
  const { load } = output;
  const { counts, requests } = countsOf(output, shape);
  const values = { count: requests, rate: requests / (warmup_s + shape.seconds) };
  return {
    "timeline.json": JSON.stringify({ schema: 1, ...load, outcome: output.outcome, restarted: [] }),
    "generator.csv": generatorOf(output),
    "k6-closed.json": JSON.stringify({ metrics: { http_reqs: { type: "counter", contains: "default", values } } }),
    "k6-closed.counts.jsonl": counts,
    "prometheus.json": prometheusOf(output, shape),
  };
}

/** A line of each virtual user every 20 s, as the load's script writes them. */
function countsOf({ load }: RunOutput, { vus, seconds, level, random }: Shape): { counts: string; requests: number } {
  const start_ms = ((load.phases[1]?.start_s ?? 0) + 0.05) * 1000;
  const perUser = (requestRate * level) / vus;
  const lines: string[] = [];
  let requests = 0;
  for (let from = 0; from < warmup_s + seconds; from += flushEvery_s) {
    for (let vu = 1; vu <= vus; vu++) {
      const c: number[][] = [];
      let measured = 0;
      for (let second = from; second < Math.min(from + flushEvery_s, warmup_s + seconds); second++) {
        const all = Math.floor(perUser + random());
        const first = drawBinomial(random, all, 0.6);
        if (first > 0) c.push([second, 0, first, 0]);
        if (all > first) c.push([second, 1, all - first, 0]);
        requests += all;
        if (second >= warmup_s) measured += all;
      }
      const h = [200, 300, 500, 900].map((us) => [bucketOf(Math.round(us * vus ** 0.5)), Math.ceil(measured / 4)]);
      lines.push(JSON.stringify({ vu, start_ms, c, h }));
    }
  }
  return { counts: `${lines.join("\n")}\n`, requests };
}

function generatorOf({ load }: RunOutput): string {
  const [, closed] = load.phases;
  const rows = Array.from({ length: Math.ceil(load.finished_s - (closed?.start_s ?? 0)) + 1 }, (_, second) =>
    [(closed?.start_s ?? 0) + second, "closed", second * 1.2, 80_000_000, second * 1.5, second * 4].join(","),
  );
  return ["t_s,phase,cpu_s,rss_bytes,host_idle_s,host_total_s", ...rows, ""].join("\n");
}

/** Host's processor time by core and mode, memory, and three containers of each role, sampled every second. */
function prometheusOf({ load }: RunOutput, { level, random, nodes = 1 }: Shape): string {
  const times = Array.from(
    { length: Math.ceil(load.finished_s - load.started_s) + 4 },
    (_, second) => load.started_s - 2 + second,
  );
  const loaded = (t: number): boolean => t >= (load.phases[1]?.start_s ?? 0);
  const counter = (idleRate: number, loadRate: number): [number, string][] => {
    let total = 1000;
    return times.map((t) => [
      t,
      (total += (loaded(t) ? loadRate * level : idleRate) * (0.95 + 0.1 * random())).toFixed(4),
    ]);
  };
  const gauge = (bytes: number): [number, string][] =>
    times.map((t) => [t, String(Math.round(bytes * (1 + 0.001 * random())))]);
  const modes = { idle: 0.6, iowait: 0.01, irq: 0, nice: 0, softirq: 0.08, steal: 0, system: 0.14, user: 0.17 };
  const roles = { cni: 0.1, "control-plane": 0.1, gateway: 0.4, server: 0.2, monitoring: 0.05 };
  const series = [
    ...Array.from({ length: 4 * nodes }, (_, cpu) => cpu).flatMap((cpu) =>
      Object.entries(modes).map(([mode, rate]) => ({
        metric: { __name__: "node_cpu_seconds_total", cpu: String(cpu), mode },
        values: counter(rate / 4, rate),
      })),
    ),
    { metric: { __name__: "node_memory_MemTotal_bytes" }, values: times.map((t) => [t, "16000000000"]) },
    { metric: { __name__: "node_memory_MemAvailable_bytes" }, values: gauge(9e9) },
    ...Object.entries(roles).flatMap(([role, rate]) =>
      Array.from({ length: 3 * nodes }, (_, container) => String(container)).flatMap((container) => [
        {
          metric: { __name__: "container_cpu_usage_seconds_total", role, container },
          values: counter(rate / 30, rate / 3),
        },
        { metric: { __name__: "container_memory_working_set_bytes", role, container }, values: gauge(60e6) },
      ]),
    ),
  ];
  return JSON.stringify({ schema: 1, start_s: times[0], end_s: times.at(-1), series });
}
