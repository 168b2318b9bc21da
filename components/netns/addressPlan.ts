/** Who has which address in a lab of network namespaces. Pure; the lab's namespaces have no route to the machine. */
import type { NetworkPlan } from "../platform.ts";

/** VXLAN over IPv4 adds an outer Ethernet, IP, UDP and VXLAN header (RFC 7348): 50 bytes. */
export const vxlanOverhead = 50;

export const underlayPrefix = 24;
export const podRange = "10.244.0.0/16";

export interface NodeAddresses {
  readonly name: string;
  /** On the underlay. */
  readonly address: string;
  readonly podCidr: string;
  /** First address of the pod range: the node's end of every pod link. */
  readonly podGateway: string;
  /** Of the VXLAN device. */
  readonly overlay: string;
  readonly mac: string;
}
export interface PodAddresses {
  readonly name: string;
  readonly node: string;
  readonly address: string;
  /** Device at the node's end. */
  readonly device: string;
}
export interface OutsideAddresses {
  readonly name: string;
  readonly address: string;
  /** A second address of the same machine, which no egress gateway may touch. */
  readonly other: string;
}
export interface AddressPlan {
  readonly nodes: readonly NodeAddresses[];
  readonly pods: readonly PodAddresses[];
  readonly outside: readonly OutsideAddresses[];
  readonly mtu: number;
  readonly podMtu: number;
}

/** Most nodes, pods on one node and machines outside that the plan has room for. */
export const limits = { nodes: 89, podsPerNode: 200, outside: 20 } as const;

/**
 * Gives every node, pod and outside machine its addresses: nodes 10.10.0.11 and up, egress addresses 10.10.0.101 and up
 * (one for each node), machines outside 10.10.0.201 and up, their second addresses 10.10.0.231 and up, pods 10.244.<node>.10 and up.
 * @throws RangeError when there are more of them than addresses, or a pod's node does not exist.
 */
export function addressPlan(plan: NetworkPlan): AddressPlan {
  if (plan.nodes.length > limits.nodes) throw new RangeError(`${plan.nodes.length} nodes; at most ${limits.nodes} fit`);
  if (plan.outside.length > limits.outside) {
    throw new RangeError(`${plan.outside.length} machines outside; at most ${limits.outside} fit`);
  }
  const nodes = plan.nodes.map((name, index): NodeAddresses => {
    const n = index + 1;
    return {
      name,
      address: `10.10.0.${10 + n}`,
      podCidr: `10.244.${n}.0/24`,
      podGateway: `10.244.${n}.1`,
      overlay: `10.244.${n}.0`,
      // Locally administered (second lowest bit of the first byte).
      mac: `0a:58:0a:f4:${n.toString(16).padStart(2, "0")}:00`,
    };
  });
  const seen = new Map<string, number>();
  const pods = plan.pods.map(({ name, node }): PodAddresses => {
    const n = plan.nodes.indexOf(node) + 1;
    if (n === 0)
      throw new RangeError(`pod ${name} is on the node ${node}, which does not exist: ${plan.nodes.join(", ")}`);
    const index = seen.get(node) ?? 0;
    if (index >= limits.podsPerNode) throw new RangeError(`more than ${limits.podsPerNode} pods on ${node}`);
    seen.set(node, index + 1);
    return { name, node, address: `10.244.${n}.${10 + index}`, device: `pod${index}` };
  });
  return {
    nodes,
    pods,
    outside: plan.outside.map((name, index) => ({
      name,
      address: `10.10.0.${201 + index}`,
      other: `10.10.0.${231 + index}`,
    })),
    mtu: plan.mtu,
    podMtu: plan.mtu - vxlanOverhead,
  };
}

/** Address that a gateway node translates to: a second one on its underlay device, so that it tells apart gateway and node. */
export function egressAddress(plan: AddressPlan, node: string): string {
  return `10.10.0.${101 + plan.nodes.findIndex(({ name }) => name === node)}`;
}

/** The member of a list with this name. @throws RangeError naming what there is. */
export function named<T extends { readonly name: string }>(list: readonly T[], name: string): T {
  const found = list.find((item) => item.name === name);
  if (found === undefined) throw new RangeError(`no ${name} among ${list.map((item) => item.name).join(", ")}`);
  return found;
}
