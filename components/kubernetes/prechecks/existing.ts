/**
 * Before a cluster that is not ours is touched: whether it answers, has what nobody installs, lets this user do what the lab does,
 * has enough nodes, and holds nothing that the lab would have to take over. It only looks.
 */
import { within } from "../../addresses.ts";
import type { ClusterKind, ClusterPlan } from "../../platform.ts";
import { installsCrds } from "../clusters/cluster.ts";
import { egressNodeLabel, nodeLabel } from "../clusters/kindConfig.ts";
import { cnis } from "../cni.ts";
import { limiters } from "../egressBandwidth.ts";
import { labPrefix } from "../names.ts";
import type { Api, KubeObject } from "../tasks/api.ts";
import { readExisting } from "../tasks/existing.ts";
import type { checkServer } from "../tasks/givenServer.ts";
import { takesPods } from "../tasks/waits.ts";
import { gatewayApiVersion } from "../versions.ts";
import { gateways } from "../weightedGateway.ts";
import type { Extras } from "./charts.ts";
import type { EgressRanges } from "./kind.ts";

type ExistingKind = Extract<ClusterKind, { kind: "existing" }>;

export interface ExistingFacts {
  readonly plan: ClusterPlan;
  readonly kind: ExistingKind;
  readonly stack: string;
  readonly labId: string;
  readonly extras: Extras;
  /** null where nothing leaves through a gateway. */
  readonly egress: (EgressRanges & { readonly path: "base" | "gateway"; readonly gateways: number }) | null;
  readonly open: (kubeconfig: string) => Promise<Api>;
  readonly checkServer: typeof checkServer;
}

const metallbCrd = "ipaddresspools.metallb.io";
const crdPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

