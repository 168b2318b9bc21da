/** Address ranges that are in each other's way. What only Docker or a cluster knows is looked at by the precheck. Pure. */
import { addressRange, cidrRange, overlap, within } from "../../components/addresses.ts";
import { aksNetwork, forbiddenRanges } from "../../components/kubernetes/clusters/aksPlan.ts";
import { nodesNeeded } from "./countRules.ts";
import type { Known } from "./rules.ts";

/** Ranges that no pod, service or pool can have: this network, loopback, link-local, multicast and reserved (RFC 6890). */
const reserved = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"];

/** Prefix of the part of `pod.cidr` that each node gets: Kubernetes', Cilium's and Antrea's default. */
const nodePrefix = 24;
/** Smallest and largest prefix of `service.cidr`: the API server takes no larger range, and DNS has its tenth address. */
const servicePrefixes = { least: 12, most: 28 } as const;

interface Named {
  readonly name: string;
  readonly text: string;
}

export function addressProblems(known: Known): string[] {
  return [
    ...(known.environment === "existing" ? [] : clusterProblems(known)),
    ...(known.scenario === "egress" && known.path === "gateway" ? steeringProblems(known) : []),
  ];
}

/** Ranges of the cluster: against each other, against what is forbidden, and large enough. */
function clusterProblems({ environment, scenario = "", cni, text }: Known): string[] {
  const given = (name: string): Named[] => (addressRange(text(name)) === undefined ? [] : [{ name, text: text(name) }]);
  const own = [...given("pod.cidr"), ...given("service.cidr")];
  const pools = [
    ...(scenario === "egress" && cni === "antrea" ? given("egress.pool") : []),
    ...(scenario === "ingress" && environment === "local" ? given("loadBalancer.range") : []),
  ];
  const all = [...own, ...pools];
  const clashes = all.flatMap((one, index) =>
    all
      .slice(0, index)
      .filter((other) => overlap(one.text, other.text))
      .map(
        (other) => `${one.name}: ${one.text} overlaps ${other.name} ${other.text}. Set one of them to another range.`,
      ),
  );
  const forbidden: readonly (readonly [string, string])[] =
    environment === "aks"
      ? [
          ...forbiddenRanges.map((range) => [range, "which AKS forbids"] as const),
          [aksNetwork.space, "the lab's virtual network in Azure"],
        ]
      : [];
  const taken = all.flatMap(({ name, text: range }) =>
    [...reserved.map((one) => [one, "which is reserved (RFC 6890)"] as const), ...forbidden]
      .filter(([one], index, list) => list.findIndex(([other]) => other === one) === index && overlap(range, one))
      .map(([one, what]) => `${name}: ${range} overlaps ${one}, ${what}. Set ${name} to another range.`),
  );
  return [...clashes, ...taken, ...sizeProblems({ environment, scenario, text })];
}

function sizeProblems({ environment, scenario = "", text }: Pick<Known, "environment" | "scenario" | "text">) {
  const prefixOf = (name: string): number | undefined =>
    cidrRange(text(name)) === undefined ? undefined : Number(text(name).split("/")[1]);
  const [pods, services] = [prefixOf("pod.cidr"), prefixOf("service.cidr")];
  // kind: a control plane and the nodes of the scenario, two workers for ingress.
  const more = Number(text("kind.workers")) - 1;
  const needed = nodesNeeded({ scenario, gateways: Number(text("egress.gateways")) }) + more;
  const nodes = environment === "aks" ? Number(text("aks.nodes")) : 1 + (scenario === "ingress" ? 2 : needed);
  const room = pods === undefined ? Infinity : Math.floor(2 ** (nodePrefix - pods));
  const { least, most } = servicePrefixes;
  return [
    ...(room < nodes
      ? [
          `pod.cidr: ${text("pod.cidr")} has room for ${room} of ${nodes} nodes, each takes a /${nodePrefix}. Set pod.cidr to a larger range, such as 10.244.0.0/16.`,
        ]
      : []),
    ...(services !== undefined && (services < least || services > most)
      ? [
          `service.cidr: ${text("service.cidr")} must have a prefix from /${least} to /${most}. Set it to such a range, for example 10.96.0.0/16.`,
        ]
      : []),
  ];
}

/** What an egress policy says of destinations: whether it can mean anything, and whether the measured server is among them. */
function steeringProblems({ environment, cni, text }: Known): string[] {
  const listOf = (name: string): string[] =>
    text(name)
      .split(",")
      .map((part) => part.trim())
      .filter((part) => cidrRange(part) !== undefined);
  const destinations = cni === "cilium" ? listOf("egress.destinations") : [];
  const excluded = listOf("egress.excluded");
  const server = environment === "aks" ? aksNetwork.serverAddress : text("server.address");
  const isKnown = environment === "aks" || environment === "existing";
  const inside = ["pod.cidr", "service.cidr"].filter(() => environment !== "existing");
  const problems: string[] = [];
  for (const one of destinations) {
    const own = inside.find((name) => within(one, text(name)));
    if (own !== undefined) {
      problems.push(
        `egress.destinations: ${one} is inside ${own} ${text(own)}; what stays in the cluster is never steered. Give destinations outside it.`,
      );
    }
    const all = excluded.find((other) => within(one, other));
    if (all !== undefined) {
      problems.push(
        `egress.excluded: ${all} takes away all of egress.destinations ${one}. Leave one of the two out, or make it smaller.`,
      );
    }
  }
  if (cni === "cilium") {
    const steered = destinations.length > 0 ? destinations : isKnown && server !== "" ? [`${server}/32`] : null;
    for (const one of steered === null ? [] : excluded.filter((other) => !steered.some((to) => overlap(other, to)))) {
      problems.push(
        `egress.excluded: ${one} is in none of ${destinations.length > 0 ? `egress.destinations ${destinations.join(", ")}` : "the steered destinations (the server alone)"}: it excludes nothing. Leave it out, or widen egress.destinations.`,
      );
    }
  }
  if (isKnown && addressRange(server) !== undefined) {
    if (destinations.length > 0 && !destinations.some((one) => within(server, one))) {
      problems.push(
        `egress.destinations: ${destinations.join(", ")} leaves out the measured server ${server}: nothing that is measured would be steered. Add ${server}/32.`,
      );
    }
    const hides = excluded.find((one) => within(server, one));
    if (hides !== undefined) {
      problems.push(
        `egress.excluded: ${hides} holds the measured server ${server}: nothing that is measured would be steered. Leave it out of egress.excluded.`,
      );
    }
  }
  return problems;
}
