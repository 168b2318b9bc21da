/** Bundles that went wrong in one way, made from the synthetic one. */
import { describeRuns, tablesOf, type Bundle } from "../../analysis/bundle.ts";
import type { Plan, PlanClaim } from "../../analysis/plan.ts";
import type { RunRecord } from "../../analysis/record.ts";
import type { SampleRow, WindowRow } from "../../analysis/tables.ts";
import { syntheticBundle } from "./bundle.ts";

export interface Edit {
  /** Changes a copy of a record, or drops it by null. */
  readonly record?: (record: RunRecord) => RunRecord | null;
  readonly sample?: (sample: SampleRow) => SampleRow | null;
  readonly window?: (window: WindowRow) => WindowRow | null;
}

/** The bundle with every record, sample and window passed through the edit; all that follows from them is made anew. */
export function edited(bundle: Bundle, { record, sample, window }: Edit): Bundle {
  const records = bundle.records.map((run) => structuredClone(run)).flatMap((run) => kept(record, run));
  const ids = new Set(records.map(({ run_id }) => run_id));
  const samples = bundle.tables.samples.filter(({ run_id }) => ids.has(run_id)).flatMap((row) => kept(sample, row));
  const windows = bundle.tables.windows.filter(({ run_id }) => ids.has(run_id)).flatMap((row) => kept(window, row));
  const latency = bundle.tables.latency.filter(({ run_id }) => ids.has(run_id));
  const inside = bundle.tables.inside.filter(({ run_id }) => ids.has(run_id));
  const described = describeRuns(records, bundle.plan);
  return {
    ...bundle,
    ...described,
    tables: tablesOf(described, { samples, windows, latency, inside }),
  };
}

function kept<T>(edit: ((value: T) => T | null) | undefined, value: T): T[] {
  const result = edit === undefined ? value : edit(value);
  return result === null ? [] : [result];
}

/** The bundle with a plan that names its comparisons, one of them with a claim that holds and one that does not. */
export function claimedBundle(bundle: Bundle): Bundle {
  const claims: Readonly<Record<string, PlanClaim>> = {
    goodput: { text: "A gateway costs goodput", source: "thesis, figure 5.7", expect: "below" },
    rtt: { text: "A gateway lowers the round-trip time", source: "thesis, figure 5.8", expect: "below" },
  };
  const plan: Plan = {
    ...{ schema: 1, name: bundle.name, description: "", seed: 1, replication: "reuse", limits: {} },
    stopping: { rule: "fixed", blocks: 8 },
    cells: bundle.cells.map((cell) => ({ ...cell, lab: "lab" })),
    comparisons: bundle.tables.comparisons.map(({ a, b, phase, role, metric, margin }) => ({
      ...{ a, b, phase, role, metric, margin },
      claim: phase === "saturated" ? (claims[metric] ?? null) : null,
    })),
  };
  return edited({ ...bundle, plan }, {});
}

/** Every way in which a campaign may go wrong that the report must survive. */
export const troubled: Readonly<Record<string, () => Bundle>> = {
  "no run at all": () => edited(syntheticBundle(), { record: () => null }),
  "no valid run": () => withoutValidRun(),
  "one run a cell": () => syntheticBundle({ runs: 1 }),
  "a single run": () =>
    edited(syntheticBundle({ runs: 1 }), { record: (run) => (run.cell.path === "base" ? run : null) }),
  "egress only": () => edited(syntheticBundle(), { record: (run) => (run.cell.scenario === "egress" ? run : null) }),
  "ingress only": () => edited(syntheticBundle(), { record: (run) => (run.cell.scenario === "ingress" ? run : null) }),
  "monitoring off": () => withoutMonitoring(),
  "no retransmit": () =>
    edited(syntheticBundle(), { sample: (row) => (row.metric === "retransmits" ? { ...row, value: 0 } : row) }),
  "no variance": () => withoutVariance(),
  "goodput of zero": () =>
    edited(syntheticBundle(), { sample: (row) => (row.metric === "goodput" ? { ...row, value: 0 } : row) }),
  "a backend without requests": () => starvedBackend(),
  "three backends": () => threeBackends(),
  "direct beside the gateways": () => directGateway(),
  "end hosts at their limit everywhere": () => syntheticBundle({ endHostBound: [1, 10, 100] }),
  "a cell without values": () =>
    edited(syntheticBundle(), { sample: (row) => (row.gateway === "envoy" && row.vus === 10 ? null : row) }),
  "no environment and no campaign": () => ({ ...syntheticBundle(), environment: null, campaign: null, notes: [] }),
  "values that are no numbers": () =>
    edited(syntheticBundle(), {
      sample: (row) => (row.metric === "rtt" || row.metric === "share" ? { ...row, value: NaN } : row),
    }),
  "windows without an answer": () => edited(syntheticBundle(), { window: (row) => ({ ...row, requests: 0 }) }),
};

