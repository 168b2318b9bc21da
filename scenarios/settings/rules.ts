/** Settings that are each right and together impossible: which CNI, gateway and environment go together, and why not. Pure. */
import { cidrRange } from "../clusterValues.ts";
import type { CniName, EnvironmentName } from "./spec.ts";

/** Network plugins by environment; the first is taken when none is named. */
export const cnisOf: Readonly<Record<EnvironmentName, readonly [CniName, ...CniName[]]>> = {
  netns: ["kernel"],
  local: ["cilium", "antrea"],
  aks: ["cilium", "antrea"],
  existing: ["cilium", "antrea"],
};

/** Gateways by network plugin. */
export const gatewaysOf: Readonly<Record<CniName, readonly string[]>> = {
  kernel: ["nginx", "envoy", "direct"],
  cilium: ["cilium", "nginx", "envoy", "direct"],
  antrea: ["nginx", "envoy", "direct"],
};

const whyNot: Readonly<Record<string, string>> = {
  "antrea cilium": "Cilium's Gateway is part of the CNI cilium and Antrea has no Gateway API of its own",
  "kernel cilium": "Cilium's Gateway is part of the CNI cilium, which needs a cluster",
};

/** What was read of the settings that rules look at; absent ones were wrong by themselves. */
export interface Combined {
  readonly environment?: EnvironmentName;
  readonly scenario?: string;
  readonly cni?: CniName;
  readonly gateway?: string;
  readonly path?: string;
  readonly text: (name: string) => string;
}

/** One sentence for each impossible combination: what, why, what is allowed, the remedy. */
export function combinationProblems({ environment, scenario, cni, gateway, path, text }: Combined): string[] {
  if (environment === undefined || cni === undefined) return [];
  const problems: string[] = [];
  const cluster = environment !== "netns";
  if (!cnisOf[environment].includes(cni)) {
    problems.push(
      `cni: "${cni}" does not run in ${environment}. Set cni to ${cnisOf[environment].join(" or ")}, or choose another environment.`,
    );
  } else if (scenario === "ingress" && gateway !== undefined && !gatewaysOf[cni].includes(gateway)) {
    problems.push(
      `gateway: "${gateway}" does not go with the CNI ${cni}: ${whyNot[`${cni} ${gateway}`] ?? "it cannot split its traffic"}. Set gateway to ${gatewaysOf[cni].join(", ")}, or choose another cni.`,
    );
  }
  if (!cluster) return problems;
  if (text("egress.address") === "pool" && cni === "cilium" && scenario === "egress") {
    problems.push(
      "egress.address: pool is Antrea's ExternalIPPool; Cilium takes an address of the gateway node. Set egress.address to node, or cni to antrea.",
    );
  }
  if (text("egress.interface") !== "" && text("egress.ip") !== "") {
    problems.push("egress.ip: with egress.interface too, Cilium ignores the policy. Leave one of the two out.");
  }
  if (scenario === "egress" && text("load.placement") === "outside") {
    problems.push(
      "load.placement: outside is for ingress; egress leaves from a pod. Set it to inside, or leave it out.",
    );
  }
  const generators = Number(text("parallelism"));
  if (scenario === "ingress" && generators > 1) {
    if (text("load.placement") !== "inside") {
      problems.push(
        `parallelism: ${generators} generators stand inside the cluster; outside there is one. Set load.placement to inside, or leave parallelism out.`,
      );
    }
    for (const name of ["vus", "rate"]) {
      const total = Number(text(name));
      if (total > 0 && total < generators) {
        problems.push(
          `parallelism: ${generators} generators cannot share ${name} ${total}: each needs at least one. Set parallelism to at most ${total}, or raise ${name}.`,
        );
      }
    }
  }
  if (scenario === "egress" && generators > 16) {
    problems.push(`parallelism: ${generators}; the external server has 16 ports. Set parallelism to at most 16.`);
  }
  if (environment === "existing" && text("existing.context") === "") {
    problems.push(
      'existing.context: "" must name a context: kubectl config get-contexts lists them. Set it with -c existing.context=….',
    );
  }
  if (environment === "existing" && scenario === "egress" && text("server.address") === "") {
    problems.push(
      'server.address: "" must name a machine outside the cluster that runs iperf3 and the address service. Set it with -c server.address=….',
    );
  }
  if (
    environment === "existing" &&
    path === "gateway" &&
    scenario === "egress" &&
    text("existing.gatewayNode") === ""
  ) {
    problems.push(
      'existing.gatewayNode: "" must name the node that becomes the egress gateway. Set it with -c existing.gatewayNode=….',
    );
  }
  const [pods, services] = [cidrRange(text("pod.cidr")), cidrRange(text("service.cidr"))];
  if (pods !== undefined && services !== undefined && pods.first <= services.last && services.first <= pods.last) {
    problems.push(
      `service.cidr: ${text("service.cidr")} overlaps pod.cidr ${text("pod.cidr")}. Set one of them to another range.`,
    );
  }
  return problems;
}
