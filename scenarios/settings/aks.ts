/** Settings of Azure: the cluster, who may reach it, how long it may live, what it costs. */
import { parseAuthorized } from "../clusterValues.ts";
import { duration, flag, matching, parsed, whole, type SettingSpec } from "./spec.ts";

const onAks = { environments: ["aks"] } as const;

export const aksSettings = {
  "aks.location": {
    type: "string",
    default: "westeurope",
    description: "Azure region",
    ...onAks,
    read: matching(/^[a-z0-9]{3,40}$/, "must be the name of a region such as westeurope"),
  },
  "aks.vmSize": {
    type: "string",
    default: "Standard_A2_v2",
    description:
      "Size of the nodes. The default is the thesis'; Standard_D4s_v5 is better: A2_v2 is at the minimum of a system pool and its network is weak",
    ...onAks,
    read: matching(/^Standard_[A-Za-z0-9_-]{2,40}$/, "must be the name of a size such as Standard_D4s_v5"),
  },
  "aks.nodes": {
    type: "integer",
    default: 2,
    description: "Nodes of the pool agentpool",
    ...onAks,
    read: whole(1, 100, "nodes"),
  },
  "aks.dnsPrefix": {
    type: "string",
    default: "",
    description: "First part of the API server's name; empty: made from the stack, with a random end",
    ...onAks,
    read: matching(
      /^$|^[a-zA-Z0-9]([a-zA-Z0-9-]{0,51}[a-zA-Z0-9])?$/,
      "must be up to 53 letters, digits and dashes, no dash at an end, or empty",
    ),
  },
  "aks.kubernetesVersion": {
    type: "string",
    default: "1.36",
    description: "Kubernetes version; Azure takes its newest patch",
    ...onAks,
    read: matching(/^1\.\d{2}(\.\d+)?$/, "must be a version such as 1.36"),
  },
  "aks.sshPublicKey": {
    type: "string",
    default: "",
    description: "Public SSH key of the nodes; empty: a pair is generated and kept in the state as a secret",
    ...onAks,
    read: matching(/^$|^(ssh-(rsa|ed25519)|ecdsa-sha2-\S+) \S+/, "must be the text of a public key, or empty"),
  },
  "aks.authorizedRanges": {
    type: "string",
    default: "",
    description:
      "CIDRs that may reach the API server and the gateway, separated by commas; empty: only this machine's public address; any: everybody",
    ...onAks,
    read: parsed(parseAuthorized),
  },
  "aks.owner": {
    type: "string",
    default: "",
    description: "Tag `owner` of everything in Azure; empty: the user's name",
    ...onAks,
    read: matching(/^[\w.@ -]{0,64}$/, "must be up to 64 letters, digits, spaces, dots, dashes or @"),
  },
  "aks.timeToLive": {
    type: "string",
    default: "8h",
    description: "After this time `lab sweep` removes the resource group",
    ...onAks,
    read: duration(1_800, 30 * 86_400),
  },
  "aks.serverVmSize": {
    type: "string",
    default: "Standard_D2s_v5",
    description: "Size of the virtual machine that is the external server of egress",
    usedBy: ["egress"],
    ...onAks,
    read: matching(/^Standard_[A-Za-z0-9_-]{2,40}$/, "must be the name of a size such as Standard_D2s_v5"),
  },
  "aks.removeKubeProxy": {
    type: "boolean",
    default: false,
    description:
      "Turn kube-proxy off through the Azure CLI (a preview feature of AKS); else it stays beside the CNI's own",
    ...onAks,
    read: flag,
  },
  "aks.pricePerNodeHour": {
    type: "string",
    default: "",
    description: "Price of one node for one hour with its currency, such as 0.20 EUR: `lab plan` computes with it",
    ...onAks,
    read: matching(/^$|^\d+(\.\d+)? ?[A-Z]{3}$/, "must be a number and a currency, such as 0.20 EUR, or empty"),
  },
  "aks.pricePerServerHour": {
    type: "string",
    default: "",
    description: "Price of the external server for one hour with its currency, such as 0.10 EUR",
    usedBy: ["egress"],
    ...onAks,
    read: matching(/^$|^\d+(\.\d+)? ?[A-Z]{3}$/, "must be a number and a currency, such as 0.10 EUR, or empty"),
  },
} as const satisfies Record<string, SettingSpec>;