function withoutValidRun(): Bundle {
  return edited(syntheticBundle(), {
    record: (run) => {
      run.measured.validity = { valid: false, reasons: ["the load failed"], voids: [], labels: [] };
      return run;
    },
    sample: (row) => ({ ...row, valid: false, invalid_reason: "the load failed" }),
  });
}

function withoutMonitoring(): Bundle {
  return edited(syntheticBundle(), {
    record: (run) => {
      for (const { phase } of run.load.phases) {
        for (const metric of ["cpu", "memory"]) {
          run.measured.validity.voids.push({ metric, phase, reason: "monitoring has no sample in the window" });
        }
      }
      return run;
    },
    sample: (row) => (/^(cpu|memory|steal)/.test(row.metric) ? null : row),
  });
}

function withoutVariance(): Bundle {
  const first = new Map<string, number>();
  return edited(syntheticBundle(), {
    sample: (row) => {
      const key = [row.cell, row.phase, row.role, row.metric].join();
      const value = first.get(key) ?? row.value;
      first.set(key, value);
      return { ...row, value };
    },
  });
}

/** echo-2 answers nothing. */
export function starvedBackend(): Bundle {
  return edited(syntheticBundle(), { window: (row) => (row.backend === "echo-2" ? { ...row, requests: 0 } : row) });
}

/** 50/30/20 over three backends, hit exactly in every window. */
export function threeBackends(): Bundle {
  const weights = { "echo-1": 50, "echo-2": 30, "echo-3": 20 };
  const base = edited(syntheticBundle(), {
    record: (run) => {
      if (run.cell.scenario === "egress") return run;
      run.cell.weights = "50/30/20";
      return { ...run, backends: Object.entries(weights).map(([name, weight]) => ({ name, weight })) };
    },
  });
  const first = base.tables.windows.filter(({ backend }) => backend === "echo-1");
  const windows = first.flatMap((row) =>
    Object.entries(weights).map(([backend, weight]) => ({ ...row, backend, requests: weight * 20 })),
  );
  return edited({ ...base, tables: { ...base.tables, windows } }, {});
}

/** A cell at a fixed rate beside each of the closed model: as many requests per second as VUs, latency and cost twice as high. */
export function withFixedRates(bundle: Bundle): Bundle {
  const cellAt = <T extends { id: string; vus: number | null }>(cell: T) => ({
    ...cell,
    ...{ id: fixedRateId(cell.id), vus: null, rate: cell.vus },
  });
  const phaseOf = <T extends { phase: string }>(part: T): T => ({
    ...part,
    phase: part.phase.replace("closed", "open"),
  });
  const ingress = bundle.records.filter(({ cell }) => cell.scenario === "ingress");
  const records = ingress.map((run): RunRecord => {
    const { cell, load, measured, run_id } = structuredClone(run);
    return {
      ...run,
      ...{ run_id: `${run_id}-open`, cell: cellAt(cell) },
      load: { ...load, phases: load.phases.map(phaseOf) },
      measured: {
        ...measured,
        windows: measured.windows.map(phaseOf),
        generator: measured.generator.map(phaseOf),
        validity: { ...measured.validity, voids: measured.validity.voids.map(phaseOf) },
      },
    };
  });
  const copied = new Set(ingress.map(({ run_id }) => run_id));
  const doubled = ["latency_p50", "latency_p99", "cpu_per_krequest"];
  const samples = bundle.tables.samples
    .filter(({ run_id }) => copied.has(run_id))
    .map((row) => ({
      ...phaseOf(row),
      ...{ run_id: `${row.run_id}-open`, cell: fixedRateId(row.cell), vus: null, rate: row.vus },
      value: doubled.includes(row.metric) ? row.value * 2 : row.value,
    }));
  return edited(
    {
      ...bundle,
      records: [...bundle.records, ...records],
      tables: { ...bundle.tables, samples: [...bundle.tables.samples, ...samples] },
    },
    {},
  );
}

const fixedRateId = (id: string): string => id.replace(/vus$/, "rps");

/** NGINX's cells become those of the direct path to one backend. */
function directGateway(): Bundle {
  const id = (text: string): string => text.replace("/nginx/", "/direct/");
  return edited(syntheticBundle(), {
    record: (run) =>
      run.cell.gateway !== "nginx"
        ? run
        : {
            ...run,
            cell: { ...run.cell, id: id(run.cell.id), gateway: "direct", weights: "" },
            backends: [{ name: "echo-1", weight: 1 }],
          },
    sample: (row) => (row.gateway === "nginx" ? { ...row, cell: id(row.cell), gateway: "direct", weights: "" } : row),
    window: (row) => (row.run_id.includes("nginx") && row.backend === "echo-2" ? null : row),
  });
}
