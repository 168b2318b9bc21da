import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseTimeline } from "../../analysis/raw/timeline.ts";
import type { RunOutput } from "../../analysis/record.ts";

const root = fileURLToPath(new URL("../fixtures/", import.meta.url));

/** Path of a fixture, e.g. `iperf3/busy.json`. */
export function fixturePath(name: string): string {
  return `${root}${name}`;
}

export function fixture(name: string): string {
  return readFileSync(fixturePath(name), "utf8");
}

/** What `up` would have given for the egress run in `fixtures/runs/egress-gateway`. */
export function egressOutput(): RunOutput {
  return {
    ...common("egress-gateway", { unloaded: 0, half: 1, saturated: 1 }),
    cell: { ...blankCell, id: "netns/kernel/egress/gateway", scenario: "egress", path: "gateway" },
    settings: {
      environment: "netns",
      scenario: "egress",
      path: "gateway",
      phases: "idle:3s,unloaded:2s,half:2s,saturated:3s",
    },
    files: {
      timeline: "timeline.json",
      generator: "generator.csv",
      counters: "counters.jsonl",
      "iperf3.unloaded": "iperf3-unloaded.json",
      "iperf3.half": "iperf3-half.json",
      "iperf3.saturated": "iperf3-saturated.json",
      "iperf3.server": "iperf3-server.jsonl",
      address: "address.log",
      probe: "probe.csv",
      prometheus: "prometheus.json",
    },
    expected: {
      source: "10.77.1.9",
      otherSource: "10.77.1.1",
      server: "10.77.1.2",
      otherServer: "10.77.1.3",
    },
    backends: [],
  };
}

/** What `up` would have given for the ingress run in `fixtures/runs/ingress`. */
export function ingressOutput(): RunOutput {
  return {
    ...common("ingress", { closed: 1, open: 1 }),
    cell: {
      ...blankCell,
      id: "netns/kernel/ingress/nginx/2vus",
      scenario: "ingress",
      gateway: "nginx",
      vus: 2,
      weights: "60/40",
    },
    settings: {
      environment: "netns",
      scenario: "ingress",
      duration: "2s",
      warmup: "1s",
      window: "1s",
      phases: "idle:3s,closed,open",
    },
    files: {
      timeline: "timeline.json",
      generator: "generator.csv",
      "k6.closed": "k6-closed.json",
      "k6.closed.counts": "k6-closed.counts.jsonl",
      "k6.open": "k6-open.json",
      "k6.open.counts": "k6-open.counts.jsonl",
      prometheus: "prometheus.json",
    },
    expected: null,
    backends: [
      { name: "echo-1", weight: 60 },
      { name: "echo-2", weight: 40 },
    ],
  };
}

const blankCell = { environment: "netns", cni: "kernel", path: "", gateway: "", vus: null, rate: null, weights: "" };

function common(folder: string, warmups: Readonly<Record<string, number>>) {
  const timeline = parseTimeline(fixture(`runs/${folder}/timeline.json`), { file: "timeline.json" });
  const { started_s, finished_s, outcome, restarted } = timeline;
  return {
    schema: 1 as const,
    run_id: `run-${folder}`,
    block: 1,
    position: 1,
    versions: { kernel: "6.18.0" },
    load: {
      started_s,
      finished_s,
      phases: timeline.phases.map((phase) => ({ ...phase, warmup_s: warmups[phase.phase] ?? 0 })),
    },
    outcome,
    restarted,
    limits: [],
    source: { kind: "netns" as const, folder: "/lab/results", prometheus: null },
  };
}
