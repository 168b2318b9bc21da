/**
 * Bundles of the size of the thesis, with answers that are known: egress with Antrea and Cilium, base and gateway, 8 runs each;
 * ingress with Cilium's gateway and with Antrea and NGINX at four levels, 16 runs each. The mean of each metric over a cell's
 * runs is exactly the number in the tables below; runs scatter around it (seeded); counts per window are drawn at random.
 */
import { describeRuns, tablesOf, type Bundle } from "../../analysis/bundle.ts";
import type { Span } from "../../analysis/campaignLog.ts";
import type { Environment } from "../../analysis/environment.ts";
import type { Plan } from "../../analysis/plan.ts";
import type { Cell, RunRecord } from "../../analysis/record.ts";
import type { InsideRow, LatencyRow, SampleRow, WindowRow } from "../../analysis/tables.ts";
import { latencyRows, sample, type Truth } from "./bundle.ts";
import { seededRandom } from "./random.ts";
import { syntheticRecord } from "./record.ts";

export type ThesisEnvironment = "local" | "aks";

/** Goodput in bit/s, round-trip time in s, CPU in cores, memory in bytes, of each egress cell. */
export const thesisEgress: Readonly<Record<string, readonly [number, number, number, number]>> = {
  "antrea/base": [8.4e9, 92e-6, 3.1, 5.6e9],
  "antrea/gateway": [7.6e9, 118e-6, 2.7, 5.4e9],
  "cilium/base": [7.3e9, 121e-6, 3.6, 6.9e9],
  "cilium/gateway": [6.3e9, 164e-6, 3.2, 6.0e9],
};

/** Requests per second, CPU in cores, memory in bytes of each CNI at 1, 10, 100 and 1000 VUs. */
export const thesisIngress: Readonly<
  Record<ThesisEnvironment, Record<"antrea" | "cilium", Readonly<Record<number, readonly [number, number, number]>>>>
> = {
  local: {
    antrea: {
      1: [310, 1.1, 5.5e9],
      10: [1900, 2.6, 5.6e9],
      100: [4200, 4.4, 5.7e9],
      1000: [4000, 5.2, 6.0e9],
    },
    cilium: {
      1: [420, 0.9, 5.2e9],
      10: [2600, 2.1, 5.25e9],
      100: [5100, 3.7, 5.3e9],
      1000: [4700, 4.3, 5.5e9],
    },
  },
  aks: {
    antrea: {
      1: [24, 0.5, 3.1e9],
      10: [230, 0.9, 3.1e9],
      100: [610, 1.7, 3.2e9],
      1000: [590, 2.0, 3.3e9],
    },
    cilium: {
      1: [23, 0.6, 3.6e9],
      10: [220, 1.1, 3.6e9],
      100: [540, 2.1, 3.7e9],
      1000: [500, 2.5, 3.9e9],
    },
  },
};

export interface ThesisOptions {
  readonly environment?: ThesisEnvironment;
  readonly runs?: number;
  readonly seed?: number;
  /** Share of the first backend by CNI, where it is not its weight. */
  readonly share?: Partial<Record<"antrea" | "cilium", number>>;
  /** Observed over binomial variance of the windows by CNI, 1 where nothing is given. */
  readonly dispersion?: Partial<Record<"antrea" | "cilium", number>>;
}

const gateways = { antrea: "nginx", cilium: "cilium" } as const;
const cnis = ["antrea", "cilium"] as const;

/** The egress campaign on kind. The sixth run of Cilium's gateway uses `outlier` times its CPU, as the thesis' figure 5.2 a shows. */
export function thesisEgressBundle({
  runs = 8,
  seed = 1,
  outlier = 1,
}: ThesisOptions & { outlier?: number } = {}): Bundle {
  const cells = cnis.flatMap((cni) =>
    (["base", "gateway"] as const).map((path) => {
      const id = `${cni}/${path}`;
      const [goodput = 0, rtt = 0, cpu = 0, memory = 0] = thesisEgress[id] ?? [];
      const cell: Cell = { ...blank(cni, "local"), id: `local/${cni}/egress/${path}`, scenario: "egress", path };
      const truth: Truth[] = [
        ...idle(memory),
        ["unloaded", "", "rtt", rtt / 4],
        ["half", "", "rtt", rtt / 2],
        ["half", "", "goodput", 3.6e9],
        ["saturated", "", "goodput", goodput],
        ["saturated", "", "rtt", rtt],
        ["saturated", "", "retransmits", 30],
        ...host("saturated", cpu, memory),
        ["saturated", "host", "cpu_per_gbit", (cpu - 0.6) / (goodput / 1e9)],
        ["saturated", "cni", "cpu", cpu / 8],
        ["saturated", "client", "cpu", cpu / 3],
      ];
      return { cell, truth };
    }),
  );
  const bundle = build("thesis-egress", cells, { runs, seed }, () => []);
  const odd = bundle.records.filter(({ cell }) => cell.id === "local/cilium/egress/gateway")[5]?.run_id;
  const isOdd = ({ run_id, phase, role, metric }: SampleRow | InsideRow): boolean =>
    run_id === odd && phase === "saturated" && role === "host" && metric === "cpu";
  const samples = bundle.tables.samples.map((row) => (isOdd(row) ? { ...row, value: row.value * outlier } : row));
  const inside = bundle.tables.inside.map((row) =>
    isOdd(row)
      ? { ...row, value: row.value * outlier, ci_low: row.ci_low * outlier, ci_high: row.ci_high * outlier }
      : row,
  );
  return { ...bundle, tables: tablesOf(bundle, { ...bundle.tables, samples, inside }) };
}

