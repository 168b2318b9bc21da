/** Antrea's chart: what its values are on each kind of cluster. Needs the kernel module openvswitch on the nodes. */
import type { ClusterPlan } from "../../platform.ts";
import { replacement, tagOf, type ChartImage } from "../chartImages.ts";
import type { CniSpec } from "../cni.ts";
import { charts } from "../versions.ts";

export const antrea: CniSpec = {
  chart: "antrea",
  release: "antrea",
  namespace: "kube-system",
  workloads: () => [
    { kind: "DaemonSet", namespace: "kube-system", name: "antrea-agent" },
    { kind: "Deployment", namespace: "kube-system", name: "antrea-controller" },
  ],
  crds: () => ["egresses.crd.antrea.io", "externalippools.crd.antrea.io", "networkpolicies.crd.antrea.io"],
  values: (plan, { host, port }) => ({
    agentImage: image("antrea-agent", plan),
    controllerImage: image("antrea-controller", plan),
    trafficEncapMode: "encap",
    tunnelType: "geneve",
    // Its Egress has no destinations: what is left out is left out for the whole cluster.
    ...(plan.cni.excluded.length > 0 ? { egress: { exceptCIDRs: [...plan.cni.excluded] } } : {}),
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

function image(name: ChartImage, plan: ClusterPlan): object {
  const own = `v${plan.cni.version === "" ? charts.antrea.version : plan.cni.version}`;
  const other = replacement(name, plan.sources);
  return other === undefined ? {} : { repository: other.repository, tag: tagOf(other, own) ?? own };
}
