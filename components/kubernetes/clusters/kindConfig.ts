/** What kind is told about a cluster. Pure. */
import type { CniPlan, NetworkPlan } from "../../platform.ts";

/** Label that gives a node the plan's name for it. */
export const nodeLabel = "cni-traffic-lab/node";
/** Label of nodes that traffic may leave the cluster by. */
export const egressNodeLabel = "cni-traffic-lab/egress";

export interface KindNode {
  readonly role: "control-plane" | "worker";
  readonly labels: Readonly<Record<string, string>>;
}

/** As `kind.x-k8s.io/v1alpha4` has it. */
export interface KindConfig {
  readonly kind: "Cluster";
  readonly apiVersion: "kind.x-k8s.io/v1alpha4";
  readonly networking: {
    readonly disableDefaultCNI: true;
    readonly kubeProxyMode: "none" | "iptables";
    readonly podSubnet: string;
    readonly serviceSubnet: string;
  };
  readonly nodes: readonly KindNode[];
  readonly kubeadmConfigPatches?: readonly string[];
}

/** Workers of an ingress cluster: more backends than these share them. */
const ingressWorkers = 2;

/** Whether kube-proxy is left out because the CNI does its work. */
export const replacesKubeProxy = (cni: CniPlan["name"]): boolean => cni === "cilium";

/**
 * A cluster for a network's plan: its control plane, its workers (at most two where backends are spread over them) and its
 * egress nodes. The CNI comes later, so no node is ready before.
 */
export function kindConfig(
  plan: Pick<NetworkPlan, "nodes" | "controlPlane" | "egressNodes">,
  { cni, podCidr, serviceCidr }: { cni: CniPlan["name"]; podCidr: string; serviceCidr: string },
): KindConfig {
  const others = plan.nodes.filter((name) => name !== plan.controlPlane);
  const workers = others.filter((name) => !plan.egressNodes.includes(name));
  const kept = plan.egressNodes.length > 0 ? workers : workers.slice(0, ingressWorkers);
  const node = (role: KindNode["role"], name: string): KindNode => ({
    role,
    labels: { [nodeLabel]: name, ...(plan.egressNodes.includes(name) ? { [egressNodeLabel]: name } : {}) },
  });
  return {
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    networking: {
      disableDefaultCNI: true,
      kubeProxyMode: replacesKubeProxy(cni) ? "none" : "iptables",
      podSubnet: podCidr,
      serviceSubnet: serviceCidr,
    },
    nodes: [
      node("control-plane", plan.controlPlane),
      ...[...kept, ...plan.egressNodes].map((name) => node("worker", name)),
    ],
  };
}

/** On a host with cgroup v1 the kubelet refuses to start unless told otherwise. */
export const cgroupV1Patch = "kind: KubeletConfiguration\nfailCgroupV1: false\n";

/** Number of nodes that will be there. */
export const nodeCount = (config: KindConfig): number => config.nodes.length;
