import { describe, expect, it } from "vitest";
import { generatorPhase } from "../../analysis/generator.ts";
import { monitoringEvidence, readMonitoring } from "../../analysis/monitoring.ts";
import type { Series } from "../../analysis/raw/prometheus.ts";

const times = [0, 1, 2, 3, 4, 5];
const counter = (name: string, labels: Record<string, string>, perSecond: number, at = times): Series => ({
  name,
  labels,
  samples: at.map((time) => [time, 100 + time * perSecond]),
});
const level = (name: string, labels: Record<string, string>, values: readonly number[]): Series => ({
  name,
  labels,
  samples: values.map((value, time) => [time, value]),
});
const cpu = (core: string, mode: string, perSecond: number) =>
  counter("node_cpu_seconds_total", { cpu: core, mode }, perSecond);

const series: Series[] = [
  cpu("0", "user", 0.3),
  cpu("1", "system", 0.2),
  cpu("0", "softirq", 0.1),
  cpu("1", "softirq", 0.15),
  cpu("0", "idle", 0.5),
  cpu("1", "iowait", 0.05),
  cpu("1", "steal", 0.02),
  level("node_memory_MemTotal_bytes", {}, [100, 100, 100, 100, 100, 100]),
  level("node_memory_MemAvailable_bytes", {}, [90, 80, 70, 60, 50, 40]),
  counter("netlab_role_cpu_seconds_total", { role: "gateway", source: "cgroup" }, 0.4),
  counter("netlab_role_cpu_seconds_total", { role: "gateway", source: "process" }, 0.1),
  counter("netlab_role_cpu_seconds_total", { role: "server", source: "process", pid: "1" }, 0.1),
  counter("netlab_role_cpu_seconds_total", { role: "server", source: "process", pid: "2" }, 0.2),
  level("netlab_role_memory_working_set_bytes", { role: "gateway", source: "cgroup" }, [7, 7, 8, 9, 7, 7]),
];
const window = { start_s: 0.5, end_s: 4.5 };

describe("monitoring in a window", () => {
  it("has the host's CPU without idle, iowait and steal, and each role by its cgroup where there is one", () => {
    const readings = new Map(
      readMonitoring(series, window).map(({ role, metric, value }) => [`${role} ${metric}`, value]),
    );
    expect(readings.get("host cpu")).toBeCloseTo(0.75, 9);
    expect(readings.get("host cpu_softirq")).toBeCloseTo(0.25, 9);
    expect(readings.get("host steal")).toBeCloseTo(0.02, 9);
    expect(readings.get("host memory")).toBeCloseTo((20 + 30 + 40 + 50) / 4, 9);
    expect(readings.get("gateway cpu")).toBeCloseTo(0.4, 9);
    expect(readings.get("gateway memory")).toBeCloseTo((7 + 8 + 9 + 7) / 4, 9);
    expect(readings.get("server cpu")).toBeCloseTo(0.3, 9);
    expect(readings.has("server memory")).toBe(false);
  });

  it("adds up the memory of all nodes of a cluster, each with its own total", () => {
    const node = (name: string, total: number, free: number): Series[] => [
      level("node_memory_MemTotal_bytes", { node: name }, [total, total, total]),
      level("node_memory_MemAvailable_bytes", { node: name }, [free, free, free]),
    ];
    const [memory] = readMonitoring([...node("b", 200, 50), ...node("a", 100, 80).reverse()], window);
    expect(memory).toEqual({ role: "host", metric: "memory", value: 150 + 20 });
  });

  it("has no value where there are no samples", () => {
    expect(readMonitoring(series, { start_s: 50, end_s: 60 })).toEqual([]);
    expect(readMonitoring([], window)).toEqual([]);
  });

  it("sees a gap of the roles' exporter though the host's goes on", () => {
    const gappy = [cpu("0", "user", 1), counter("netlab_role_cpu_seconds_total", { role: "server" }, 1, [0, 1, 5])];
    expect(monitoringEvidence(gappy, [{ phase: "saturated", ...window }])).toEqual({
      scrape_s: 1,
      phases: [{ phase: "saturated", gap_s: 4, samples: 1, resets: [] }],
    });
  });

  it("reports a reset by its role", () => {
    const restarted: Series = {
      ...cpu("0", "user", 1),
      name: "netlab_role_cpu_seconds_total",
      labels: { role: "gateway" },
    };
    const samples = restarted.samples.map(([time, value]): readonly [number, number] => [time, time > 2 ? 1 : value]);
    const { phases } = monitoringEvidence([{ ...restarted, samples }], [{ phase: "closed", ...window }]);
    expect(phases[0]?.resets).toEqual(["gateway"]);
  });
});

describe("the generator in a window", () => {
  // Two cores; the generator takes 0.8 s and leaves 0.5 s of each 2 s.
  const sample = (t_s: number, phase = "closed") => ({
    t_s,
    phase,
    cpu_s: 0.8 * t_s,
    host_idle_s: 1000 + 0.5 * t_s,
    host_total_s: 5000 + 2 * t_s,
  });

  it("has its share of all cores and the host's idle share, between samples on a line", () => {
    const samples = [0.1, 0.35, 0.6, 1.2, 2.1, 3.3].map((t) => sample(t));
    const phase = generatorPhase("closed", [...samples, sample(2, "open")], { start_s: 1, end_s: 3 });
    expect(phase.generator_cpu).toBeCloseTo(0.4, 9);
    expect(phase.host_idle).toBeCloseTo(0.25, 9);
  });

  it("tells nothing when samples cover less than half of the window", () => {
    const nothing = { phase: "closed", generator_cpu: null, host_idle: null };
    expect(generatorPhase("closed", [sample(1), sample(1.8)], { start_s: 1, end_s: 3 })).toEqual(nothing);
    expect(generatorPhase("closed", [], { start_s: 1, end_s: 3 })).toEqual(nothing);
  });
});