/** The ingress campaign of an environment: windows of 5 s over 2 min. */
export function thesisIngressBundle(options: ThesisOptions = {}): Bundle {
  const { environment = "local", runs = 16, seed = 2, share = {}, dispersion = {} } = options;
  const random = seededRandom(seed + 77);
  const cells = cnis.flatMap((cni) =>
    Object.entries(thesisIngress[environment][cni]).map(([vus, [requests, cpu, memory]]) => {
      const gateway = gateways[cni];
      const cell: Cell = {
        ...blank(cni, environment),
        ...{ id: `${environment}/${cni}/ingress/${gateway}/${vus}vus`, scenario: "ingress", gateway },
        ...{ vus: Number(vus), weights: "60/40" },
      };
      const latency = Number(vus) / requests;
      const truth: Truth[] = [
        ...idle(memory),
        ["closed", "", "requests", requests],
        ["closed", "", "errors", 0],
        ["closed", "", "latency_p50", latency * 0.8],
        ["closed", "", "latency_p99", latency * 4],
        ...host("closed", cpu, memory),
        ["closed", "host", "cpu_per_krequest", (cpu - 0.4) / (requests / 1000)],
        ["closed", "gateway", "cpu", cpu / 4],
        ["closed", "cni", "cpu", cpu / 8],
      ];
      return { cell, truth };
    }),
  );
  return build(`thesis-ingress-${environment}`, cells, { runs, seed }, (record, truth) => {
    const rate = truth.find(([, , metric]) => metric === "requests")?.[3] ?? 0;
    const cni = record.cell.cni === "antrea" ? "antrea" : "cilium";
    return windows(record, rate * 5, share[cni] ?? 0.6, dispersion[cni] ?? 1, random);
  });
}

type Planned = readonly { readonly cell: Cell; readonly truth: readonly Truth[] }[];

function build(
  name: string,
  cells: Planned,
  { runs, seed }: { runs: number; seed: number },
  windowsOf: (record: RunRecord, truth: readonly Truth[]) => WindowRow[],
): Bundle {
  const random = seededRandom(seed);
  const records: RunRecord[] = [];
  const rows: { samples: SampleRow[]; windows: WindowRow[]; latency: LatencyRow[]; inside: InsideRow[] } = {
    samples: [],
    windows: [],
    latency: [],
    inside: [],
  };
  const spreads = cells.map(({ truth }) => truth.map(() => centred(runs, random)));
  for (let block = 1; block <= runs; block++) {
    const order = shuffled(
      cells.map((_, index) => index),
      random,
    );
    order.forEach((index, position) => {
      const planned = cells[index];
      if (planned === undefined) return;
      const { cell, truth } = planned;
      const record = syntheticRecord(cell, {
        run_id: `b${String(block)}-${cell.id.replaceAll("/", "-")}`,
        block,
        position: position + 1,
      });
      records.push(record);
      truth.forEach((entry, at) => {
        const spread = (spreads[index]?.[at]?.[block - 1] ?? 0) * (entry[2] === "memory" ? 0.006 : 0.02);
        const row = sample(record, entry, spread);
        rows.samples.push(row);
        if (cell.scenario === "egress" && entry[0] === "saturated") rows.inside.push(insideOf(row));
      });
      const made = windowsOf(record, truth);
      rows.windows.push(...made);
      rows.samples.push(...shares(record, made));
      if (cell.scenario === "ingress") rows.latency.push(...latencyRows(record, truth));
    });
  }
  const environment = cells[0]?.cell.environment ?? "local";
  const described = describeRuns(records, planOf(name, cells));
  return {
    ...{ dir: `results/${name}`, name, campaign: `name: ${name}\nblocks: ${String(runs)}\n` },
    environment: fingerprint(environment, cells[0]?.cell.scenario ?? "egress"),
    spans: spansOf(records),
    ...described,
    tables: tablesOf(described, rows),
    notes: [],
  };
}

