/** The network plugin: its chart on this cluster, and the wait until it carries traffic. A new one is one file and one line in the table. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { CniPlan, ClusterPlan, Network } from "../platform.ts";
import { installsCrds } from "./clusters/cluster.ts";
import { antrea } from "./cni/antrea.ts";
import { cilium } from "./cni/cilium.ts";
import type { Ground } from "./ground.ts";
import { restrictedContainer, restrictedPod } from "./objects.ts";
import type { NodeAddresses, Workload } from "./tasks/waits.ts";
import { gatewayApiFile, gatewayApiVersion, type ChartName } from "./versions.ts";

export interface CniSpec {
  readonly chart: ChartName;
  readonly release: string;
  readonly namespace: string;
  /** What must be rolled out. */
  readonly workloads: (plan: CniPlan) => readonly Workload[];
  /** CRDs that must be established. */
  readonly crds: (plan: CniPlan) => readonly string[];
  /** Chart values; `host` is null where kube-proxy leads to the API server. */
  readonly values: (plan: ClusterPlan, api: { readonly host: string | null; readonly port: number }) => object;
}

export const cnis: Readonly<Record<CniPlan["name"], CniSpec>> = { cilium, antrea };

/** Port of the probe pods. */
const probePort = 8080;

export class KubernetesNetwork extends pulumi.ComponentResource implements Network {
  readonly resource = this;
  /** Addresses of the nodes by the plan's names, known when the nodes are ready. */
  readonly nodes: pulumi.Output<NodeAddresses>;

  constructor(name: string, ground: Ground, opts?: pulumi.ComponentResourceOptions) {
    super("cni-traffic-lab:kubernetes:Network", name, {}, opts);
    const { plan, cluster } = ground;
    const on = { parent: this, dependsOn: [cluster.resource] };
    const crds = installsCrds(plan.kind) ? this.#gatewayApi(ground, on.dependsOn) : [];
    const installed =
      plan.kind.kind !== "existing" || plan.kind.installCni
        ? this.#install(name, ground, [...on.dependsOn, ...crds])
        : [...on.dependsOn, ...crds];
    const after = { parent: this, dependsOn: installed };
    const spec = cnis[plan.cni.name];
    const workloads = ground.wait(
      `${name}-workloads`,
      "workloads",
      { workloads: spec.workloads(plan.cni), deadline_s: 420 },
      after,
    ).resource;
    const established = ground.wait(
      `${name}-crds`,
      "crds",
      { names: spec.crds(plan.cni), deadline_s: 120 },
      { parent: this, dependsOn: [workloads] },
    ).resource;
    const ready = ground.wait<NodeAddresses>(
      `${name}-nodes`,
      "nodes",
      { count: cluster.nodes, deadline_s: 300 },
      { parent: this, dependsOn: [workloads] },
    );
    const labelled = labelNodes(name, ground, this, ready.result);
    const named =
      labelled.length === 0
        ? ready
        : ground.wait<NodeAddresses>(
            `${name}-named-nodes`,
            "nodes",
            { count: cluster.nodes, deadline_s: 60 },
            { parent: this, dependsOn: labelled },
          );
    this.nodes = named.result;
    this.#reach(name, ground, [established, named.resource]);
    this.registerOutputs({ nodes: this.nodes });
  }

