/** Settings that are each right and together impossible: which CNI, gateway and environment go together, and why not. Pure. */
import { addressProblems } from "./addressRules.ts";
import { countProblems } from "./countRules.ts";
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

/** Who can give LoadBalancer addresses, by environment. */
const balancersOf: Readonly<Record<Exclude<EnvironmentName, "netns">, readonly string[]>> = {
  local: ["metallb", "cilium"],
  aks: ["cloud"],
  existing: ["cloud", "metallb", "cilium"],
};

const whyNoBalancer: Readonly<Record<string, string>> = {
  "local cloud": "kind has no load balancer of its own",
  "aks metallb": "Azure's network drops addresses that it has not given to a machine",
  "aks cilium": "Azure's network drops addresses that it has not given to a machine",
};

/** What was read of the settings that rules look at; absent ones were wrong by themselves. */
export interface Combined {
  readonly environment?: EnvironmentName;
  readonly scenario?: string;
  readonly cni?: CniName;
  readonly gateway?: string;
  readonly path?: string;
  readonly weights?: readonly number[];
  /** Length of one run's load. */
  readonly loadSeconds?: number;
  /** A setting's text, its default when it was not given. */
  readonly text: (name: string) => string;
}

/** The same when it is known where the lab lives and what is under test. */
export type Known = Combined & { readonly environment: EnvironmentName; readonly cni: CniName };

/** One sentence for each impossible combination: what, why, what is allowed, the remedy. */
export function combinationProblems(combined: Combined): string[] {
  const { environment, cni } = combined;
  if (environment === undefined || cni === undefined) return [];
  const known = { ...combined, environment, cni };
  return [
    ...pairProblems(known),
    ...countProblems(known),
    ...(environment === "netns"
      ? []
      : [
          ...balancerProblems(known, environment),
          ...egressProblems(known),
          ...existingProblems(known),
          ...addressProblems(known),
        ]),
  ];
}

function pairProblems({ environment, scenario, cni, gateway }: Known): string[] {
  if (!cnisOf[environment].includes(cni)) {
    return [
      `cni: "${cni}" does not run in ${environment}. Set cni to ${cnisOf[environment].join(" or ")}, or choose another environment.`,
    ];
  }
  return scenario === "ingress" && gateway !== undefined && !gatewaysOf[cni].includes(gateway)
    ? [
        `gateway: "${gateway}" does not go with the CNI ${cni}: ${whyNot[`${cni} ${gateway}`] ?? "it cannot split its traffic"}. Set gateway to ${gatewaysOf[cni].join(", ")}, or choose another cni.`,
      ]
    : [];
}

function balancerProblems(
  { scenario, cni, text }: Known,
  environment: Exclude<EnvironmentName, "netns">,
): readonly string[] {
  const kind = text("loadBalancer.kind");
  if (scenario !== "ingress" || kind === "") return [];
  const allowed = balancersOf[environment].filter((one) => one !== "cilium" || cni === "cilium");
  if (!allowed.includes(kind)) {
    const why =
      whyNoBalancer[`${environment} ${kind}`] ?? "LB-IPAM and its L2 announcements are parts of the CNI cilium";
    return [
      `loadBalancer.kind: "${kind}" does not go with ${environment} and ${cni}: ${why}. Set loadBalancer.kind to ${allowed.join(" or ")}, or leave it out.`,
    ];
  }
  const range = environment === "existing" && kind !== "cloud" && text("loadBalancer.range") === "";
  const [, minor = ""] = /^v?1\.(\d+)\./.exec(text("cniVersion")) ?? [];
  return [
    ...(range
      ? [
          `loadBalancer.range: "" must name free addresses of the nodes' network, since loadBalancer.kind is ${kind}. Set it with -c loadBalancer.range=first-last.`,
        ]
      : []),
    ...(kind === "cilium" && minor !== "" && Number(minor) < 18
      ? [
          `loadBalancer.kind: cilium needs Cilium 1.18 or newer (CiliumLoadBalancerIPPool v2); cniVersion is ${text("cniVersion")}. Set loadBalancer.kind to metallb, or a newer cniVersion.`,
        ]
      : []),
  ];
}

function egressProblems({ environment, scenario, cni, path, text }: Known): string[] {
  if (scenario !== "egress") return [];
  const problems: string[] = [];
  const pool = text("egress.address") === "pool";
  if (pool && cni === "cilium") {
    problems.push(
      "egress.address: pool is Antrea's ExternalIPPool; Cilium takes an address of the gateway node. Set egress.address to node, or cni to antrea.",
    );
  } else if (pool && environment === "aks") {
    problems.push(
      "egress.address: pool does not work in Azure, whose network drops addresses that it has not given to a machine. Set egress.address to node.",
    );
  } else if (pool && environment === "existing" && path === "gateway" && text("egress.pool") === "") {
    problems.push(
      'egress.pool: "" must name free addresses of the nodes\' network, since egress.address is pool. Set it with -c egress.pool=first-last.',
    );
  }
  if (!pool && cni === "antrea" && text("egress.pool") !== "") {
    problems.push(
      `egress.pool: "${text("egress.pool")}" is used by no one: egress.address is ${text("egress.address")}. Set egress.address to pool, or leave egress.pool out.`,
    );
  }
  if (text("egress.interface") !== "" && text("egress.ip") !== "") {
    problems.push("egress.ip: with egress.interface too, Cilium ignores the policy. Leave one of the two out.");
  }
  if (text("load.placement") === "outside") {
    problems.push(
      "load.placement: outside is for ingress; egress leaves from a pod. Set it to inside, or leave it out.",
    );
  }
  return [...problems, ...bandwidthProblems({ environment, cni, text })];
}

/** Cilium paces a pod, Antrea polices an address: what they must be told differs, and where they can do it. */
function bandwidthProblems({ environment, cni, text }: Pick<Known, "environment" | "cni" | "text">): string[] {
  const given = text("egress.bandwidth");
  if (given === "") return [];
  const hasBurst = given.includes("/");
  if (cni === "cilium" && environment === "local") {
    return [
      `egress.bandwidth: ${given} cannot be held to by Cilium on kind: its bandwidth manager writes /proc/sys/net/core, which kind's nodes do not have, and turns itself off. Leave it out, set cni to antrea, or use another environment.`,
    ];
  }
  if (cni === "cilium" && hasBurst) {
    return [
      `egress.bandwidth: ${given} has a burst; Cilium paces each pod's packets and knows none. Give the rate alone: ${given.split("/")[0] ?? ""}.`,
    ];
  }
  return cni === "antrea" && !hasBurst
    ? [`egress.bandwidth: ${given} has no burst, without which Antrea takes no limit. Give both, such as ${given}/50M.`]
    : [];
}

function existingProblems({ environment, scenario, path, text }: Known): string[] {
  if (environment !== "existing") return [];
  const needed: readonly (readonly [string, boolean, string])[] = [
    ["existing.context", true, "must name a context: kubectl config get-contexts lists them"],
    [
      "server.address",
      scenario === "egress",
      "must name a machine outside the cluster that runs iperf3 and the address service",
    ],
    [
      "existing.gatewayNode",
      scenario === "egress" && path === "gateway",
      "must name the node that becomes the egress gateway",
    ],
  ];
  return needed
    .filter(([name, isNeeded]) => isNeeded && text(name) === "")
    .map(([name, , must]) => `${name}: "" ${must}. Set it with -c ${name}=….`);
}
