/** Settings that are too many or too few for each other: backends, nodes, generators, names of images. Pure. */
import { chartImages } from "../../components/kubernetes/chartImages.ts";
import { images } from "../../components/kubernetes/versions.ts";
import { limits as netnsLimits } from "../../components/netns/addressPlan.ts";
import { gatewayApiLimits, wholeWeights } from "../../components/weights.ts";
import type { Known } from "./rules.ts";
import { parseDuration } from "../values.ts";

/** Servers beside the cluster, each on a port of its own. */
const serverPorts = 16;

export function countProblems(known: Known): string[] {
  return [
    ...backendProblems(known),
    ...(known.environment === "netns"
      ? []
      : [...generatorProblems(known), ...nodeProblems(known), ...imageProblems(known)]),
  ];
}

/** Nodes that a scenario needs on a cluster that it does not shape itself: a worker, and one for each egress gateway. */
export const nodesNeeded = ({
  scenario,
  gateways,
}: {
  readonly scenario: string;
  readonly gateways: number;
}): number => (scenario === "egress" ? 1 + gateways : 1);

function backendProblems({ environment, scenario, gateway, weights = [] }: Known): string[] {
  if (scenario !== "ingress") return [];
  const shown = `weights: ${weights.length} backends`;
  if (environment === "netns") {
    const most = netnsLimits.nodes - 1;
    return weights.length > most
      ? [`${shown}; netns has addresses for ${most}, each on a node of its own. Give at most ${most} weights.`]
      : [];
  }
  if (gateway === "direct") return [];
  const most = gatewayApiLimits.backends;
  const largest = Math.max(0, ...(weights.length === 0 ? [] : wholeWeights(weights)));
  return [
    ...(weights.length > most
      ? [
          `${shown}; a rule of the Gateway API splits over at most ${most} (backendRefs), whoever implements it. Give at most ${most} weights.`,
        ]
      : []),
    ...(largest > gatewayApiLimits.weight
      ? [
          `weights: "${weights.join("/")}" needs a weight of ${largest} as a whole number; the Gateway API takes at most ${gatewayApiLimits.weight}. Give fewer digits, or smaller numbers of the same proportion.`,
        ]
      : []),
  ];
}

function generatorProblems({ scenario, path, text }: Known): string[] {
  const generators = Number(text("parallelism"));
  if (scenario === "egress") {
    const gateways = Number(text("egress.gateways"));
    const all = generators * gateways;
    const each = gateways > 1 ? `${generators} for each of ${gateways} gateways are ${all}` : String(generators);
    const ip = text("egress.ip");
    return [
      ...(all > serverPorts
        ? [
            `parallelism: ${each}; the external server has ${serverPorts} ports. Set parallelism to at most ${Math.floor(serverPorts / gateways)}.`,
          ]
        : []),
      ...(path === "gateway" && gateways > 1 && ip !== ""
        ? [
            `egress.ip: ${ip} can be on one node only, and there are ${gateways} gateways. Leave it out, or set egress.gateways to 1.`,
          ]
        : []),
    ];
  }
  if (!(generators > 1)) return [];
  const placement =
    text("load.placement") === "inside"
      ? []
      : [
          `parallelism: ${generators} generators stand inside the cluster; outside there is one. Set load.placement to inside, or leave parallelism out.`,
        ];
  const shares = ["vus", "rate"].flatMap((name) => {
    const total = Number(text(name));
    return total > 0 && total < generators
      ? [
          `parallelism: ${generators} generators cannot share ${name} ${total}: each needs at least one. Set parallelism to at most ${total}, or raise ${name}.`,
        ]
      : [];
  });
  return [...placement, ...shares];
}

function nodeProblems({ environment, scenario = "", path, loadSeconds, text }: Known): string[] {
  const [nodes, gateways] = [Number(text("aks.nodes")), Number(text("egress.gateways"))];
  if (environment !== "aks" || !(nodes > 0)) return [];
  const needed = nodesNeeded({ scenario, gateways });
  const life = parseDuration(text("aks.timeToLive"));
  return [
    ...(nodes < needed
      ? [
          `aks.nodes: ${nodes}; egress needs ${needed}, a worker and ${gateways === 1 ? "a gateway node" : `${gateways} gateway nodes`}, on path ${path ?? "base"} too, so that both paths stand on the same cluster. Set aks.nodes to at least ${needed}.`,
        ]
      : []),
    ...(life !== undefined && loadSeconds !== undefined && loadSeconds + 1200 > life
      ? [
          `aks.timeToLive: ${text("aks.timeToLive")} is over before one load of ${Math.ceil(loadSeconds / 60)} min is, with some 20 min for the cluster. Set aks.timeToLive to more.`,
        ]
      : []),
  ];
}

/** Names that `images` may have. */
export const imageNames = [...Object.keys(images), ...Object.keys(chartImages)];

function imageProblems({ text }: Known): string[] {
  const given = text("images")
    .split(",")
    .map((part) => part.trim().split("=")[0] ?? "")
    .filter((name) => name !== "");
  const unknown = given.filter((name) => !imageNames.includes(name));
  const twice = given.filter((name, index) => given.indexOf(name) !== index);
  return [
    ...unknown.map((name) => `images: there is no image "${name}". Known: ${imageNames.join(", ")}.`),
    ...[...new Set(twice)].map((name) => `images: "${name}" is given twice. Leave one of the two out.`),
  ];
}
