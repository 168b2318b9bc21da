/**
 * The way out. `base`: each node masquerades what its pods send outside. `gateway`: matching traffic is carried through
 * the overlay to the gateway node and source-NATed there; what does not match leaves as before. Both CNIs' egress
 * gateways rest on this mechanism.
 */
import * as pulumi from "@pulumi/pulumi";
import type { EgressGateway, EgressPlan } from "../platform.ts";
import { egressAddress, named, podRange, underlayPrefix, type NodeAddresses } from "./addressPlan.ts";
import type { NetnsExternalServer } from "./externalServer.ts";
import type { Ground } from "./ground.ts";
import { Routing, RuleSet } from "./netlab.ts";
import { overlayDevice, type NetnsNetwork } from "./network.ts";

/** Table on every node that translates; its named counters `measured` and `leaked` are the proof at the gateway. */
export const egressTable = "egress";

/**
 * Rules of a node that translates to `source` whatever `match` selects. `measured` counts the flow towards the server
 * after translation, `leaked` the same flow with any other source address, both over everything that leaves by eth0.
 */
function translation(source: string, server: string, translate: string): string {
  return `
    counter measured { }
    counter leaked { }
    chain forward {
      type filter hook forward priority filter; policy accept;
      # What connection tracking cannot place is not translated either: it would leave with the pod's address.
      ct state invalid drop
    }
    chain translate {
      type nat hook postrouting priority srcnat; policy accept;
      ${translate}
    }
    chain account {
      type filter hook postrouting priority 300; policy accept;
      oifname "eth0" ip daddr ${server} ip saddr ${source} counter name measured accept
      oifname "eth0" ip daddr ${server} ip saddr != ${source} counter name leaked
    }`;
}

/** `base`: what the node's own pods send out of the pod range leaves with the node's address. */
export function masqueradeRules(node: NodeAddresses, server: string): string {
  const match = `oifname "eth0" ip saddr ${node.podCidr} ip daddr != ${podRange}`;
  return translation(node.address, server, `${match} masquerade`);
}

/** `gateway`: what came through the overlay from the pods towards the server leaves with the egress address. */
export function sourceNatRules(pods: readonly string[], source: string, server: string): string {
  const match = `iifname "${overlayDevice}" oifname "eth0" ip saddr { ${pods.join(", ")} } ip daddr ${server}`;
  return translation(source, server, `${match} snat to ${source}`);
}

/** Routing tables of the gateways: one each, above those that the kernel reserves. */
const firstTable = 1000;

/** Policy routing on a pod's node: from the pod, towards the server, to the gateway node through the overlay. */
export function policyRouting(pod: string, server: string, gateway: NodeAddresses, index: number) {
  const table = firstTable + index;
  return {
    routes: [{ to: "default", via: gateway.overlay, device: overlayDevice, onlink: true, table }],
    rules: [{ priority: table, from: `${pod}/32`, to: `${server}/32`, table }],
  };
}

/** How a pod leaves the cluster. */
export interface EgressPath {
  /** Source address that the external server must see on traffic that a gateway matches. */
  readonly source: string;
  /** Source address on all other traffic. */
  readonly otherSource: string;
  /** Node that translates the matching traffic. */
  readonly translator: string;
}

export interface NetnsEgressGatewayArgs {
  readonly ground: Ground;
  readonly network: NetnsNetwork;
  readonly server: NetnsExternalServer;
  readonly plan: EgressPlan;
}

export class NetnsEgressGateway extends pulumi.ComponentResource implements EgressGateway {
  readonly resource = this;
  /** How each pod leaves. */
  readonly paths: Readonly<Record<string, EgressPath>>;

  constructor(name: string, args: NetnsEgressGatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cni-traffic-lab:netns:EgressGateway", name, {}, opts);
    const { lab } = args.ground;
    const { network, plan } = args;
    const { addresses } = network;
    const server = args.server.address;
    const nodesWithPods = addresses.nodes.filter((node) => addresses.pods.some((pod) => pod.node === node.name));

    for (const node of nodesWithPods) {
      new RuleSet(
        `${name}-${node.name}-masquerade`,
        {
          lab,
          netns: network.netns(node.name),
          family: "ip",
          table: egressTable,
          rules: masqueradeRules(node, server),
        },
        { parent: this, deletedWith: network.namespace(node.name) },
      );
    }
    const gateways = plan.path === "gateway" ? plan.gateways : [];
    for (const [index, gateway] of plan.gateways.entries()) {
      const translator = gateways.includes(gateway) ? this.#translator(`${name}-${gateway.name}`, gateway, args) : [];
      this.#steering(`${name}-${gateway.name}`, index, gateway, args, translator);
    }

    this.paths = Object.fromEntries(
      addresses.pods.map((pod): [string, EgressPath] => {
        const node = named(addresses.nodes, pod.node);
        const gateway = gateways.find(({ pods }) => pods.includes(pod.name));
        return [
          pod.name,
          {
            source: gateway === undefined ? node.address : egressAddress(addresses, gateway.node),
            otherSource: node.address,
            translator: gateway?.node ?? node.name,
          },
        ];
      }),
    );
    this.registerOutputs({ paths: this.paths });
  }

  /** Egress address and source NAT at the gateway node. */
  #translator(
    name: string,
    gateway: EgressPlan["gateways"][number],
    { ground, network, server }: NetnsEgressGatewayArgs,
  ): pulumi.Resource[] {
    const { lab } = ground;
    const { addresses } = network;
    const source = egressAddress(addresses, gateway.node);
    const pods = gateway.pods.map((pod) => named(addresses.pods, pod));
    const inGateway = { netns: network.netns(gateway.node) };
    const opts = { parent: this, deletedWith: network.namespace(gateway.node) };
    const address = new Routing(
      `${name}-address`,
      { lab, ...inGateway, addresses: [{ device: "eth0", cidr: `${source}/${underlayPrefix}` }] },
      opts,
    );
    const rules = sourceNatRules(
      pods.map((pod) => pod.address),
      source,
      server.address,
    );
    const translation = new RuleSet(
      `${name}-source-nat`,
      { lab, ...inGateway, family: "ip", table: egressTable, rules },
      opts,
    );
    return [address, translation];
  }

  /**
   * Policy routing at the nodes of the pods. It exists, empty, without a translator too: the engine deletes after all
   * else, so a lab that goes back to base would run its load while the pods are still steered to the gateway.
   */
  #steering(
    name: string,
    index: number,
    gateway: EgressPlan["gateways"][number],
    { ground, network, server }: NetnsEgressGatewayArgs,
    translator: pulumi.Resource[],
  ): void {
    const { addresses } = network;
    for (const pod of gateway.pods.map((each) => named(addresses.pods, each))) {
      const steering = policyRouting(pod.address, server.address, named(addresses.nodes, gateway.node), index);
      new Routing(
        `${name}-${pod.name}-policy`,
        { lab: ground.lab, netns: network.netns(pod.node), ...(translator.length > 0 ? steering : {}) },
        // Traffic is steered only once the gateway node can translate it.
        { parent: this, dependsOn: translator, deletedWith: network.namespace(pod.node) },
      );
    }
  }
}
