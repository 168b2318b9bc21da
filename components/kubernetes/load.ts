/** One run on a cluster: a Job in it, or a container beside it, and what the run says of itself. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { iperf3Port } from "../load/ports.ts";
import { k6Script, type EgressExpectation } from "../load/steps.ts";
import type { Load, LoadProfile, LoadResult, RunPlan } from "../platform.ts";
import type { AgentPlan } from "../load/agents/run.ts";
import type { KubernetesNetwork } from "./cni.ts";
import type { KubernetesEgressGateway } from "./egressGateway.ts";
import { serverPorts, type KubernetesExternalServer } from "./externalServer.ts";
import type { Ground } from "./ground.ts";
import * as plans from "./loadPlan.ts";
import type { KubernetesMonitoring } from "./monitoring.ts";
import type { ResultsStore } from "./resultsStore.ts";
import type { KubernetesObject } from "./objects.ts";
import type { Configured, RunSummary } from "./tasks/job.ts";
import { charts, gatewayApiVersion } from "./versions.ts";
import type { KubernetesWeightedGateway } from "./weightedGateway.ts";

/** What stands in the lab beside the load; what the scenario does not use is absent. */
export interface LabMembers {
  readonly ground: Ground;
  readonly network: KubernetesNetwork;
  readonly store: ResultsStore;
  readonly server: KubernetesExternalServer | undefined;
  readonly egress: KubernetesEgressGateway | undefined;
  readonly weighted: KubernetesWeightedGateway | undefined;
  readonly monitoring: KubernetesMonitoring | undefined;
}

export interface KubernetesLoadArgs {
  readonly lab: LabMembers;
  readonly profile: LoadProfile;
  readonly run: RunPlan;
}

export class KubernetesLoad extends pulumi.ComponentResource implements Load {
  readonly resource = this;
  readonly result: pulumi.Output<LoadResult>;

  constructor(name: string, { lab, profile, run }: KubernetesLoadArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cni-traffic-lab:kubernetes:Load", name, {}, opts);
    const direction = profile.kind === "iperf3" ? egress(lab, profile, run) : ingress(lab, profile, run);
    const summary =
      run.placement === "inside"
        ? this.#inside(name, lab, profile, run, direction)
        : this.#outside(name, lab, run, direction);
    this.result = pulumi
      .all([summary, direction.clients, lab.network.nodes, lab.ground.cluster.resource.urn])
      .apply(([ran, clients, nodes]): LoadResult => {
        const proof = clients === null ? null : plans.expectationOf(clients, ran.nodes);
        const warmups = new Map(runnersOf(profile, run).map(({ phase, warmup }) => [phase, warmup]));
        return {
          load: {
            started_s: ran.started_s,
            finished_s: ran.finished_s,
            phases: ran.phases.map((phase) => ({ ...phase, warmup_s: warmups.get(phase.phase) ?? 0 })),
          },
          outcome: { ...ran.outcome },
          restarted: [...ran.restarted],
          files: plans.filesOf(profile, run),
          source: {
            kind: "kubernetes",
            folder: ran.folder,
            store: lab.store.store,
            prometheus: lab.monitoring?.place ?? null,
          },
          expected: proof,
          limits: limitsOf(lab, profile, run, proof),
          versions: {
            ...versionsOf(lab),
            ...ran.versions,
            kernel: nodes.kernel,
            kubelet: nodes.kubelet,
            "container-runtime": nodes.runtime,
          },
        };
      });
    this.registerOutputs({ result: this.result });
  }

