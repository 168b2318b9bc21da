/** One run: a task that waits for the gate, goes through the phases and leaves the raw files. */
import * as pulumi from "@pulumi/pulumi";
import type { TaskPhase } from "../../provider/schema.ts";
import type { Load, LoadProfile, LoadResult, RunPlan } from "../platform.ts";
import { agentFile } from "./agents.ts";
import type { NetnsBackends } from "./backends.ts";
import { egressTable, type NetnsEgressGateway } from "./egressGateway.ts";
import { proofTable, type NetnsExternalServer } from "./externalServer.ts";
import type { Ground } from "./ground.ts";
import * as plans from "../load/steps.ts";
import { prometheusUrl, type NetnsMonitoring } from "./monitoring.ts";
import { Task, type Process } from "./netlab.ts";
import type { NetnsNetwork } from "./network.ts";
import type { NetnsWeightedGateway } from "./weightedGateway.ts";

/** What stands in the lab beside the load; what the scenario does not use is absent. */
export interface LabMembers {
  readonly ground: Ground;
  readonly network: NetnsNetwork;
  readonly server: NetnsExternalServer | undefined;
  readonly egress: NetnsEgressGateway | undefined;
  readonly backends: NetnsBackends | undefined;
  readonly weighted: NetnsWeightedGateway | undefined;
  readonly monitoring: NetnsMonitoring | undefined;
}

export interface NetnsLoadArgs {
  readonly lab: LabMembers;
  readonly profile: LoadProfile;
  readonly run: RunPlan;
}

/** The parts of the task that differ between the two directions of traffic. */
interface Direction {
  readonly steps: readonly plans.Step[];
  readonly gate: ReturnType<typeof plans.egressGate>;
  readonly files: Record<string, string>;
  readonly tools: Record<string, string[]>;
  readonly expected: LoadResult["expected"];
  /** What watches the run beside the load: the load pod's own questions, counters, the server's own logs. */
  readonly proof: {
    readonly probe: readonly string[];
    readonly observe: { name: string; netns: pulumi.Output<string>; command: string[] }[];
    readonly follow: { file: pulumi.Output<string>; as: string }[];
  } | null;
}

export class NetnsLoad extends pulumi.ComponentResource implements Load {
  readonly resource = this;
  readonly result: pulumi.Output<LoadResult>;

  constructor(name: string, { lab, profile, run }: NetnsLoadArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cni-traffic-lab:netns:Load", name, {}, opts);
    const direction = profile.kind === "iperf3" ? egress(lab, profile, run) : ingress(lab, profile, run);
    const { steps, gate, proof } = direction;
    const { cgroups } = lab.ground;
    const netns = lab.network.netns(clientOf(profile));
    const client = { netns, role: "client", cgroup: cgroups.client.procs };
    // What watches the load is not part of it.
    const observer = { netns, role: "monitoring", cgroup: cgroups.monitoring.procs };

    const task = new Task(
      `${name}-task`,
      {
        lab: lab.ground.lab,
        name: "load",
        results: `results/${run.run}`,
        triggers: [run.run],
        files: profile.kind === "k6" ? { "load.js": plans.k6Script() } : {},
        gates: [
          {
            ...observer,
            name: "gate",
            command: ["node", agentFile("gate"), JSON.stringify(gate)],
            judge: "exit",
            deadline: gate.deadline_s + 10,
          },
        ],
        steps: steps.map(({ phase, seconds, tool }) =>
          tool === undefined ? { phase, seconds } : { phase, run: { ...client, name: phase, ...tool } },
        ),
        alongside:
          proof === null
            ? []
            : [
                {
                  ...observer,
                  name: "probe",
                  command: [...proof.probe],
                  output: "probe.csv",
                  judge: "exit",
                  deadline: plans.longest(steps),
                },
              ],
        observe: proof?.observe ?? [],
        follow: proof?.follow ?? [],
        watch: Object.fromEntries([...processes(lab)].map(([member, process]) => [member, process.process])),
        versionCommands: direction.tools,
      },
      { parent: this, customTimeouts: { create: `${Math.ceil(plans.longest(steps) / 60) + 5}m` } },
    );
    this.result = result(task, lab, direction);
    this.registerOutputs({ result: this.result });
  }
}

/** The one pod or machine that sends. */
function clientOf(profile: LoadProfile): string {
  const [client, ...more] = profile.kind === "iperf3" ? profile.clients : [profile.client];
  if (client === undefined || more.length > 0) throw new RangeError("network namespaces have one client");
  return client;
}

