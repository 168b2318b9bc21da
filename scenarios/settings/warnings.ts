/** What is allowed and will surprise: said before anything is made, once. Pure. */
import { sizeWarning } from "../../components/kubernetes/clusters/aksPlan.ts";
import { inexactWeights } from "../../components/weights.ts";
import type { CniName, EnvironmentName, ScenarioName } from "./spec.ts";

export interface Chosen {
  readonly environment: EnvironmentName;
  readonly scenario: ScenarioName;
  readonly cni: CniName;
  readonly gateway: string;
  readonly path: string;
  readonly weights: readonly number[];
  readonly vmSize: string;
  readonly nodes: number;
}

/** One sentence each; the first word is the setting. */
export function warningsOf(chosen: Chosen): string[] {
  const { environment, scenario, cni, gateway, path, weights, vmSize, nodes } = chosen;
  const named = weights.map((weight, index) => ({ name: `echo-${index + 1}`, weight }));
  const size = environment === "aks" ? sizeWarning({ vmSize }) : undefined;
  return [
    ...(scenario === "ingress" && gateway === "nginx" ? inexactWeights(named) : []),
    ...(size === undefined ? [] : [size]),
    ...(environment === "aks" && scenario === "egress" && path === "gateway" && cni === "cilium"
      ? ["path: Cilium's egress gateway on AKS has an unresolved report (cilium#28422): experimental, watch the proof."]
      : []),
    ...(environment === "aks" && scenario === "ingress" && nodes < 2
      ? ["aks.nodes: on one node all echo pods and the gateway share its CPU; the thesis had 2."]
      : []),
  ];
}
