/** Cilium's chart: what its values are on each kind of cluster. Pure but for the component's part in cni.ts. */
import type { ClusterPlan } from "../../platform.ts";
import { replacement, type ChartImage } from "../chartImages.ts";
import type { CniSpec } from "../cni.ts";

export const cilium: CniSpec = {
  chart: "cilium",
  release: "cilium",
  namespace: "kube-system",
  workloads: ({ gatewayApi }) => [
    { kind: "DaemonSet", namespace: "kube-system", name: "cilium" },
    { kind: "Deployment", namespace: "kube-system", name: "cilium-operator" },
    ...(gatewayApi ? [{ kind: "DaemonSet" as const, namespace: "kube-system", name: "cilium-envoy" }] : []),
  ],
  // The operator makes them when it starts; the chart has none.
  crds: ({ egressGateway }) => [
    "ciliumnodes.cilium.io",
    "ciliumnetworkpolicies.cilium.io",
    ...(egressGateway ? ["ciliumegressgatewaypolicies.cilium.io"] : []),
  ],
  values: (plan, { host, port }) => {
    const { cni, kind, podCidr } = plan;
    const onAks = kind.kind === "aks";
    return {
      ...(host === null ? {} : { k8sServiceHost: host, k8sServicePort: port }),
      image: { pullPolicy: "IfNotPresent", ...image("cilium", plan) },
      operator: {
        replicas: 1,
        image: image("cilium-operator", plan, "-generic"),
        prometheus: { enabled: true },
      },
      kubeProxyReplacement: true,
      // Azure routes nothing for us: addresses come from Cilium's own pool and travel in a tunnel.
      ...(onAks
        ? { aksbyocni: { enabled: true }, ipam: { operator: { clusterPoolIPv4PodCIDRList: [podCidr] } } }
        : { ipam: { mode: "kubernetes" }, routingMode: "tunnel", tunnelProtocol: "vxlan" }),
      enableIPv4Masquerade: true,
      bpf: { masquerade: true },
      egressGateway: { enabled: cni.egressGateway },
      ...(cni.bandwidth ? { bandwidthManager: { enabled: true } } : {}),
      // Without a Gateway nothing needs the L7 proxy, and its image.
      l7Proxy: cni.gatewayApi,
      envoy: cni.gatewayApi
        ? {
            enabled: true,
            image: image("cilium-envoy", plan),
            prometheus: { enabled: true },
            // The default circuit breakers of 1024 are what a load of 1,000 users would measure.
            clusterMaxConnections: 100_000,
            clusterMaxRequests: 100_000,
            clusterMaxPendingRequests: 100_000,
          }
        : { enabled: false },
      gatewayAPI: { enabled: cni.gatewayApi, ...(cni.gatewayApi ? { gatewayClass: { create: "true" } } : {}) },
      l2announcements: { enabled: plan.loadBalancer.kind === "cilium" },
      // Leases of the announcements are requests too.
      ...(plan.loadBalancer.kind === "cilium" ? { k8sClientRateLimit: { qps: 20, burst: 40 } } : {}),
      prometheus: { enabled: true },
      hubble: { enabled: false },
    };
  },
};

/** The operator's image has the cloud's name as a suffix, which an override must hold itself. */
function image(name: ChartImage, { sources }: ClusterPlan, suffix = ""): object {
  const other = replacement(name, sources);
  if (other === undefined) return {};
  if (other.reference !== undefined) return { override: other.reference, useDigest: false };
  const repository = other.repository;
  return { repository: suffix === "" ? repository : repository.replace(new RegExp(`${suffix}$`), "") };
}
