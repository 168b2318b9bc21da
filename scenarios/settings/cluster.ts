/** Settings of every cluster: the cluster itself, images and charts, where the load stands, what watches it. */
import { z } from "zod";
import { parseAddress, parseCidr, parseImages, parseNamedAddresses, parseRange } from "../clusterValues.ts";
import { choice, clusters, flag, matching, parsed, whole, type SettingSpec } from "./spec.ts";

const onClusters = { environments: clusters } as const;

export const clusterSettings = {
  cniVersion: {
    type: "string",
    default: "",
    description: "Version of the CNI's chart; empty: the one that this project pins",
    ...onClusters,
    read: matching(/^$|^v?\d+\.\d+\.\d+([-+][\w.-]+)?$/, "must be a version such as 1.20.2, or empty"),
  },
  "load.placement": {
    type: "string",
    default: "",
    description:
      "Where the load stands: inside (a Job) or outside (a container beside the cluster; ingress only); empty: inside for egress, outside for ingress",
    ...onClusters,
    read: choice(["", "inside", "outside"]),
  },
  parallelism: {
    type: "integer",
    default: 1,
    description: "Load generators at the same time, spread over the nodes; each has a server port of its own (egress)",
    ...onClusters,
    read: whole(1, 64, "generators"),
  },
  "route.path": {
    type: "string",
    default: "/echo",
    description: "Path that the route matches and the load asks for",
    usedBy: ["ingress"],
    ...onClusters,
    read: matching(/^\/[\w./~-]*$/, "must be a path that starts with /, such as /echo"),
  },
  "backend.port": {
    type: "integer",
    default: 8080,
    description: "Port that the echo pods listen on",
    usedBy: ["ingress"],
    ...onClusters,
    read: whole(1024, 65_535, "port numbers"),
  },
  grafana: {
    type: "boolean",
    default: false,
    description: "Run Grafana with a dashboard of the lab beside Prometheus",
    ...onClusters,
    read: flag,
  },
  "pod.cidr": {
    type: "string",
    default: "10.244.0.0/16",
    description: "Addresses of the pods",
    environments: ["local", "aks"],
    read: parsed(parseCidr),
  },
  "service.cidr": {
    type: "string",
    default: "10.96.0.0/16",
    description: "Addresses of the services",
    environments: ["local", "aks"],
    read: parsed(parseCidr),
  },
  imagesMirror: {
    type: "string",
    default: "",
    description:
      "Registry that holds every image under its own path, such as registry.example.org/mirror; empty: each image's own registry",
    ...onClusters,
    read: matching(/^$|^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._/-]+)?$/i, "must be host[:port][/path], or empty"),
  },
  images: {
    type: "string",
    default: "",
    description:
      "Other images by name, separated by commas, such as k6=grafana/k6:2.3.0,iperf3=example.org/iperf3@sha256:…; names are in the README",
    ...onClusters,
    read: parsed(parseImages),
  },
  "charts.folder": {
    type: "string",
    default: "",
    description:
      "Folder with the charts as archives or folders (cilium-1.20.2.tgz, cilium/ …); empty: each chart's repository",
    ...onClusters,
    read: z.string(),
  },
  "kind.image": {
    type: "string",
    default: "",
    description: "Node image of kind with tag or digest; empty: the one that this project pins",
    environments: ["local"],
    read: matching(/^$|^[\w./:@-]+$/, "must be an image such as kindest/node:v1.36.4@sha256:…, or empty"),
  },
  "kind.name": {
    type: "string",
    default: "",
    description: "Name of the kind cluster; empty: ctl- and the lab's id",
    environments: ["local"],
    read: matching(/^$|^[a-z0-9][a-z0-9-]{0,39}$/, "must be up to 40 small letters, digits and dashes, or empty"),
  },
  "kind.workers": {
    type: "integer",
    default: 1,
    description: "Worker nodes of an egress cluster, which several generators (parallelism) are spread over",
    usedBy: ["egress"],
    environments: ["local"],
    read: whole(1, 16, "nodes"),
  },
  "server.placement": {
    type: "string",
    default: "container",
    description:
      "External server of egress: container (on the docker network) or host (the machine itself, as in the thesis)",
    usedBy: ["egress"],
    environments: ["local"],
    read: choice(["container", "host"]),
  },
  "server.address": {
    type: "string",
    default: "",
    description:
      "External server that runs iperf3 and the address service, for existing clusters; elsewhere only an example for `lab manifests`",
    usedBy: ["egress"],
    ...onClusters,
    read: parsed(parseAddress),
  },
  "loadBalancer.range": {
    type: "string",
    default: "",
    description:
      "Addresses for services of type LoadBalancer, such as 172.18.255.200-172.18.255.250; empty: a free range of the docker network (kind)",
    usedBy: ["ingress"],
    environments: ["local", "existing"],
    read: parsed(parseRange),
  },
  "loadBalancer.kind": {
    type: "string",
    default: "",
    description:
      "Who gives LoadBalancer addresses: metallb, cilium (LB-IPAM with L2 announcements), cloud (the cluster has its own); empty: cilium with the CNI cilium on kind, else metallb; cloud on aks and existing",
    usedBy: ["ingress"],
    ...onClusters,
    read: choice(["", "metallb", "cilium", "cloud"]),
  },
  "manifests.addresses": {
    type: "string",
    default: "",
    description:
      "For `lab manifests` alone, what only a cluster can tell: addresses of nodes by the plan's names, of the servers and of the load balancer, such as worker=172.18.0.3,gateway=172.18.0.4,other-server=172.18.0.9,balancer=172.18.255.200; empty: examples",
    ...onClusters,
    read: parsed(parseNamedAddresses),
  },
  "existing.kubeconfig": {
    type: "string",
    default: "",
    description: "Path of the kubeconfig; empty: KUBECONFIG, else ~/.kube/config",
    environments: ["existing"],
    read: z.string(),
  },
  "existing.context": {
    type: "string",
    default: "",
    description: "Context of the kubeconfig. Must be named: the current one changes behind a user's back",
    environments: ["existing"],
    read: z.string(),
  },
  "existing.installCni": {
    type: "boolean",
    default: false,
    description: "Install the CNI and the CRDs too; without it they must be there",
    environments: ["existing"],
    read: flag,
  },
  "existing.installCrds": {
    type: "boolean",
    default: false,
    description:
      "Install the CRDs of the Gateway API, of its controller and of MetalLB, and leave the CNI as it is; without it they must be there",
    usedBy: ["ingress"],
    environments: ["existing"],
    read: flag,
  },
  "existing.gatewayNode": {
    type: "string",
    default: "",
    description: "Node that becomes the egress gateway, or that the gateway is pinned to",
    environments: ["existing"],
    read: matching(/^$|^[a-z0-9][a-z0-9.-]{0,252}$/, "must be the name of a node, or empty"),
  },
} as const satisfies Record<string, SettingSpec>;