  /** A new run makes new Jobs, one for each client; the old ones go before, and their files stay in the store. */
  #inside(
    name: string,
    lab: LabMembers,
    profile: LoadProfile,
    run: RunPlan,
    { plan, configured }: Direction,
  ): pulumi.Output<RunSummary> {
    const { ground, store } = lab;
    const clients = profile.kind === "iperf3" ? profile.clients : [profile.client];
    const scriptsName = plans.jobName(run.run);
    const texts = { ...agentTexts(), ...(profile.kind === "k6" ? { "load.js": k6Script() } : {}) };
    const all = ground.labels("client");
    const scripts = ground.inside(
      `${name}-scripts`,
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: scriptsName, labels: all },
        data: plan.apply((told) => plans.loadScripts(scriptsName, all, told, texts).data),
      },
      { parent: this, replaceFirst: true },
    );
    const spread = plans.runnerCount(profile, run) > 1;
    const jobs: KubernetesObject[] = [];
    const named = clients.map((client, index) => {
      const labels = { ...ground.labels("client", client), ...lab.egress?.labels };
      const jobName = index === 0 ? scriptsName : `${scriptsName}-${index + 1}`;
      const node = ground.network.pods.find((pod) => pod.name === client)?.node ?? "";
      const [leader] = jobs;
      const facts = (told: AgentPlan, attempt: string | null): plans.JobFacts => ({
        name: jobName,
        scripts: scriptsName,
        labels,
        annotations: lab.egress?.annotations ?? {},
        plan: told,
        first: index * run.parallelism + 1,
        runners: run.parallelism,
        attempt,
        toolImage: ground.image(profile.kind),
        agentImage: ground.image("node"),
        node: spread ? "" : node,
        storeUrl: `http://results.${ground.namespace}.svc:${store.store.port}`,
      });
      const spec = pulumi
        .all([plan, leader === undefined ? null : leader.uid])
        .apply(([told, attempt]) => plans.loadJob(facts(told, attempt)).spec);
      const job = ground.inside(
        index === 0 ? `${name}-job` : `${name}-job-${index + 1}`,
        { apiVersion: "batch/v1", kind: "Job", metadata: { name: jobName, labels }, spec },
        { parent: this, dependsOn: [scripts], replaceFirst: true },
      );
      jobs.push(job);
      return { name: jobName, runners: run.parallelism, configured: configured[index] ?? null };
    });
    return ground.task<RunSummary>(
      `${name}-done`,
      "jobs",
      pulumi.all([plan, pulumi.all(jobs.map(({ uid }) => uid))]).apply(([told, uids]) => ({
        namespace: ground.namespace,
        jobs: named,
        // A Job that was made anew is waited for anew.
        uids,
        run: run.run,
        store: store.store,
        watched: watched(ground),
        deadline_s: plans.deadlineOf(told) + 60,
        pause_ms: 500,
      })),
      { parent: this, dependsOn: jobs },
    ).result;
  }

  #outside(
    name: string,
    { ground, store }: LabMembers,
    run: RunPlan,
    { plan, configured }: Direction,
  ): pulumi.Output<RunSummary> {
    if (run.parallelism > 1) throw new RangeError("a load outside has one generator");
    return ground.task<RunSummary>(
      `${name}-outside`,
      "outside",
      plan.apply((told) => ({
        plan: told,
        script: k6Script(),
        image: ground.image("k6"),
        network: ground.cluster.dockerNetwork,
        name: ground.globalName("load"),
        store: store.store,
        watched: watched(ground),
        configured: configured[0] ?? null,
      })),
      { parent: this },
    ).result;
  }
}

/** Namespaces in which a restart during the run counts: the lab's own, the CNI's, and those of what the lab installed. */
const watched = (ground: Ground): string[] => [
  ground.namespace,
  "kube-system",
  ...["gateway", "monitoring", "node-exporter", "metallb"].map((name) => ground.globalName(name)),
];

const runnersOf = (profile: LoadProfile, run: RunPlan) =>
  run.phases.map(({ phase }) => ({
    phase,
    warmup: phase === "idle" || phase === "unloaded" ? 0 : run.warmupSeconds,
    profile: profile.kind,
  }));

/** Scripts of the agent, by the name that they have in the pod. */
export function agentTexts(): Record<string, string> {
  const names = ["pod.ts", "run.ts", "gate.ts", "probe.ts", "http.ts", "processUsage.ts"];
  const folder = join(import.meta.dirname, "..", "load", "agents");
  return Object.fromEntries(names.map((file) => [file, readFileSync(join(folder, file), "utf8")]));
}

