/** Egress gateways: the CNI's own policy that gives matching pods the gateway's address. Manifests are pure. */
import * as pulumi from "@pulumi/pulumi";
import type { EgressGateway, EgressPlan, EgressPolicyPlan, GatewayPlan, LabelSelector } from "../platform.ts";
import { egressNodeLabel } from "./clusters/kindConfig.ts";
import type { KubernetesNetwork } from "./cni.ts";
import { limiters } from "./egressBandwidth.ts";
import type { Ground } from "./ground.ts";
import { ownNode } from "./loadPlan.ts";
import { nodeAddress, nodesNamespace } from "./nodeAddress.ts";
import type { Manifest } from "./objects.ts";
import type { Configured } from "./tasks/job.ts";

/** What a policy is made from. */
export interface PolicyFacts {
  /** Name of the cluster-scoped object. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly namespace: string;
  readonly gateway: GatewayPlan;
  readonly policy: EgressPolicyPlan;
  /** Address of the measured server. */
  readonly server: string;
  /** Address of the gateway node. */
  readonly node: string;
}

/**
 * The engine deletes last: a policy of the path gateway still stands while the first load of the path base runs. So that it
 * takes none of its pods, they carry their path and the policy asks for it.
 */
const pathLabel = "cni-traffic-lab/path";
const steeredPods = { [pathLabel]: "gateway" } as const;

const selectorOf = (own: Readonly<Record<string, string>>, more: LabelSelector | null) => ({
  matchLabels: { ...own, ...more?.matchLabels },
  ...(more === null || more.matchExpressions.length === 0 ? {} : { matchExpressions: more.matchExpressions }),
});

const podSelector = ({ gateway, policy }: PolicyFacts) => {
  const [pod, ...more] = gateway.pods;
  const own = { ...(more.length === 0 && pod !== undefined ? { "cni-traffic-lab/name": pod } : {}), ...steeredPods };
  const selector = selectorOf(own, policy.podSelector);
  if (more.length === 0) return selector;
  const expression = { key: "cni-traffic-lab/name", operator: "In" as const, values: [...gateway.pods] };
  return { ...selector, matchExpressions: [expression, ...(policy.podSelector?.matchExpressions ?? [])] };
};

const namespaceSelector = ({ namespace, policy }: PolicyFacts) =>
  policy.namespaceSelector === null
    ? { matchLabels: { "kubernetes.io/metadata.name": namespace } }
    : selectorOf({}, policy.namespaceSelector);

/** What goes to the server, and nothing else unless the plan says so, leaves by the gateway node. */
export function ciliumPolicy(facts: PolicyFacts): Manifest {
  const { name, labels, gateway, policy, server } = facts;
  return {
    apiVersion: "cilium.io/v2",
    kind: "CiliumEgressGatewayPolicy",
    metadata: { name, labels },
    spec: {
      selectors: [{ podSelector: podSelector(facts), namespaceSelector: namespaceSelector(facts) }],
      destinationCIDRs: policy.destinations.length > 0 ? [...policy.destinations] : [`${server}/32`],
      ...(policy.excluded.length > 0 ? { excludedCIDRs: [...policy.excluded] } : {}),
      egressGateway: {
        nodeSelector: { matchLabels: { [egressNodeLabel]: gateway.node } },
        ...(policy.interface === "" ? {} : { interface: policy.interface }),
        ...(policy.ip === "" ? {} : { egressIP: policy.ip }),
      },
    },
  };
}

/** Antrea's Egress has no destination: it takes all that leaves the cluster. Static with the node's own address, or from a pool. */
export function antreaEgress(facts: PolicyFacts, pool: string | null): Manifest {
  const { name, labels, policy, node } = facts;
  return {
    apiVersion: "crd.antrea.io/v1beta1",
    kind: "Egress",
    metadata: { name, labels },
    spec: {
      appliedTo: { podSelector: podSelector(facts), namespaceSelector: namespaceSelector(facts) },
      ...(pool === null
        ? { egressIP: policy.ip === "" ? node : policy.ip }
        : { externalIPPool: pool, ...(policy.ip === "" ? {} : { egressIP: policy.ip }) }),
      ...(policy.bandwidth === null ? {} : { bandwidth: { ...policy.bandwidth } }),
    },
  };
}