  /** Gateway API's CRDs come before the CNI: operators look for them once, when they start. */
  #gatewayApi(ground: Ground, dependsOn: pulumi.Resource[]): pulumi.Resource[] {
    const { plan } = ground;
    const version = gatewayApiVersion(plan);
    return version === null
      ? []
      : [ground.file("gateway-api", gatewayApiFile(version, plan.sources.chartsFolder), { parent: this, dependsOn })];
  }

  #install(name: string, ground: Ground, dependsOn: pulumi.Resource[]): pulumi.Resource[] {
    const { plan, cluster } = ground;
    const spec = cnis[plan.cni.name];
    const { apiServer } = cluster;
    const values =
      apiServer === null
        ? spec.values(plan, { host: null, port: 0 })
        : typeof apiServer.host === "string"
          ? spec.values(plan, { host: apiServer.host, port: apiServer.port })
          : pulumi.output(apiServer.host).apply((host) => spec.values(plan, { host, port: apiServer.port }));
    const release = ground.release(
      name,
      spec.chart,
      { name: spec.release, namespace: spec.namespace, version: plan.cni.version, values },
      { parent: this, dependsOn },
    );
    return [release];
  }

  /** Pods on every node that say whether they reach each other and the outside; idle afterwards. */
  #reach(name: string, ground: Ground, dependsOn: pulumi.Resource[]): void {
    const labels = ground.labels("probe", "reach");
    const script = readFileSync(join(import.meta.dirname, "..", "load", "agents", "reach.ts"), "utf8");
    const on = { parent: this, dependsOn };
    const config = ground.inside(
      `${name}-reach-script`,
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "reach", labels }, data: { "reach.ts": script } },
      on,
    );
    const pods = ground.inside(`${name}-reach`, reachPods(labels, ground.image("node")), {
      parent: this,
      dependsOn: [...dependsOn, config],
    });
    ground.wait(
      `${name}-reaches`,
      "reach",
      pulumi.output(ground.cluster.outside).apply((outside) => ({
        namespace: ground.namespace,
        selector: "cni-traffic-lab/name=reach",
        count: Math.max(1, ground.cluster.nodes - 1),
        port: probePort,
        outside,
        deadline_s: 180,
      })),
      { parent: this, dependsOn: [...dependsOn, pods] },
    );
  }
}

/** Pure: one small pod on each node that takes pods. */
export function reachPods(labels: Readonly<Record<string, string>>, image: string) {
  const selector = { "cni-traffic-lab/name": "reach" };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "reach", labels },
    spec: {
      selector: { matchLabels: selector },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          securityContext: restrictedPod,
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: "reach",
              image,
              command: ["node", "/etc/reach/reach.ts", String(probePort)],
              ports: [{ containerPort: probePort }],
              readinessProbe: { tcpSocket: { port: probePort }, periodSeconds: 1 },
              resources: { requests: { cpu: "10m", memory: "48Mi" }, limits: { memory: "128Mi" } },
              securityContext: restrictedContainer,
              volumeMounts: [{ name: "script", mountPath: "/etc/reach", readOnly: true }],
            },
          ],
          volumes: [{ name: "script", configMap: { name: "reach" } }],
        },
      },
    },
  };
}

/**
 * On clusters whose nodes have no labels of ours: the plan's workers and egress nodes are given to the nodes in the order of
 * their names, egress nodes from the end; a node that the settings name is the egress node.
 */
function labelNodes(
  name: string,
  ground: Ground,
  parent: pulumi.Resource,
  nodes: pulumi.Output<NodeAddresses>,
): pulumi.Resource[] {
  const { plan, network } = ground;
  if (plan.kind.kind === "kind") return [];
  const given = plan.kind.kind === "existing" ? plan.kind.gatewayNode : "";
  const { egressNodes, controlPlane } = network;
  const workers = network.nodes.filter((node) => node !== controlPlane && !egressNodes.includes(node)).slice(0, 1);
  if (egressNodes.length === 0) return [];
  const roles: readonly (readonly [string, Record<string, string>])[] = [
    ...workers.map((node) => [node, { "cni-traffic-lab/node": node }] as const),
    ...egressNodes.map((node) => [node, { "cni-traffic-lab/node": node, "cni-traffic-lab/egress": node }] as const),
  ];
  return roles.map(([role, labels]) =>
    ground.label(
      `${name}-${role}`,
      nodes.apply(({ nodes: found, open = Object.keys(found) }) =>
        pickNode(role, open, { workers, egressNodes, given }),
      ),
      labels,
      { parent },
    ),
  );
}

/** Pure. @throws Error when there are fewer nodes than roles */
export function pickNode(
  role: string,
  found: readonly string[],
  {
    workers,
    egressNodes,
    given,
  }: { readonly workers: readonly string[]; readonly egressNodes: readonly string[]; readonly given: string },
): string {
  const free = found.filter((node) => node !== given).toSorted();
  const index = egressNodes.indexOf(role);
  const node =
    index === 0 && given !== ""
      ? given
      : index >= 0
        ? free[free.length - 1 - (given === "" ? index : index - 1)]
        : free[workers.indexOf(role)];
  if (node === undefined || workers.length + egressNodes.length > free.length + (given === "" ? 0 : 1)) {
    throw new Error(
      `the cluster has ${found.length} nodes that take pods; the scenario needs ${workers.length + egressNodes.length}. Remedy: add nodes, or set egress.gateways to fewer.`,
    );
  }
  return node;
}
