/**
 * Nodes, pods and machines outside as network namespaces: a bridge as the underlay, veth pairs, VXLAN between the nodes.
 * This is the data path that an overlay CNI builds, with nothing else in the way.
 */
import * as pulumi from "@pulumi/pulumi";
import type { AddressSpec, RouteSpec } from "../../provider/schema.ts";
import type { Network, NetworkPlan } from "../platform.ts";
import { addressPlan, named, underlayPrefix, type AddressPlan, type NodeAddresses } from "./addressPlan.ts";
import type { Ground } from "./ground.ts";
import { Bridge, Link, Node, Routing, Vxlan } from "./netlab.ts";

/** The bridge has a namespace of its own: bridged frames in the machine's would pass its FORWARD chain. */
const underlay = "underlay";
const monitor = "monitor";
const bridge = "br0";

const quiet = { "net.ipv6.conf.all.disable_ipv6": "1", "net.ipv6.conf.default.disable_ipv6": "1" };
const router = {
  ...quiet,
  "net.ipv4.ip_forward": "1",
  // An answer may come back on another device than the routing table would use for its source.
  "net.ipv4.conf.all.rp_filter": "0",
  "net.ipv4.conf.default.rp_filter": "0",
};

const vxlan = { device: "vxlan0", vni: 4096, port: 4789 } as const;

/** Addresses and routes of a node: its underlay address, one route for each pod of its own and each node's pods. */
export function nodeRouting(plan: AddressPlan, node: NodeAddresses): { addresses: AddressSpec[]; routes: RouteSpec[] } {
  const pods = plan.pods.filter((pod) => pod.node === node.name);
  return {
    addresses: [
      { device: "eth0", cidr: `${node.address}/${underlayPrefix}` },
      { device: vxlan.device, cidr: `${node.overlay}/32` },
      ...pods.map((pod) => ({ device: pod.device, cidr: `${node.podGateway}/32` })),
    ],
    routes: [
      ...pods.map((pod) => ({ to: `${pod.address}/32`, device: pod.device })),
      ...plan.nodes
        .filter((other) => other.name !== node.name)
        .map((other) => ({ to: other.podCidr, via: other.overlay, device: vxlan.device, onlink: true })),
    ],
  };
}

export interface NetnsNetworkArgs {
  readonly ground: Ground;
  readonly plan: NetworkPlan;
}

export class NetnsNetwork extends pulumi.ComponentResource implements Network {
  readonly resource = this;
  readonly addresses: AddressPlan;
  /** Namespaces by the plan's names, and `monitor`. */
  readonly #namespaces = new Map<string, Node>();

  constructor(name: string, args: NetnsNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cni-traffic-lab:netns:Network", name, {}, opts);
    const { lab } = args.ground;
    const plan = addressPlan(args.plan);
    this.addresses = plan;

    const namespace = (node: string, sysctls: Record<string, string>): Node => {
      const made = new Node(`${name}-${node}`, { lab, name: `${args.plan.name}-${node}`, sysctls }, { parent: this });
      this.#namespaces.set(node, made);
      return made;
    };
    const base = namespace(underlay, quiet);
    namespace(monitor, quiet);
    for (const node of plan.nodes) namespace(node.name, router);
    for (const { name: host } of [...plan.pods, ...plan.outside]) namespace(host, quiet);

    const switching = new Bridge(
      `${name}-bridge`,
      { lab, netns: base.netns, device: bridge, mtu: plan.mtu },
      { parent: this, deletedWith: base },
    );
    const ready = new Map<string, pulumi.Resource[]>();
    const devices = (host: string, ...made: pulumi.Resource[]): void => {
      ready.set(host, [...(ready.get(host) ?? []), ...made]);
    };

    for (const { name: host } of [...plan.nodes, ...plan.outside]) {
      const node = this.#node(host);
      const link = new Link(
        `${name}-${host}-underlay`,
        {
          lab,
          mtu: plan.mtu,
          a: { netns: node.netns, device: "eth0" },
          b: { netns: base.netns, device: host, bridge },
        },
        { parent: this, dependsOn: [switching], deletedWith: node },
      );
      devices(host, link);
    }
    for (const pod of plan.pods) {
      const [inside, node] = [this.#node(pod.name), this.#node(pod.node)];
      const link = new Link(
        `${name}-${pod.name}-pod`,
        {
          lab,
          mtu: plan.podMtu,
          a: { netns: inside.netns, device: "eth0" },
          b: { netns: node.netns, device: pod.device },
        },
        { parent: this, deletedWith: inside },
      );
      devices(pod.name, link);
      devices(pod.node, link);
    }
    for (const node of plan.nodes) {
      const peers = plan.nodes
        .filter((other) => other.name !== node.name)
        .map((other) => ({ underlay: other.address, overlay: other.overlay, mac: other.mac }));
      const inside = this.#node(node.name);
      const device = new Vxlan(
        `${name}-${node.name}-vxlan`,
        { lab, netns: inside.netns, ...vxlan, mtu: plan.podMtu, local: node.address, mac: node.mac, peers },
        { parent: this, dependsOn: ready.get(node.name) ?? [], deletedWith: inside },
      );
      devices(node.name, device);
    }

    const routing = (host: string, layer3: { addresses: AddressSpec[]; routes: RouteSpec[] }): void => {
      const node = this.#node(host);
      new Routing(
        `${name}-${host}-routing`,
        { lab, netns: node.netns, ...layer3 },
        { parent: this, dependsOn: ready.get(host) ?? [], deletedWith: node },
      );
    };
    for (const node of plan.nodes) routing(node.name, nodeRouting(plan, node));
    for (const pod of plan.pods) {
      const { podGateway } = named(plan.nodes, pod.node);
      routing(pod.name, {
        addresses: [{ device: "eth0", cidr: `${pod.address}/32` }],
        routes: [{ to: "default", via: podGateway, device: "eth0", onlink: true }],
      });
    }
    for (const host of plan.outside) {
      routing(host.name, {
        addresses: [host.address, host.other].map((address) => ({
          device: "eth0",
          cidr: `${address}/${underlayPrefix}`,
        })),
        routes: [],
      });
    }
    this.registerOutputs({});
  }

  /** Namespace of a node, pod or machine of the plan, or of `monitor`. */
  netns(host: string): pulumi.Output<string> {
    return this.#node(host).netns;
  }

  /** The namespace's resource, for `deletedWith`. */
  namespace(host: string): pulumi.Resource {
    return this.#node(host);
  }

  #node(host: string): Node {
    const node = this.#namespaces.get(host);
    if (node === undefined) throw new RangeError(`no ${host} among ${[...this.#namespaces.keys()].join(", ")}`);
    return node;
  }
}

/** Device that carries pod traffic between nodes. */
export const overlayDevice = vxlan.device;
