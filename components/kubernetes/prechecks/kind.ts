/** Before a kind cluster: Docker, kind, the cluster's name, and addresses that are taken on the docker network. It only looks. */
import { addressRange, overlap, within } from "../../addresses.ts";
import type { ClusterKind, ClusterPlan } from "../../platform.ts";
import type { NetworkInfo } from "../clusters/dockerNetwork.ts";
import { nodeLabel } from "../clusters/kindConfig.ts";
import { kindNetwork } from "../tasks/kind.ts";
import { kindNode } from "../versions.ts";
import type { Ask } from "./ask.ts";

/** Ranges that an egress policy names. */
export interface EgressRanges {
  /** Of the pool: an address, a CIDR or `first-last`; empty where none is given. */
  readonly pool: string;
  /** CIDRs that are steered; empty: the server alone. */
  readonly destinations: readonly string[];
}

export async function dockerProblems(ask: Ask): Promise<string[]> {
  const info = await ask("docker", "info", "--format", "{{.ServerVersion}}");
  if ("text" in info) return [];
  return [
    info.missing
      ? "docker: it is not on PATH. Install Docker Engine: https://docs.docker.com/engine/install/."
      : `docker: its daemon does not answer (${info.failed}). Start it, and let this user reach it (group docker).`,
  ];
}

export async function kindProblems(
  ask: Ask,
  plan: ClusterPlan,
  { name, image }: Extract<ClusterKind, { kind: "kind" }>,
  labId: string,
  dockerAnswers: boolean,
): Promise<string[]> {
  const said = await ask("kind", "version");
  if ("failed" in said) {
    const why = said.missing ? "it is not on PATH" : `it does not run (${said.failed})`;
    return [`kind: ${why}. Get kind ${kindNode.oldestKind} or newer: npx lab up gets it, or docs/local.md by hand.`];
  }
  const version = /v(\d+\.\d+\.\d+)/.exec(said.text)?.[1] ?? "";
  const given = image === "" ? (plan.sources.images["kind-node"] ?? "") : image;
  const kubernetes = given === "" ? kindNode.kubernetes : /:v(\d+\.\d+(?:\.\d+)?)/.exec(given)?.[1];
  // An image without a version in its tag may be of any kind's release.
  const needsIt = kubernetes !== undefined && !isOlder(kubernetes, kindNode.firstKubernetes);
  const old =
    needsIt && isOlder(version, kindNode.oldestKind)
      ? [
          `kind: version ${version} is too old for the node image of Kubernetes ${kubernetes}. Get ${kindNode.oldestKind} or newer, or set kind.image to an image of that kind's release.`,
        ]
      : [];
  // The lab's own name can only be what an earlier command of this stack left.
  return name === "" || !dockerAnswers ? old : [...old, ...(await nameProblems(ask, name, labId))];
}

/** A given name may be taken. Whose a cluster is, its nodes' labels and its namespaces say. */
async function nameProblems(ask: Ask, name: string, labId: string): Promise<string[]> {
  const clusters = await ask("kind", "get", "clusters");
  if ("failed" in clusters || !clusters.text.split("\n").includes(name)) return [];
  const kubectl = ["exec", `${name}-control-plane`, "kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf", "get"];
  const nodes = await ask("docker", ...kubectl, "nodes", "-l", nodeLabel, "-o", "name");
  const spaces = await ask("docker", ...kubectl, "namespaces", "-o", "name");
  const labs =
    "text" in spaces
      ? Array.from(spaces.text.matchAll(/^namespace\/[a-z0-9-]*(nl[0-9a-f]{8})$/gm), ([, id = ""]) => id)
      : [];
  const ours = labs.includes(labId) || (labs.length === 0 && "text" in nodes && nodes.text !== "");
  return ours
    ? []
    : [
        `kind.name: there is a kind cluster named ${name} already, and it is not this stack's. Set another name, or delete it: kind delete cluster --name ${name}.`,
      ];
}

/** Pods and services must not have the addresses that the nodes have; pools must have addresses of the nodes' network that are free. */
export async function networkProblems(ask: Ask, plan: ClusterPlan, egress: EgressRanges | null): Promise<string[]> {
  const said = await ask("docker", "network", "inspect", kindNetwork);
  // Where there is none yet, kind makes it.
  if ("failed" in said) return [];
  const [network] = JSON.parse(said.text) as NetworkInfo[];
  const configs = (network?.IPAM.Config ?? []).filter(({ Subnet = ":" }) => !Subnet.includes(":"));
  const subnets = configs.flatMap(({ Subnet = "" }) => (addressRange(Subnet) === undefined ? [] : [Subnet]));
  const shown = `the docker network ${kindNetwork} (${subnets.join(", ")})`;
  if (subnets.length === 0) return [];
  const clashes = [
    ["pod.cidr", plan.podCidr],
    ["service.cidr", plan.serviceCidr],
  ].flatMap(([setting = "", cidr = ""]) =>
    subnets.some((subnet) => overlap(subnet, cidr))
      ? [`${setting}: ${cidr} overlaps ${shown}. Set ${setting} to another range.`]
      : [],
  );
  const used = [
    ...configs.flatMap(({ Gateway }) => (Gateway === undefined ? [] : [{ who: "the network's gateway", at: Gateway }])),
    ...Object.values(network?.Containers ?? {}).flatMap(({ IPv4Address = "", Name = "a container" }) => {
      const at = IPv4Address.split("/")[0] ?? "";
      return at === "" ? [] : [{ who: Name, at }];
    }),
  ];
  const pools = [
    ["loadBalancer.range", plan.loadBalancer.range],
    ["egress.pool", egress?.pool ?? ""],
  ].flatMap(([setting = "", range = ""]) => {
    if (range === "") return [];
    if (!subnets.some((subnet) => within(range, subnet)))
      return [
        `${setting}: ${range} is outside ${shown}, so no node could answer for it. Set ${setting} to a range in it.`,
      ];
    const taken = used.filter(({ at }) => within(at, range));
    return taken.length === 0
      ? []
      : [
          `${setting}: ${range} holds addresses that are taken: ${taken.map(({ who, at }) => `${at} (${who})`).join(", ")}. Set ${setting} to free ones, at the top of the network.`,
        ];
  });
  const { destinations = [] } = egress ?? {};
  const astray =
    destinations.length > 0 && !destinations.some((one) => subnets.some((subnet) => overlap(one, subnet)))
      ? [
          `egress.destinations: ${destinations.join(", ")} leaves out ${shown}, on which the measured server stands: nothing that is measured would be steered. Add ${subnets[0] ?? ""}.`,
        ]
      : [];
  return [...clashes, ...pools, ...astray];
}

/** Whether a version such as 0.31.9 or 1.36 is before another, by its numbers. */
export function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split(".").map(Number));
  const place = (b ?? []).findIndex((part, index) => part !== (a?.[index] ?? 0));
  return place >= 0 && (a?.[place] ?? 0) < (b?.[place] ?? 0);
}