/** Addresses that Antrea hands out, on whichever egress node it chooses; one pool for all gateways, since pools may not overlap. */
export function antreaPool(
  name: string,
  labels: Readonly<Record<string, string>>,
  range: NonNullable<EgressPolicyPlan["pool"]>,
): Manifest {
  return {
    apiVersion: "crd.antrea.io/v1beta1",
    kind: "ExternalIPPool",
    metadata: { name, labels },
    spec: {
      ipRanges: [{ ...range }],
      nodeSelector: { matchExpressions: [{ key: egressNodeLabel, operator: "Exists" }] },
    },
  };
}

/** The CNI's object that steers, and what to do when it has no effect. */
export function configuredOf(cni: "cilium" | "antrea", name: string): Configured {
  switch (cni) {
    case "cilium":
      return {
        kind: "CiliumEgressGatewayPolicy",
        name,
        path: `/apis/cilium.io/v2/ciliumegressgatewaypolicies/${name}`,
        remedy: `Cilium must run with egressGateway, kubeProxyReplacement and bpf.masquerade, no other policy may take the same pods, a node must have the label of its nodeSelector, and that node the address: kubectl describe ciliumegressgatewaypolicy ${name}, cilium-dbg bpf egress list in the agent of the pod's node`,
      };
    case "antrea":
      return {
        kind: "Egress",
        name,
        path: `/apis/crd.antrea.io/v1beta1/egresses/${name}`,
        remedy: `Antrea must run with the feature Egress, and a node must have the address: kubectl describe egress ${name}, antctl get egress in the agent of the gateway node`,
      };
  }
}

/** `first-last` or a CIDR, as settings and clusters give ranges. */
export function rangeOf(text: string): NonNullable<EgressPolicyPlan["pool"]> {
  const [start = "", end] = text.split("-");
  return end === undefined ? { cidr: text } : { start, end };
}

/** The pool that Egresses take their addresses from. */
interface Pool {
  readonly name: string;
  readonly object: pulumi.Resource;
}

/** Where a gateway's traffic leaves. */
interface Place {
  /** The node's own address. */
  readonly node: pulumi.Output<string>;
  readonly pool: Pool | null;
  /** Where the node's other addresses are looked at; null: its own address is meant. */
  readonly looks: pulumi.Resource | null;
}

export interface KubernetesEgressArgs {
  readonly ground: Ground;
  readonly network: KubernetesNetwork;
  readonly server: { readonly address: pulumi.Output<string> };
  readonly plan: EgressPlan;
}

export class KubernetesEgressGateway extends pulumi.ComponentResource implements EgressGateway {
  readonly resource = this;
  /** Source address that the server must see, by client pod; without a gateway that of the pod's node. */
  readonly sources: Readonly<Record<string, pulumi.Output<string>>>;
  /** Source address that any other destination must see; empty: the policy takes everything. */
  readonly otherSource: pulumi.Output<string>;
  /** What steers a client pod; none on the base path. */
  readonly configured: Readonly<Record<string, Configured>>;
  /** What client pods must carry so that a policy takes them on the path gateway, and on no other. */
  readonly labels: Readonly<Record<string, string>>;
  /** What client pods must carry so that they are limited; empty without a limit. */
  readonly annotations: Readonly<Record<string, string>>;
  /** What a limit does not mean, for the record. */
  readonly limits: readonly string[];

  constructor(name: string, args: KubernetesEgressArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cni-traffic-lab:kubernetes:EgressGateway", name, {}, opts);
    const { ground, network, plan } = args;
    const addressOf = (node: string): pulumi.Output<string> =>
      network.nodes.apply(({ nodes }) => {
        const address = nodes[node];
        if (address !== undefined) return address;
        throw new Error(
          `no node is labelled cni-traffic-lab/node=${node}: the nodes are ${Object.keys(nodes).join(", ")}`,
        );
      });
    const steered = plan.path === "gateway";
    const antrea = ground.plan.cni.name === "antrea";
    this.otherSource = pulumi.output(steered && antrea ? "" : ownNode);
    const pool = steered && antrea && plan.policy.address === "pool" ? this.#pool(name, args) : null;
    const { ip, interface: link } = plan.policy;
    // A pool's addresses are put on a node by the CNI itself.
    const named = steered && pool === null && (ip !== "" || link !== "");
    const looks = named ? nodesNamespace(ground, { parent: this, dependsOn: [network] }) : null;
    const pairs = plan.gateways.flatMap((gateway, index) => {
      const source = steered
        ? this.#policy(`${name}-${index + 1}`, args, gateway, { node: addressOf(gateway.node), pool, looks })
        : pulumi.output(ownNode);
      return gateway.pods.map((pod) => [pod, source] as const);
    });
    this.configured = steered
      ? Object.fromEntries(
          plan.gateways.flatMap((gateway) => {
            const object = configuredOf(ground.plan.cni.name, ground.globalName(gateway.name));
            return gateway.pods.map((pod) => [pod, object] as const);
          }),
        )
      : {};
    this.sources = Object.fromEntries(pairs);
    this.labels = { [pathLabel]: plan.path };
    const { bandwidth } = plan.policy;
    const limiter = limiters[ground.plan.cni.name];
    this.annotations = steered && bandwidth !== null ? limiter.annotations(bandwidth) : {};
    this.limits = steered && bandwidth !== null ? [limiter.says(bandwidth)] : [];
    this.registerOutputs({});
  }

