/** Antrea's chart: what its values are on each kind of cluster. Needs the kernel module openvswitch on the nodes. */
import type { ClusterPlan } from "../../platform.ts";
import { replacement, type ChartImage } from "../chartImages.ts";
import type { CniSpec } from "../cni.ts";

export const antrea: CniSpec = {
  chart: "antrea",
  release: "antrea",
  namespace: "kube-system",
  workloads: () => [
    { kind: "DaemonSet", namespace: "kube-system", name: "antrea-agent" },
    { kind: "Deployment", namespace: "kube-system", name: "antrea-controller" },
  ],
  crds: () => ["egresses.crd.antrea.io", "externalippools.crd.antrea.io"],
  values: (plan, { host, port }) => ({
    agentImage: image("antrea-agent", plan),
    controllerImage: image("antrea-controller", plan),
    trafficEncapMode: "encap",
    tunnelType: "geneve",
    featureGates: { Egress: true, ...(plan.cni.bandwidth ? { EgressTrafficShaping: true } : {}) },
    // proxyAll does kube-proxy's work where there is none.
    antreaProxy: { enable: true, proxyAll: host !== null },
    ...(host === null ? {} : { kubeAPIServerOverride: `https://${host}:${port}` }),
    // Azure hands out no pod addresses to a cluster without a network plugin.
    ...(plan.kind.kind === "aks" ? { nodeIPAM: { enable: true, clusterCIDRs: [plan.podCidr] } } : {}),
    agent: { enablePrometheusMetrics: true },
    controller: { enablePrometheusMetrics: true },
  }),
};

function image(name: ChartImage, { sources }: ClusterPlan): object {
  const other = replacement(name, sources);
  if (other === undefined) return {};
  return { repository: other.repository, ...(other.tag === undefined ? {} : { tag: other.tag }) };
}
