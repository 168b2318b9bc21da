/** CPU and memory from Prometheus' raw samples. Pure. */
import type { MonitoringPhase } from "./evidence.ts";
import type { Series } from "./raw/prometheus.ts";
import {
  gained,
  increase,
  interpolate,
  longestGap,
  usualInterval,
  within,
  type Samples,
  type Window,
} from "./timeSeries.ts";

const hostCpu = "node_cpu_seconds_total";
/** Modes in which the host's processors did nothing for it. */
const resting = ["idle", "iowait", "steal"];
/** Roles by our own exporter in network namespaces, by the kubelets' containers on a cluster. */
const roleCpus = ["netlab_role_cpu_seconds_total", "container_cpu_usage_seconds_total"];
const roleMemories = ["netlab_role_memory_working_set_bytes", "container_memory_working_set_bytes"];

/** What gaps are judged by; the kubelets look at containers in their own time, some ten seconds apart. */
const ownRoleCpu = "netlab_role_cpu_seconds_total";

/** One value of a role in a window. */
export interface Reading {
  readonly role: string;
  readonly metric: "cpu" | "cpu_softirq" | "steal" | "memory";
  readonly value: number;
}

/** Everything that the monitoring tells about one window: host first, then roles by name. Cores and bytes. */
export function readMonitoring(series: readonly Series[], window: Window): Reading[] {
  const modes = series.filter(({ name }) => name === hostCpu);
  const cores = (wanted: (mode: string) => boolean): number | null =>
    sumRates(
      modes.filter(({ labels }) => wanted(labels["mode"] ?? "")),
      window,
    );
  const host: [Reading["metric"], number | null][] = [
    ["cpu", cores((mode) => !resting.includes(mode))],
    ["cpu_softirq", cores((mode) => mode === "softirq")],
    ["steal", cores((mode) => mode === "steal")],
    ["memory", hostMemoryLevel(series, window)],
  ];
  const roles = [
    ...new Set(series.filter(({ name }) => roleCpus.includes(name)).map(({ labels }) => labels["role"] ?? "")),
  ];
  return [
    ...host.map(([metric, value]) => ({ role: "host", metric, value })),
    ...roles.sort().flatMap((role) => [
      { role, metric: "cpu" as const, value: sumRates(ofRole(series, roleCpus, role), window) },
      { role, metric: "memory" as const, value: sumLevels(ofRole(series, roleMemories, role), window) },
    ]),
  ].flatMap(({ role, metric, value }) => (value === null ? [] : [{ role, metric, value }]));
}

/** Whether the monitoring was there for the whole of each window. `scrape_s` is the usual distance of its samples. */
export function monitoringEvidence(
  series: readonly Series[],
  windows: readonly (Window & { readonly phase: string })[],
): { scrape_s: number; phases: MonitoringPhase[] } {
  // The host's and the roles' exporters may fail apart; one that was never there leaves no values that could mislead.
  const times = [hostCpu, ownRoleCpu]
    .map((wanted) => timesOf(series.filter(({ name }) => name === wanted)))
    .filter(({ length }) => length > 0);
  const scrape_s = usualInterval(times[0] ?? []) ?? 1;
  const phases = windows.map((window) => {
    const counts = times.map((group) => group.filter((t) => t >= window.start_s && t <= window.end_s).length);
    const samples = counts.length === 0 ? 0 : Math.min(...counts);
    const resets = series
      .filter(({ name }) => name === hostCpu || name === ownRoleCpu)
      .filter(({ samples: all }) => (increase(within(all, window))?.resets ?? 0) > 0)
      .map(({ labels }) => labels["role"] ?? "host");
    return {
      phase: window.phase,
      gap_s: samples === 0 ? null : Math.max(...times.map((group) => longestGap(group, window))),
      samples,
      resets: [...new Set(resets)],
    };
  });
  return { scrape_s, phases };
}

function timesOf(series: readonly Series[]): number[] {
  return [...new Set(series.flatMap(({ samples }) => samples.map(([time]) => time)))].sort((a, b) => a - b);
}

/** A role counted by its cgroup is not counted by its processes too. */
function ofRole(series: readonly Series[], metrics: readonly string[], role: string): Series[] {
  const all = series.filter(({ name, labels }) => metrics.includes(name) && labels["role"] === role);
  const byCgroup = all.filter(({ labels }) => labels["source"] === "cgroup");
  return byCgroup.length > 0 ? byCgroup : all;
}

/** Sum of the rates between the first and the last sample in the window; null when no series has two. */
function sumRates(series: readonly Series[], window: Window): number | null {
  const rates = series.flatMap(({ samples }) => {
    const change = increase(within(samples, window));
    return change === null ? [] : [change.amount / change.seconds];
  });
  return rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0);
}

/** Memory in use, of all nodes that the monitoring sees: each node's total less its own available memory. */
function hostMemoryLevel(series: readonly Series[], window: Window): number | null {
  const levels = nodeMemories(series).flatMap((samples) => meanLevel(samples, window) ?? []);
  return levels.length === 0 ? null : levels.reduce((sum, level) => sum + level, 0);
}

function nodeMemories(series: readonly Series[]): Samples[] {
  const named = (wanted: string): Series[] => series.filter(({ name }) => name === wanted);
  const nodeOf = ({ labels }: Series): string => labels["node"] ?? labels["instance"] ?? "";
  const available = Map.groupBy(named("node_memory_MemAvailable_bytes"), nodeOf);
  return named("node_memory_MemTotal_bytes").map((node) => {
    const totals = new Map(node.samples);
    return (available.get(nodeOf(node))?.[0]?.samples ?? []).flatMap(([time, bytes]) => {
      const all = totals.get(time);
      return all === undefined ? [] : [[time, all - bytes] as const];
    });
  });
}

/** Memory in use over time, of all nodes; the nodes are asked at their own times, so that of the others is taken between them. */
export function hostMemory(series: readonly Series[]): Samples {
  const [first, ...others] = nodeMemories(series);
  return (first ?? []).map(([time, bytes]) => [
    time,
    others.reduce((sum, samples) => sum + (interpolate(samples, time) ?? 0), bytes),
  ]);
}

/**
 * The host's CPU in cores from sample to sample in the window, of all nodes: all modes but idle, iowait and steal. Nodes are
 * asked at their own times but equally often, so that their steps are added by number.
 */
export function coreRates(series: readonly Series[], window: Window): number[] {
  const steps = series
    .filter(({ name, labels }) => name === hostCpu && !resting.includes(labels["mode"] ?? ""))
    .map(({ samples }) => stepRates(within(samples, window)));
  const shortest = Math.min(...steps.map(({ length }) => length));
  if (!Number.isFinite(shortest)) return [];
  return Array.from({ length: shortest }, (_, step) => steps.reduce((sum, rates) => sum + (rates[step] ?? 0), 0));
}

function stepRates(samples: Samples): number[] {
  const rates: number[] = [];
  let earlier = samples[0];
  for (const sample of samples) {
    const [[before_s, before], [after_s, after]] = [earlier ?? sample, sample];
    if (after_s > before_s) rates.push(gained(before, after) / (after_s - before_s));
    earlier = sample;
  }
  return rates;
}

function meanLevel(samples: Samples, window: Window): number | null {
  const inside = within(samples, window);
  return inside.length === 0 ? null : inside.reduce((sum, [, value]) => sum + value, 0) / inside.length;
}

function sumLevels(series: readonly Series[], window: Window): number | null {
  const levels = series.flatMap(({ samples }) => meanLevel(samples, window) ?? []);
  return levels.length === 0 ? null : levels.reduce((sum, level) => sum + level, 0);
}