  /** Makes the policy and gives the address that it leads to. */
  #policy(
    name: string,
    { ground, network, server, plan }: KubernetesEgressArgs,
    gateway: GatewayPlan,
    { node, pool, looks }: Place,
  ): pulumi.Output<string> {
    const { policy } = plan;
    const labels = ground.labels("gateway", gateway.name);
    const objectName = ground.globalName(gateway.name);
    const nodes = ground.wait(
      `${name}-nodes`,
      "gateway-nodes",
      { selector: `${egressNodeLabel}=${gateway.node}`, deadline_s: 60 },
      // On clusters of others the nodes have the label only when the network has given it.
      { parent: this, dependsOn: [network] },
    ).resource;
    const { address, checked } = this.#gatewayAddress(name, { ground, network, server, plan }, gateway, {
      node,
      looks,
    });
    const on = { parent: this, dependsOn: [nodes, ...checked] };
    const facts = pulumi.all([server.address, node]).apply(([to, at]): PolicyFacts => ({
      name: objectName,
      labels,
      namespace: ground.namespace,
      gateway,
      policy,
      server: to,
      node: at,
    }));
    const made = (manifest: (all: PolicyFacts) => Manifest, empty: Manifest): Manifest => ({
      ...empty,
      spec: facts.apply((all) => manifest(all)["spec"]),
    });
    const metadata = { name: objectName, labels };
    if (ground.plan.cni.name === "cilium") {
      ground.object(
        `${name}-policy`,
        made(ciliumPolicy, { apiVersion: "cilium.io/v2", kind: "CiliumEgressGatewayPolicy", metadata }),
        on,
      );
      return address;
    }
    const egress = { apiVersion: "crd.antrea.io/v1beta1", kind: "Egress", metadata };
    const object = ground.object(
      `${name}-egress`,
      made((all) => antreaEgress(all, pool?.name ?? null), egress),
      { parent: this, dependsOn: [nodes, ...checked, ...(pool === null ? [] : [pool.object])] },
    );
    return this.#assigned(name, ground, objectName, object);
  }

  /** The address that the gateway node gives: its own, or the one that the settings name by interface or as such, which it must have. */
  #gatewayAddress(
    name: string,
    { ground, plan: { policy } }: KubernetesEgressArgs,
    gateway: GatewayPlan,
    { node, looks }: Pick<Place, "node" | "looks">,
  ): { readonly address: pulumi.Output<string>; readonly checked: readonly pulumi.Resource[] } {
    if (looks === null) return { address: node, checked: [] };
    const { result, resource } = nodeAddress(
      `${name}-address`,
      ground,
      { node: gateway.node, interface: policy.interface, ip: policy.ip },
      { parent: this, dependsOn: [looks] },
    );
    return { address: result.apply(({ address }) => address), checked: [resource] };
  }

  #pool(name: string, { ground, plan }: KubernetesEgressArgs): Pool {
    const { pool } = plan.policy;
    const poolName = ground.globalName("pool");
    const labels = ground.labels("gateway");
    const range = pool === null ? pulumi.output(ground.cluster.ranges.egress).apply(rangeOf) : pulumi.output(pool);
    const object = ground.object(
      `${name}-pool`,
      {
        apiVersion: "crd.antrea.io/v1beta1",
        kind: "ExternalIPPool",
        metadata: { name: poolName, labels },
        spec: range.apply((one) => antreaPool(poolName, labels, one)["spec"]),
      },
      { parent: this },
    );
    return { name: poolName, object };
  }

  #assigned(name: string, ground: Ground, egress: string, object: pulumi.Resource): pulumi.Output<string> {
    return ground
      .wait<{ address: string }>(
        `${name}-assigned`,
        "egress",
        { name: egress, deadline_s: 60 },
        { parent: this, dependsOn: [object] },
      )
      .result.apply(({ address }) => address);
  }
}
