/**
 * A bundle made in memory, with answers that are known: the mean of each metric over a cell's three valid runs is exactly
 * the number in `egressTruth` or `ingressTruth`, with a spread of 1 % either way; only the counts per window are random
 * (seeded, binomial). One run of egress/gateway is invalid, and the CPU of one ingress/envoy/10vus run is void.
 */
import { describeRuns, tablesOf, type Bundle } from "../../analysis/bundle.ts";
import { unitOf, type MetricName } from "../../analysis/metrics.ts";
import type { Cell, RunRecord } from "../../analysis/record.ts";
import type { LatencyRow, SampleRow, WindowRow } from "../../analysis/tables.ts";
import { drawBinomial, seededRandom } from "./random.ts";
import { syntheticRecord } from "./record.ts";

/** [phase, role, metric, mean over the runs] */
export type Truth = readonly [phase: string, role: string, metric: MetricName, mean: number];

const idleTruth: readonly Truth[] = [
  ["idle", "host", "cpu", 0.05],
  ["idle", "host", "memory", 900e6],
  ["idle", "gateway", "cpu", 0.001],
  ["idle", "gateway", "memory", 20e6],
  ["idle", "monitoring", "cpu", 0.02],
];

/** Known means of the egress cells. */
export const egressTruth: Record<"base" | "gateway", readonly Truth[]> = {
  base: [...idleTruth, ...egressMetrics(10e9, 80e-6, 1.4, 1.0)],
  gateway: [...idleTruth, ...egressMetrics(9e9, 100e-6, 1.6, 1.08)],
};

/** Known means of the ingress cells, by gateway and number of VUs. */
export const ingressTruth: Record<"nginx" | "envoy", Record<number, readonly Truth[]>> = {
  nginx: {
    1: [...idleTruth, ...ingressMetrics(2100, 0.4e-3, 0.9)],
    10: [...idleTruth, ...ingressMetrics(12_000, 0.8e-3, 1.6)],
    100: [...idleTruth, ...ingressMetrics(12_400, 8e-3, 1.7)],
  },
  envoy: {
    1: [...idleTruth, ...ingressMetrics(1700, 0.5e-3, 1.0)],
    10: [...idleTruth, ...ingressMetrics(7000, 1.3e-3, 1.7)],
    100: [...idleTruth, ...ingressMetrics(11_000, 9e-3, 1.8)],
  },
};

export interface SyntheticOptions {
  readonly seed?: number;
  /** Valid runs of each cell, 3 by default. */
  readonly runs?: number;
  /** Levels (VUs) at which the generator took all of the machine, so that requests and latency are void in every run. */
  readonly endHostBound?: readonly number[];
}

export function syntheticBundle({ seed = 1, runs = 3, endHostBound = [] }: SyntheticOptions = {}): Bundle {
  const random = seededRandom(seed);
  const records: RunRecord[] = [];
  const samples: SampleRow[] = [];
  const windows: WindowRow[] = [];
  const latency: LatencyRow[] = [];
  const add = (record: RunRecord, truth: readonly Truth[], spread: number): void => {
    records.push(record);
    samples.push(...truth.map((entry) => sample(record, entry, spread)));
    if (record.cell.vus === null) return;
    const rate = truth.find(([, , metric]) => metric === "requests")?.[3] ?? 0;
    windows.push(...windowRows(record, rate, random));
    latency.push(...latencyRows(record, truth));
  };

  for (let block = 1; block <= runs; block++) {
    const spread = runs === 1 ? 0 : ((block - 1) / (runs - 1) - 0.5) * 0.02;
    cells.forEach(({ cell, truth }, index) => {
      const id = { run_id: `b${String(block)}-${cell.id.replaceAll("/", "-")}`, block, position: index + 1 };
      const record = syntheticRecord(cell, id);
      if (cell.gateway === "envoy" && cell.vus === 10 && block === runs) {
        record.measured.validity.voids.push({
          metric: "cpu",
          phase: "closed",
          reason: "monitoring has a gap of 3.1 s in the window, at most 2.0 s are allowed",
        });
      }
      if (cell.vus !== null && endHostBound.includes(cell.vus)) {
        const reason = "end-host bound: the generator used 93.0 % of what it may use, at most 80 % are allowed";
        for (const metric of ["requests", "latency_p50", "latency_p99"]) {
          record.measured.validity.voids.push({ metric, phase: "closed", reason });
        }
        record.measured.validity.labels.push({ phase: "closed", label: "end-host bound" });
      }
      add(record, truth, spread);
    });
  }

  const gateway = cells.find(({ cell }) => cell.path === "gateway");
  if (gateway !== undefined) {
    const broken = syntheticRecord(gateway.cell, { run_id: "b1-invalid-gateway", block: 1, position: 9 });
    broken.measured.validity.valid = false;
    broken.measured.validity.reasons.push(
      "2 of 4 measured connections came from 10.0.0.3 instead of the expected source address 10.0.0.9",
    );
    add(broken, gateway.truth, -0.5);
  }

  const described = describeRuns(records);
  return {
    dir: "results/quick",
    name: "quick",
    campaign: "name: quick\nblocks: 3\n",
    environment: {
      schema: 1,
      bed: {
        kernel: "6.18.0",
        cores: 2,
        machine: "Test machine",
        memory_bytes: 8e9,
        mtu: 1500,
        iperf3: "3.12",
        k6: "1.1.0",
      },
      under_test: { cni: "kernel", nginx: "1.22.1", envoy: "1.34.0", keepalive: "on", workers: 2 },
    },
    spans: [],
    ...described,
    tables: tablesOf(described, { samples, windows, latency, inside: [] }),
    notes: ["runs/b3-half-made.partial is not a whole run and was left out"],
  };
}