export async function existingProblems(facts: ExistingFacts): Promise<string[]> {
  const { kind, plan, egress } = facts;
  const server = egress === null ? [] : await problemOf(() => facts.checkServer({ address: plan.serverAddress }));
  try {
    const { kubeconfig } = await readExisting(kind);
    const api = await facts.open(kubeconfig);
    const crds = new Set((await api.list(crdPath)).map(({ metadata }) => metadata.name));
    const nodes = await api.list("/api/v1/nodes");
    const spaces = await namespacesOf(api, facts);
    return [
      ...server,
      ...missingParts(crds, facts),
      ...takenParts(crds, nodes, spaces, facts),
      ...nodeProblems(nodes, facts),
      ...(await limitProblems(api, facts)),
      ...(await forbidden(api, facts)),
    ];
  } catch (error) {
    const why = messageOf(error);
    return [
      ...server,
      why.startsWith("existing.")
        ? why
        : `existing.context: the API server of ${kind.context} does not answer as it must (${why}). Try kubectl --context ${kind.context} get nodes.`,
    ];
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function problemOf(look: () => Promise<unknown>): Promise<string[]> {
  try {
    await look();
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
}

/** CRDs that the CNI and the gateway need. */
function neededCrds(plan: ClusterPlan): {
  readonly cni: readonly string[];
  readonly gateway: readonly string[];
  /** Those of the gateway that its chart brings: Helm leaves them as they are where they are there, and never deletes them. */
  readonly chart: readonly string[];
} {
  const spec = plan.gateway === null || plan.gateway === "direct" ? null : gateways[plan.gateway];
  const pools = ["ciliumloadbalancerippools.cilium.io", "ciliuml2announcementpolicies.cilium.io"];
  const isSplit = plan.gateway !== null;
  return {
    cni: [...cnis[plan.cni.name].crds(plan.cni), ...(isSplit && plan.loadBalancer.kind === "cilium" ? pools : [])],
    gateway: [
      ...(gatewayApiVersion(plan) === null ? [] : ["gateways.gateway.networking.k8s.io"]),
      ...(spec?.chart?.crds ?? []),
      ...(isSplit && plan.loadBalancer.kind === "metallb" ? [metallbCrd] : []),
    ],
    chart: spec?.chart?.crds ?? [],
  };
}

/** What nobody installs must be there. */
function missingParts(crds: ReadonlySet<string>, { plan, kind }: ExistingFacts): string[] {
  const { cni, gateway } = neededCrds(plan);
  return [
    ...(kind.installCni ? [] : cni.filter((name) => !crds.has(name))).map(
      (name) =>
        `existing.installCni: the cluster has no CRD ${name}, which ${plan.cni.name} needs. Install it, or set existing.installCni to true on a cluster that is yours.`,
    ),
    ...(installsCrds(kind) ? [] : gateway.filter((name) => !crds.has(name))).map(
      (name) =>
        `existing.installCrds: the cluster has no CRD ${name}, which the gateway needs. Install it, or set existing.installCrds to true.`,
    ),
  ];
}

interface Spaces {
  /** Whether the lab's own namespace is there and ours: then this is not its first `up`. */
  readonly ours: boolean;
  readonly foreign: readonly string[];
}

async function namespacesOf(api: Api, { stack, labId }: ExistingFacts): Promise<Spaces> {
  const prefix = labPrefix(stack, labId);
  const names = [
    prefix,
    ...["monitoring", "node-exporter", "gateway", "metallb", "nodes"].map((part) => `${prefix}-${part}`),
  ];
  const there = (await api.list("/api/v1/namespaces")).filter(({ metadata }) => names.includes(metadata.name));
  const isOurs = ({ metadata }: KubeObject): boolean => metadata.labels?.["cni-traffic-lab/lab"] === labId;
  return {
    ours: there.some((one) => one.metadata.name === prefix && isOurs(one)),
    foreign: there.filter((one) => !isOurs(one)).map(({ metadata }) => metadata.name),
  };
}

/** What is there already is refused, not adopted: destroying the lab would take it away. */
function takenParts(
  crds: ReadonlySet<string>,
  nodes: readonly KubeObject[],
  { ours, foreign }: Spaces,
  { plan, kind }: ExistingFacts,
): string[] {
  const namespaces = foreign.map(
    (name) =>
      `existing.context: the cluster has a namespace ${name}, and it is not this lab's. Rename the stack, or remove the namespace.`,
  );
  if (ours) return namespaces;
  const { cni, gateway, chart } = neededCrds(plan);
  const brought = [...(kind.installCni ? cni : []), ...(installsCrds(kind) ? gateway : [])].filter(
    (name) => crds.has(name) && !chart.includes(name),
  );
  const marked = nodes.filter(({ metadata: { labels = {} } }) => nodeLabel in labels || egressNodeLabel in labels);
  return [
    ...namespaces,
    ...brought.map((name) =>
      name === metallbCrd
        ? `loadBalancer.kind: the cluster has MetalLB already (CRD ${name}). Set loadBalancer.kind to cloud: its addresses are used as they are.`
        : `existing.${kind.installCni && cni.includes(name) ? "installCni" : kind.installCni ? "installCni" : "installCrds"}: the cluster has the CRD ${name} already; what exists is not taken over. Leave the setting out.`,
    ),
    ...(marked.length === 0
      ? []
      : [
          `existing.context: the nodes ${marked.map(({ metadata }) => metadata.name).join(", ")} have labels of another lab (${nodeLabel}). Destroy that lab first, or remove them: kubectl label node ${marked[0]?.metadata.name ?? ""} ${nodeLabel}- ${egressNodeLabel}-.`,
        ]),
  ];
}

/** Nodes that take pods, the gateway's by name, and no pool over a node's own address. */
function nodeProblems(nodes: readonly KubeObject[], { kind, egress }: ExistingFacts): string[] {
  const names = nodes.map(({ metadata }) => metadata.name);
  const open = nodes.filter((node) => takesPods(node, kind.installCni)).map(({ metadata }) => metadata.name);
  const { gatewayNode } = kind;
  const isThere = gatewayNode === "" || names.includes(gatewayNode);
  const able = new Set(isThere && gatewayNode !== "" ? [...open, gatewayNode] : open);
  const needed = egress === null ? 1 : 1 + egress.gateways;
  const addresses = nodes.flatMap(({ status }) =>
    ((status?.["addresses"] ?? []) as { type: string; address: string }[])
      .filter(({ type }) => type === "InternalIP")
      .map(({ address }) => address),
  );
  const pool = egress?.pool ?? "";
  const held = pool === "" ? [] : addresses.filter((address) => within(address, pool));
  return [
    ...(isThere ? [] : [`existing.gatewayNode: there is no node ${gatewayNode}. The cluster has ${names.join(", ")}.`]),
    ...(able.size < needed
      ? [
          `existing.context: ${able.size} of ${names.length} nodes take pods; the lab needs ${needed}${egress === null ? "" : ", a worker and one for each egress gateway"}. Add nodes, or uncordon some.`,
        ]
      : []),
    ...(held.length > 0
      ? [`egress.pool: ${pool} holds addresses of nodes (${held.join(", ")}). Set egress.pool to free addresses.`]
      : []),
  ];
}

/** A limit that the cluster's CNI does not keep would be ignored without a word. */
async function limitProblems(api: Api, { plan, kind }: ExistingFacts): Promise<string[]> {
  if (!plan.cni.bandwidth || kind.installCni) return [];
  const { configMap, isOn, remedy } = limiters[plan.cni.name];
  const path = `/api/v1/namespaces/kube-system/configmaps/${configMap}`;
  return problemOf(async () => {
    const found = await api.get<{ readonly data?: Readonly<Record<string, string>> }>(path).catch((error: unknown) => {
      throw new Error(
        `egress.bandwidth: whether ${plan.cni.name} keeps it cannot be read (${messageOf(error)}). Use a context that may read ConfigMaps of kube-system, or leave the setting out.`,
      );
    });
    if (!isOn(found?.data ?? {})) {
      throw new Error(
        `egress.bandwidth: the cluster's ${plan.cni.name} keeps no limit (ConfigMap kube-system/${configMap}). To use it ${remedy}, or leave the setting out.`,
      );
    }
  });
}

interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
}

/** Rights on what has no namespace; inside its own namespaces whoever may make them is usually their owner. */
function rightsOf({ plan, kind, extras, egress }: ExistingFacts): Right[] {
  const create = (group: string, resource: string): Right => ({ verb: "create", group, resource });
  const gateway = plan.gateway !== null && plan.gateway !== "direct";
  const policy =
    plan.cni.name === "cilium"
      ? create("cilium.io", "ciliumegressgatewaypolicies")
      : create("crd.antrea.io", "egresses");
  return [
    create("", "namespaces"),
    ...(extras.monitoring || gateway
      ? [
          create("rbac.authorization.k8s.io", "clusterroles"),
          create("rbac.authorization.k8s.io", "clusterrolebindings"),
        ]
      : []),
    ...(egress === null ? [] : [{ verb: "patch", group: "", resource: "nodes" }]),
    ...(egress?.path === "gateway" ? [policy] : []),
    ...(gateway ? [create("gateway.networking.k8s.io", "gatewayclasses")] : []),
    ...(kind.installCni || kind.installCrds ? [create("apiextensions.k8s.io", "customresourcedefinitions")] : []),
  ];
}

/** @throws Error when the API server does not say whether */
async function forbidden(api: Api, facts: ExistingFacts): Promise<string[]> {
  const denied: Right[] = [];
  for (const right of rightsOf(facts)) {
    const review = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: { verb: right.verb, group: right.group, resource: right.resource } },
    };
    const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    const { status, body } = await api.send("POST", path, JSON.stringify(review));
    if (status >= 300) throw new Error(`POST ${path}: ${status} ${body.toString("utf8").slice(0, 200)}`);
    const answer = JSON.parse(body.toString("utf8")) as { status?: { allowed?: boolean } };
    if (answer.status?.allowed !== true) denied.push(right);
  }
  return denied.length === 0
    ? []
    : [
        `existing.context: its user may not ${denied.map(({ verb, resource }) => `${verb} ${resource}`).join(", ")}. Use a context with these rights; docs/existing.md lists what the lab makes.`,
      ];
}
