/** Record and raw files of a run → rows of samples.csv and latency.csv. Pure. */
import { histogramQuantile, upperBound } from "./latency.ts";
import { premisesOf, unitOf, type MetricName } from "./metrics.ts";
import { readMonitoring } from "./monitoring.ts";
import { windowOf } from "./phases.ts";
import type { Counts } from "./raw/counts.ts";
import type { RawRun } from "./raw/readRun.ts";
import type { RunRecord } from "./record.ts";
import { splitPrecision } from "./splitPrecision.ts";
import type { LatencyRow, SampleRow } from "./tables.ts";
import { measuredCounts, measuredParts, type MeasuredPart } from "./windows.ts";

/** A value before it is put into its row. */
interface Value {
  readonly phase: string;
  readonly role: string;
  readonly metric: MetricName;
  readonly value: number;
}

/** All samples of a run, phase by phase. Rows of an invalid run and of void metrics carry their reason. */
export function sampleRows(record: RunRecord, raw: RawRun): SampleRow[] {
  const load = [...pathValues(raw), ...requestValues(record, raw), ...generatorValues(record)];
  const resources = resourceValues(record, raw);
  const { id: cell, ...parts } = record.cell;
  return [...load, ...resources, ...costValues(load, resources)].map(({ phase, role, metric, value }) => {
    const invalid_reason = reasonAgainst(record, metric, phase);
    return {
      run_id: record.run_id,
      block: record.block,
      position: record.position,
      cell,
      environment: parts.environment,
      cni: parts.cni,
      scenario: parts.scenario,
      path: parts.path,
      gateway: parts.gateway,
      vus: parts.vus,
      rate: parts.rate,
      weights: parts.weights,
      phase,
      role,
      metric,
      unit: unitOf(metric),
      value,
      valid: invalid_reason === "",
      invalid_reason,
    };
  });
}

/** The latency histogram of each k6 phase, empty buckets left out. */
export function latencyRows({ run_id }: RunRecord, raw: RawRun): LatencyRow[] {
  return [...raw.counts].flatMap(([phase, { histogram }]) =>
    [...histogram]
      .filter(([, count]) => count > 0)
      .sort(([a], [b]) => a - b)
      .map(([bucket, count]) => ({ run_id, phase, le_s: upperBound(bucket), count })),
  );
}

/** Why a value does not count; blank when it does. What is computed from a void metric is void too. */
function reasonAgainst(record: RunRecord, metric: MetricName, phase: string): string {
  const { valid, reasons, voids } = record.measured.validity;
  if (!valid) return reasons.join("; ");
  const premises = premisesOf(metric, phase);
  return (
    voids.find((entry) => premises.some((premise) => premise.metric === entry.metric && premise.phase === entry.phase))
      ?.reason ?? ""
  );
}

function pathValues({ iperf }: RawRun): Value[] {
  return [...iperf].flatMap(([phase, test]) => {
    if (test.state === "failed") return [];
    return some(phase, "", [
      ["goodput", test.goodput],
      ["retransmits", test.retransmits],
      ["rtt", test.rtt_s],
    ]);
  });
}

function requestValues(record: RunRecord, raw: RawRun): Value[] {
  return measuredParts(record).flatMap((part) => {
    const counts = raw.counts.get(part.phase);
    if (counts === undefined || part.seconds <= 0) return [];
    const dropped = raw.k6.get(part.phase)?.dropped_iterations ?? null;
    const measured = measuredCounts(counts, part);
    const rate = (amount: number): number => amount / part.seconds;
    return [
      ...some(part.phase, "", [
        ["requests", rate(measured.reduce((sum, { requests }) => sum + requests, 0))],
        ["errors", rate(measured.reduce((sum, { errors }) => sum + errors, 0))],
        ["dropped_iterations", dropped === null ? null : dropped / (part.warmup_s + part.seconds)],
        ["latency_p50", histogramQuantile(counts.histogram, 0.5)],
        ["latency_p99", histogramQuantile(counts.histogram, 0.99)],
      ]),
      ...shareValues(record, counts, part),
      ...precisionValues(record, counts, part),
    ];
  });
}

function shareValues({ backends }: RunRecord, counts: Counts, part: MeasuredPart): Value[] {
  const good = backends.map((_, index) =>
    measuredCounts(counts, part)
      .filter(({ backend }) => backend === index)
      .reduce((sum, { requests, errors }) => sum + requests - errors, 0),
  );
  const all = good.reduce((sum, answers) => sum + answers, 0);
  if (all === 0) return [];
  return backends.map(({ name }, index) => ({
    phase: part.phase,
    role: name,
    metric: "share" as const,
    value: (good[index] ?? 0) / all,
  }));
}

function precisionValues(record: RunRecord, counts: Counts, part: MeasuredPart): Value[] {
  const precision = splitPrecision(record, counts, part);
  return some(part.phase, "", [
    ["split_distance", precision?.distance ?? null],
    ["split_distance_to_chance", precision?.toChance ?? null],
  ]);
}

function generatorValues({ measured }: RunRecord): Value[] {
  return measured.generator.flatMap(({ phase, generator_cpu, host_idle }) =>
    some(phase, "", [
      ["generator_cpu", generator_cpu],
      ["host_idle", host_idle],
    ]),
  );
}

function resourceValues({ measured, load }: RunRecord, { series }: RawRun): Value[] {
  if (series === null) return [];
  return load.phases.flatMap(({ phase }) => {
    const window = windowOf(measured.windows, phase);
    return window === null ? [] : readMonitoring(series, window).map((reading) => ({ phase, ...reading }));
  });
}

/** Phases whose work is too little for a cost. */
const withoutWork = ["idle", "unloaded"];

/** CPU above idle for each Gbit and for each 1,000 requests, of the host and of each role that works for the load. */
function costValues(load: readonly Value[], resources: readonly Value[]): Value[] {
  const find = (values: readonly Value[], metric: MetricName, phase: string, role = ""): number | null =>
    values.find((value) => value.metric === metric && value.phase === phase && value.role === role)?.value ?? null;
  return resources
    .filter(({ metric, phase, role }) => metric === "cpu" && !withoutWork.includes(phase) && role !== "monitoring")
    .flatMap(({ phase, role, value }) => {
      // A role without processes in the idle window used nothing then; without an idle window there is nothing to subtract.
      const hostIdle = find(resources, "cpu", "idle", "host");
      const idle = find(resources, "cpu", "idle", role) ?? (hostIdle === null ? null : 0);
      const goodput = find(load, "goodput", phase);
      const requests = find(load, "requests", phase);
      const per = (work: number | null): number | null =>
        work === null || work <= 0 || idle === null ? null : (value - idle) / work;
      return some(phase, role, [
        ["cpu_per_gbit", per(goodput === null ? null : goodput / 1e9)],
        ["cpu_per_krequest", per(requests === null ? null : requests / 1000)],
      ]);
    });
}

function some(phase: string, role: string, values: readonly (readonly [MetricName, number | null])[]): Value[] {
  return values.flatMap(([metric, value]) => (value === null ? [] : [{ phase, role, metric, value }]));
}
