import type { Cell, RunRecord } from "../../analysis/record.ts";

/** A valid record of a run that takes ten seconds from `started_s`; tests change what they are about. */
export function syntheticRecord(cell: Cell, id: { run_id: string; block: number; position: number }): RunRecord {
  const started_s = 1_790_000_000 + id.block * 1000 + id.position * 20;
  const egress = cell.scenario === "egress";
  const phases = (egress ? ["idle", "unloaded", "saturated"] : ["idle", "closed"]).map((phase, index) => ({
    phase,
    start_s: started_s + index * 4,
    end_s: started_s + index * 4 + 4,
    warmup_s: phase === "saturated" || phase === "closed" ? 1 : 0,
  }));
  const probes = { asked: 20, expected: 20, wrong: 0, failed: 0 };
  return {
    schema: 1,
    ...id,
    cell,
    versions: { kernel: "6.18.0", prometheus: "2.42.0", ...(egress ? { iperf3: "3.12" } : { k6: "1.1.0" }) },
    settings: { environment: cell.environment, scenario: cell.scenario, duration: "3s", warmup: "1s" },
    load: { started_s, finished_s: started_s + phases.length * 4, phases },
    outcome: { ok: true, error: "" },
    restarted: [],
    files: { timeline: "timeline.json", generator: "generator.csv", counters: "counters.jsonl" },
    limits: [],
    source: { kind: "netns", folder: "/lab/results", prometheus: null },
    expected: egress
      ? { source: "10.0.0.9", otherSource: "10.0.0.3", server: "10.0.0.20", otherServer: "10.0.0.21" }
      : null,
    backends: egress
      ? []
      : [
          { name: "echo-1", weight: 60 },
          { name: "echo-2", weight: 40 },
        ],
    measured: {
      windows: phases.map(({ phase, start_s, end_s, warmup_s }) => ({ phase, start_s: start_s + warmup_s, end_s })),
      proof: egress
        ? {
            sources: [{ address: "10.0.0.9", connections: 4, packets: 100_000, bytes: 4_000_000_000 }],
            connections: 4,
            proven: 4,
            leaked: 0,
            probes,
            otherProbes: probes,
            gateway_packets: 100_000,
            gateway_bytes: 4_100_000_000,
            tool_bytes: 4_000_000_000,
          }
        : null,
      requests: egress ? null : 12_000,
      errors: egress ? null : 0,
      dropped_iterations: egress ? null : 0,
      generator: [{ phase: egress ? "saturated" : "closed", generator_cpu: 0.4, host_idle: 0.2 }],
      validity: {
        valid: true,
        reasons: [],
        voids: [],
        labels: egress ? [{ phase: "saturated", label: "end-host bound" }] : [],
      },
    },
  };
}