const cells: readonly { cell: Cell; truth: readonly Truth[] }[] = [
  ...(["base", "gateway"] as const).map((path) => ({
    cell: { ...blankCell(`netns/kernel/egress/${path}`), scenario: "egress" as const, path },
    truth: egressTruth[path],
  })),
  ...(["nginx", "envoy"] as const).flatMap((gateway) =>
    Object.entries(ingressTruth[gateway]).map(([vus, truth]) => ({
      cell: {
        ...blankCell(`netns/kernel/ingress/${gateway}/${vus}vus`),
        scenario: "ingress" as const,
        gateway,
        vus: Number(vus),
        weights: "60/40",
      },
      truth,
    })),
  ),
];

function blankCell(id: string): Omit<Cell, "scenario"> {
  return { id, environment: "netns", cni: "kernel", path: "", gateway: "", vus: null, rate: null, weights: "" };
}

function egressMetrics(goodput: number, rtt: number, cpu: number, memory: number): Truth[] {
  return [
    ["unloaded", "", "rtt", rtt / 4],
    ["saturated", "", "goodput", goodput],
    ["saturated", "", "retransmits", 12],
    ["saturated", "", "rtt", rtt],
    ["saturated", "host", "cpu", cpu],
    ["saturated", "host", "cpu_softirq", cpu / 4],
    ["saturated", "host", "steal", 0.01],
    ["saturated", "host", "memory", memory * 1e9],
    ["saturated", "host", "cpu_per_gbit", (cpu - 0.05) / (goodput / 1e9)],
    ["saturated", "client", "cpu", cpu / 3],
    ["saturated", "gateway", "cpu", 0.002],
    ["saturated", "server", "cpu", cpu / 3],
    ["saturated", "gateway", "memory", 21e6],
    ["saturated", "", "generator_cpu", 0.4],
    ["saturated", "", "host_idle", 0.2],
  ];
}

function ingressMetrics(requests: number, latency: number, cpu: number): Truth[] {
  return [
    ["closed", "", "requests", requests],
    ["closed", "", "errors", 0],
    ["closed", "", "latency_p50", latency],
    ["closed", "", "latency_p99", latency * 4],
    ["closed", "echo-1", "share", 0.6],
    ["closed", "echo-2", "share", 0.4],
    ["closed", "host", "cpu", cpu],
    ["closed", "host", "memory", 1e9],
    ["closed", "gateway", "cpu", cpu / 4],
    ["closed", "gateway", "memory", 30e6],
    ["closed", "host", "cpu_per_krequest", (cpu - 0.05) / (requests / 1000)],
    ["closed", "", "generator_cpu", 0.4],
    ["closed", "", "host_idle", 0.2],
  ];
}

export function sample(record: RunRecord, [phase, role, metric, mean]: Truth, spread: number): SampleRow {
  const { cell, run_id, block, position, measured } = record;
  const { id, ...rest } = cell;
  const { valid, reasons, voids } = measured.validity;
  const reason = valid
    ? voids.find((entry) => entry.metric === metric && entry.phase === phase)?.reason
    : reasons.join("; ");
  return {
    run_id,
    block,
    position,
    cell: id,
    ...rest,
    phase,
    role,
    metric,
    unit: unitOf(metric),
    value: metric === "share" || metric === "errors" ? mean : mean * (1 + spread),
    valid: reason === undefined,
    invalid_reason: reason ?? "",
  };
}

function windowRows({ run_id, backends }: RunRecord, rate: number, random: () => number): WindowRow[] {
  const [first, second] = backends;
  if (first === undefined || second === undefined) return [];
  return [0, 1, 2].flatMap((window_start_s) => {
    const hits = drawBinomial(random, rate, first.weight / (first.weight + second.weight));
    const row = { run_id, phase: "closed", window_start_s, window_s: 1, errors: 0 };
    return [
      { ...row, backend: first.name, requests: hits },
      { ...row, backend: second.name, requests: rate - hits },
    ];
  });
}

/** Half of the answers up to the median, 48 % up to twice, 2 % up to four times. */
export function latencyRows({ run_id }: RunRecord, truth: readonly Truth[]): LatencyRow[] {
  const median = truth.find(([, , metric]) => metric === "latency_p50")?.[3] ?? 1e-3;
  const count = 3 * (truth.find(([, , metric]) => metric === "requests")?.[3] ?? 0);
  return [
    { run_id, phase: "closed", le_s: median, count: count * 0.5 },
    { run_id, phase: "closed", le_s: median * 2, count: count * 0.48 },
    { run_id, phase: "closed", le_s: median * 4, count: count * 0.02 },
  ];
}