function egress(lab: LabMembers, profile: Extract<LoadProfile, { kind: "iperf3" }>, run: RunPlan): Direction {
  const { server, egress: gateway, network } = lab;
  const path = gateway?.paths[clientOf(profile)];
  if (server === undefined || path === undefined) throw new Error("the client has no way to an external server");
  const expected = {
    source: path.source,
    otherSource: path.otherSource,
    server: server.address,
    otherServer: server.other,
  };
  return {
    steps: run.phases.map((phase) => plans.iperf3Step(profile, run, phase, server.address)),
    gate: plans.egressGate(expected),
    files: plans.iperf3Files(run.phases),
    tools: {},
    expected,
    proof: {
      probe: ["node", agentFile("probe"), JSON.stringify(plans.egressProbe(expected, profile.probeSeconds))],
      observe: [
        { name: "server", netns: network.netns(server.host), command: listTable(proofTable) },
        { name: "gateway", netns: network.netns(path.translator), command: listTable(egressTable) },
      ],
      follow: [
        { file: pulumi.interpolate`${server.iperf3.folder}/iperf3.log`, as: "iperf3-server.jsonl" },
        { file: pulumi.interpolate`${server.addressService.folder}/address.log`, as: "address.log" },
      ],
    },
  };
}

function ingress(lab: LabMembers, profile: Extract<LoadProfile, { kind: "k6" }>, run: RunPlan): Direction {
  const { weighted } = lab;
  if (weighted === undefined) throw new Error("the client has no gateway to send to");
  return {
    steps: run.phases.map((phase) => plans.k6Step(profile, run, phase, weighted.url)),
    gate: plans.ingressGate(profile, weighted.kind === "direct", weighted.url),
    files: plans.k6Files(run.phases, profile),
    tools: { k6: ["k6", "version"] },
    expected: null,
    proof: null,
  };
}

/** Every long-running process of the lab, by the name that a reason for an invalid run would give it. */
function* processes(lab: LabMembers): Generator<[string, Process]> {
  if (lab.server !== undefined) {
    yield ["iperf3 server", lab.server.iperf3];
    yield ["address service", lab.server.addressService];
  }
  for (const [index, process] of (lab.backends?.processes ?? []).entries()) yield [`echo-${index + 1}`, process];
  if (lab.weighted !== undefined) yield [`gateway ${lab.weighted.kind}`, lab.weighted.process];
  if (lab.monitoring !== undefined) {
    yield ["prometheus", lab.monitoring.prometheus];
    yield ["node exporter", lab.monitoring.nodeExporter];
    yield ["role exporter", lab.monitoring.roleExporter];
  }
}

/** Versions of what ran, by tool; a tool that the lab does not have is absent. */
function versions({ server, backends, weighted, monitoring }: LabMembers): pulumi.Output<Record<string, string>> {
  const members: readonly (readonly [string, Process | undefined])[] = [
    ["iperf3", server?.iperf3],
    ["nginx", backends?.processes[0]],
    [weighted?.kind ?? "gateway", weighted?.process],
    ["prometheus", monitoring?.prometheus],
    ["node_exporter", monitoring?.nodeExporter],
  ];
  const known = members.flatMap(([name, process]) => (process === undefined ? [] : [[name, process.version] as const]));
  return pulumi
    .all(known.map(([, version]) => version))
    .apply((found) =>
      Object.fromEntries(
        known.map(([name], index) => [name, found[index] ?? ""] as const).filter(([, version]) => version !== ""),
      ),
    );
}

function result(task: Task, lab: LabMembers, { steps, files, expected }: Direction): pulumi.Output<LoadResult> {
  const { monitoring } = lab;
  const prometheus =
    monitoring === undefined
      ? null
      : {
          netns: monitoring.netns,
          url: prometheusUrl,
          holder: lab.ground.lab.apply(({ holder }) => holder?.pid ?? null),
        };
  const warmups = new Map(steps.map(({ phase, warmup }) => [phase, warmup]));
  const load = (timeline: readonly TaskPhase[]): LoadResult["load"] => ({
    started_s: timeline[0]?.start_s ?? 0,
    finished_s: timeline.at(-1)?.end_s ?? 0,
    phases: timeline.map((phase) => ({ ...phase, warmup_s: warmups.get(phase.phase) ?? 0 })),
  });
  return pulumi.output({
    load: task.phases.apply(load),
    outcome: task.outcome,
    restarted: task.restarted,
    files,
    source: { kind: "netns" as const, folder: task.folder, prometheus },
    expected,
    limits: [],
    versions: pulumi.all([versions(lab), task.versions]).apply(([members, tools]) => ({ ...members, ...tools })),
  });
}

function listTable(table: string): string[] {
  return ["nft", "-j", "list", "table", "ip", table];
}