interface Direction {
  readonly plan: pulumi.Output<AgentPlan>;
  /** What each client's traffic must look like; null where nothing is proven. */
  readonly clients: pulumi.Output<Expectations | null>;
  /** What makes the configuration that each client waits for. */
  readonly configured: readonly (Configured | null)[];
}
type Expectations = readonly [EgressExpectation, ...EgressExpectation[]];

function egress(
  { server, egress: gateway }: LabMembers,
  profile: Extract<LoadProfile, { kind: "iperf3" }>,
  run: RunPlan,
): Direction {
  if (server === undefined || gateway === undefined) throw new Error("the clients have no way to an external server");
  const runners = plans.runnerCount(profile, run);
  if (runners > serverPorts) {
    throw new RangeError(`${runners} generators; the external server has ${serverPorts} ports from ${iperf3Port} on`);
  }
  const sources = profile.clients.map((client) => {
    const source = gateway.sources[client];
    if (source === undefined) throw new Error(`the client ${client} has no way to an external server`);
    return source;
  });
  const clients = pulumi
    .all([pulumi.all(sources), gateway.otherSource, server.address, server.other])
    .apply(([found, otherSource, to, other]): Expectations => {
      const [first, ...more] = found.map((source) => ({
        source,
        otherSource: other === "" ? "" : otherSource,
        server: to,
        otherServer: otherSource === "" ? "" : other,
      }));
      if (first === undefined) throw new Error("egress without a client");
      return [first, ...more];
    });
  return {
    clients,
    plan: clients.apply((known) => plans.egressPlan(profile, run, known)),
    configured: profile.clients.map((client) => gateway.configured[client] ?? null),
  };
}

function ingress(
  { ground, weighted }: LabMembers,
  profile: Extract<LoadProfile, { kind: "k6" }>,
  run: RunPlan,
): Direction {
  if (weighted === undefined) throw new Error("the client has no gateway to send to");
  const { url, kind } = weighted;
  return {
    clients: pulumi.output(null),
    plan: url.apply((to) => plans.ingressPlan(profile, run, { url: to, direct: kind === "direct" })),
    configured: [weighted.configured(ground)],
  };
}

/** Versions of what was installed; a setting may have replaced the pinned one. */
function versionsOf({ ground, weighted, monitoring }: LabMembers): Record<string, string> {
  const { cni, gateway, kind } = ground.plan;
  const installed = kind.kind !== "existing" || kind.installCni;
  const api = gatewayApiVersion(ground.plan);
  return {
    ...(installed ? { [cni.name]: cni.version === "" ? charts[cni.name].version : cni.version } : {}),
    ...(weighted !== undefined && (gateway === "nginx" || gateway === "envoy")
      ? { [gateway]: charts[gateway].version }
      : {}),
    ...(gateway === "cilium" ? { "gateway-api": api ?? "" } : api === null ? {} : { "gateway-api": api }),
    ...(monitoring === undefined ? {} : { "prometheus-chart": charts.prometheus.version }),
    "load-image": ground.image(gateway === null ? "iperf3" : "k6"),
  };
}

/** What this set-up cannot show, for the record. */
function limitsOf(lab: LabMembers, profile: LoadProfile, run: RunPlan, expected: LoadResult["expected"]): string[] {
  const inside = profile.kind === "k6" && run.placement === "inside";
  return [
    ...lab.ground.cluster.limits,
    ...(inside
      ? [
          "the load stands inside the cluster: the CNI short-circuits a load balancer's address, so the way in from outside is not measured",
        ]
      : []),
    ...(expected !== null && expected.otherServer === ""
      ? ["no second destination was asked: that other traffic keeps its address is not shown"]
      : []),
    ...(expected === null
      ? []
      : [
          "nothing counts the gateway's bytes of this flow: the proof is the server's own record and the load pod's questions",
        ]),
    ...(lab.egress?.limits ?? []),
    ...(profile.kind === "iperf3" && profile.clients.length > 1
      ? [`${profile.clients.length} gateways are loaded side by side: throughput is that of all together`]
      : []),
  ];
}
