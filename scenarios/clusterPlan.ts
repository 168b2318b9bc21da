/** Settings to the plan of a cluster: what the Kubernetes platform builds on. Pure. */
import type { PrecheckOptions } from "../components/kubernetes/precheck.ts";
import type { ClusterKind, ClusterPlan, EgressPolicyPlan } from "../components/platform.ts";
import type { Settings } from "./settings.ts";

/** null in netns, which has no cluster. */
export function clusterPlan(settings: Settings): ClusterPlan | null {
  const { environment, cni, scenario } = settings;
  if (environment === "netns" || cni === "kernel") return null;
  return {
    kind: clusterKind(settings, environment),
    cni: {
      name: cni,
      version: settings.cniVersion.replace(/^v/, ""),
      gatewayApi: scenario === "ingress" && settings.gateway === "cilium",
      egressGateway: scenario === "egress",
      bandwidth: scenario === "egress" && settings["egress.bandwidth"] !== null,
      excluded: scenario === "egress" ? settings["egress.excluded"] : [],
    },
    sources: {
      mirror: settings.imagesMirror,
      images: settings.images,
      chartsFolder: settings["charts.folder"],
    },
    podCidr: settings["pod.cidr"],
    serviceCidr: settings["service.cidr"],
    loadBalancer: { kind: loadBalancer(settings), range: settings["loadBalancer.range"] },
    gateway: scenario === "ingress" ? settings.gateway : null,
    serverAddress: settings["server.address"],
  };
}

function clusterKind(settings: Settings, environment: "local" | "aks" | "existing"): ClusterKind {
  switch (environment) {
    case "local":
      return {
        kind: "kind",
        name: settings["kind.name"],
        image: settings["kind.image"],
        server: settings["server.placement"],
      };
    case "aks":
      return {
        kind: "aks",
        location: settings["aks.location"],
        vmSize: settings["aks.vmSize"],
        nodes: settings["aks.nodes"],
        dnsPrefix: settings["aks.dnsPrefix"],
        kubernetesVersion: settings["aks.kubernetesVersion"],
        sshPublicKey: settings["aks.sshPublicKey"],
        authorized: settings["aks.authorizedRanges"],
        owner: settings["aks.owner"],
        timeToLiveSeconds: settings["aks.timeToLive"],
        serverVmSize: settings["aks.serverVmSize"],
        removeKubeProxy: settings["aks.removeKubeProxy"],
      };
    case "existing":
      return {
        kind: "existing",
        kubeconfig: settings["existing.kubeconfig"],
        context: settings["existing.context"],
        installCni: settings["existing.installCni"],
        installCrds: settings["existing.installCrds"],
        gatewayNode: settings["existing.gatewayNode"],
      };
  }
}

function loadBalancer({ environment, cni, ...settings }: Settings): ClusterPlan["loadBalancer"]["kind"] {
  const named = settings["loadBalancer.kind"];
  if (named !== "") return named;
  if (environment !== "local") return "cloud";
  return cni === "cilium" ? "cilium" : "metallb";
}

/** What the egress policy says beyond pods and node. */
export function egressPolicy(settings: Settings): EgressPolicyPlan {
  return {
    address: settings["egress.address"],
    pool: settings["egress.pool"],
    interface: settings["egress.interface"],
    ip: settings["egress.ip"],
    destinations: settings["egress.destinations"],
    excluded: settings["egress.excluded"],
    podSelector: settings["egress.podSelector"],
    namespaceSelector: settings["egress.namespaceSelector"],
    bandwidth: settings["egress.bandwidth"],
  };
}

/** What is looked at before a cluster is made, beside its plan. */
export function precheckOptions(settings: Settings): PrecheckOptions {
  const { scenario, path, monitoring, grafana, cni } = settings;
  const pool = settings["egress.pool"];
  return {
    outside: settings["load.placement"] === "outside",
    extras: { monitoring, grafana },
    egress:
      scenario === "egress"
        ? {
            path,
            gateways: settings["egress.gateways"],
            pool: cni !== "antrea" || pool === null ? "" : "cidr" in pool ? pool.cidr : `${pool.start}-${pool.end}`,
            destinations: cni === "cilium" ? settings["egress.destinations"] : [],
          }
        : null,
  };
}
