/** Settings of the egress policy on a cluster: who is steered, where to, and by which address. */
import { parseAddress, parseBandwidth, parseCidrs, parsePool, parseSelector } from "../clusterValues.ts";
import { choice, clusters, matching, parsed, whole, type SettingSpec } from "./spec.ts";

const onClusters = { usedBy: ["egress"], environments: clusters } as const;

export const egressSettings = {
  "egress.gateways": {
    type: "integer",
    default: 1,
    description: "Egress gateways, each with a deployment of its own that it serves and a node of its own",
    ...onClusters,
    read: whole(1, 16, "gateways"),
  },
  "egress.address": {
    type: "string",
    default: "node",
    description:
      "Address that the gateway gives: node (the gateway node's own; with Antrea a static egressIP), pool (from egress.pool; Antrea only)",
    ...onClusters,
    read: choice(["node", "pool"]),
  },
  "egress.pool": {
    type: "string",
    default: "",
    description:
      "Addresses of the ExternalIPPool: a CIDR or first-last, such as 172.18.254.10-172.18.254.20; empty: a free range of the docker network",
    ...onClusters,
    cnis: ["antrea"],
    read: parsed(parsePool),
  },
  "egress.interface": {
    type: "string",
    default: "",
    description: "Interface of the gateway node whose first address is used, such as eth1; empty: the default route's",
    ...onClusters,
    cnis: ["cilium"],
    read: matching(/^$|^[a-zA-Z0-9_.-]{1,15}$/, "must be the name of an interface, or empty"),
  },
  "egress.ip": {
    type: "string",
    default: "",
    description: "Address of the gateway node that is used, when it has several; empty: its first one",
    ...onClusters,
    read: parsed(parseAddress),
  },
  "egress.destinations": {
    type: "string",
    default: "",
    description: "CIDRs that are sent through the gateway, separated by commas; empty: the measured server's address",
    ...onClusters,
    cnis: ["cilium"],
    read: parsed(parseCidrs),
  },
  "egress.excluded": {
    type: "string",
    default: "",
    description: "CIDRs that are not sent through the gateway, separated by commas",
    ...onClusters,
    read: parsed(parseCidrs),
  },
  "egress.podSelector": {
    type: "string",
    default: "",
    description:
      "More labels and expressions that a pod must have to be steered, such as tier=web,env in (a,b); empty: the load pod's own label",
    ...onClusters,
    read: parsed(parseSelector),
  },
  "egress.namespaceSelector": {
    type: "string",
    default: "",
    description: "Labels and expressions of the namespaces whose pods are steered; empty: the lab's own namespace",
    ...onClusters,
    read: parsed(parseSelector),
  },
  "egress.bandwidth": {
    type: "string",
    default: "",
    description:
      "Limit on path gateway. Antrea: rate and burst of the egress address, such as 500M/50M; Cilium: rate of each load pod, such as 500M (not on kind); empty: none",
    ...onClusters,
    read: parsed(parseBandwidth),
  },
} as const satisfies Record<string, SettingSpec>;