/** Antrea against Cilium in each two cells that differ in nothing else. */
function planOf(name: string, cells: Planned): Plan {
  const comparisons = cells.flatMap(({ cell: a }) =>
    cells
      .filter(({ cell: b }) => a.cni === "antrea" && b.cni === "cilium" && a.path === b.path && a.vus === b.vus)
      .flatMap(({ cell: b }) =>
        ["cpu", "memory"].map((metric) => ({
          ...{ a: a.id, b: b.id, phase: a.scenario === "egress" ? "saturated" : "closed", role: "host", metric },
          margin: 0.05,
          claim: {
            text: `Antrea needs less ${metric === "cpu" ? "CPU" : "memory"} than Cilium (${a.path}${a.vus === null ? "" : `${String(a.vus)} VUs`})`,
            source: "thesis",
            expect: "below" as const,
          },
        })),
      ),
  );
  return {
    ...{ schema: 1, name, description: "", seed: 1, replication: "reuse", limits: {} },
    stopping: { rule: "fixed", blocks: 8 },
    cells: cells.map(({ cell }) => ({ ...cell, lab: cell.cni })),
    comparisons,
  };
}

export function fingerprint(environment: string, scenario: string): Environment {
  const place =
    environment === "aks"
      ? { kernel: "5.15.0-1098-azure", kubelet: "v1.33.3", node_size: "Standard_A2_v2" }
      : {
          cpu: "AMD Ryzen 7 5800H",
          cores: 16,
          memory_gib: 32,
          architecture: "x64",
          kernel: "6.12.0",
          kubelet: "v1.36.4",
        };
  return {
    schema: 1,
    bed: {
      ...place,
      environment,
      ...(scenario === "egress" ? { iperf3: "3.19" } : { k6: "2.2.0" }),
      [`${scenario}.phases`]: scenario === "egress" ? "idle:30s,unloaded:30s,saturated:12m" : "idle:15s,closed:2m",
    },
    under_test: { "cni.antrea": "2.7.0", "cni.cilium": "1.20.2" },
  };
}

function spansOf(records: readonly RunRecord[]): Span[] {
  let t_s = (records[0]?.load.started_s ?? 0) - 170;
  const add = (what: Span["what"], seconds: number, run: RunRecord | null): Span => {
    t_s += seconds;
    return {
      event: "span",
      t_s,
      seconds,
      what,
      lab: run?.cell.cni ?? "antrea",
      run: run?.run_id ?? null,
      cell: run?.cell.id ?? null,
    };
  };
  return [
    add("setup", 12, null),
    add("build", 150, null),
    ...records.flatMap((run) => [
      add("up", 6, run),
      add("load", 137, run),
      add("collect", 4, run),
      add("wait", 5, run),
    ]),
    add("destroy", 30, null),
  ];
}

function blank(cni: string, environment: string): Omit<Cell, "scenario" | "id"> {
  return { environment, cni, path: "", gateway: "", vus: null, rate: null, weights: "" };
}

function idle(memory: number): Truth[] {
  return [
    ["idle", "host", "cpu", 0.5],
    ["idle", "host", "memory", memory * 0.95],
  ];
}

function host(phase: string, cpu: number, memory: number): Truth[] {
  return [
    [phase, "host", "cpu", cpu],
    [phase, "host", "cpu_softirq", cpu / 5],
    [phase, "host", "memory", memory],
    [phase, "", "generator_cpu", 0.4],
    [phase, "", "host_idle", 0.3],
  ];
}

/** Half-widths of 1.5 % of the value. */
function insideOf({ run_id, phase, role, metric, unit, value }: SampleRow): InsideRow {
  const ends = { ci_low: value * 0.985, ci_high: value * 1.015 };
  return {
    run_id,
    phase,
    role,
    metric,
    unit,
    value,
    ...ends,
    observations: 720,
    batches: 10,
    autocorrelation: 0.3,
    mser: 0,
  };
}

/** The whole run's shares, from its windows. */
function shares(record: RunRecord, windows: readonly WindowRow[]): SampleRow[] {
  const total = windows.reduce((sum, { requests }) => sum + requests, 0);
  return total === 0
    ? []
    : record.backends.map(({ name }) => {
        const own = windows.reduce((sum, { backend, requests }) => (backend === name ? sum + requests : sum), 0);
        return sample(record, ["closed", name, "share", own / total], 0);
      });
}

/** 24 windows of 5 s, each of n answers, split as drawn; a variance of other than 1 is that of no true draw. */
function windows(
  { run_id, backends }: RunRecord,
  n: number,
  share: number,
  dispersion: number,
  random: () => number,
): WindowRow[] {
  const deviation = Math.sqrt(n * share * (1 - share) * dispersion);
  return Array.from({ length: 24 }, (_, index) => index * 5).flatMap((window_start_s) => {
    const hits = Math.min(n, Math.max(0, Math.round(n * share + deviation * normal(random))));
    const row = { run_id, phase: "closed", window_start_s, window_s: 5, errors: 0 };
    return backends.map(({ name }, index) => ({ ...row, backend: name, requests: index === 0 ? hits : n - hits }));
  });
}

/** Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Normal draws whose sum is zero, so that the mean of the runs is the cell's own. */
function centred(count: number, random: () => number): number[] {
  const draws = Array.from({ length: count }, () => normal(random));
  const middle = draws.reduce((sum, draw) => sum + draw, 0) / count;
  return draws.map((draw) => draw - middle);
}

function shuffled(items: readonly number[], random: () => number): number[] {
  return items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
