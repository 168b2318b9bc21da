/** Whether the folder of charts, where there is one, holds all that the lab will ask of it. */
import { existsSync } from "node:fs";
import type { ClusterPlan } from "../../platform.ts";
import { chartSource, gatewayApiFile, gatewayApiVersion, type ChartName } from "../versions.ts";

export interface Extras {
  readonly monitoring: boolean;
  readonly grafana: boolean;
}

/** Charts that a lab installs, in the order in which it does. */
export function chartsOf(plan: ClusterPlan, { monitoring, grafana }: Extras): ChartName[] {
  const { kind, cni, gateway, loadBalancer } = plan;
  return [
    ...(kind.kind !== "existing" || kind.installCni ? [cni.name] : []),
    ...(gateway !== null && loadBalancer.kind === "metallb" ? (["metallb"] as const) : []),
    ...(gateway === "nginx" || gateway === "envoy" ? [gateway] : []),
    ...(monitoring ? (["prometheus"] as const) : []),
    ...(monitoring && grafana ? (["grafana"] as const) : []),
  ];
}

export function chartProblems(plan: ClusterPlan, extras: Extras): string[] {
  const folder = plan.sources.chartsFolder;
  if (folder === "") return [];
  if (!existsSync(folder)) return [`charts.folder: there is no folder ${folder}. Make it, or leave charts.folder out.`];
  const crds = gatewayApiVersion(plan);
  const { kind } = plan;
  const brings = crds !== null && (kind.kind !== "existing" || kind.installCni || kind.installCrds);
  return [
    ...chartsOf(plan, extras).flatMap((name) =>
      problem(() => chartSource(name, folder, name === plan.cni.name ? plan.cni.version : "")),
    ),
    ...(brings ? problem(() => gatewayApiFile(crds, folder)) : []),
  ];
}

function problem(find: () => unknown): string[] {
  try {
    find();
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
