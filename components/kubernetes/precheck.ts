/**
 * What can be known before anything of a lab on a cluster is made: whether Docker, kind, Azure's credentials or the cluster are
 * there, and whether names or addresses collide. It only looks.
 */
import { delimiter } from "node:path";
import { execa } from "execa";
import { overlap } from "../addresses.ts";
import type { ClusterKind, ClusterPlan, PlatformContext } from "../platform.ts";
import type { NetworkInfo } from "./clusters/dockerNetwork.ts";
import { nodeLabel } from "./clusters/kindConfig.ts";
import { cnis } from "./cni.ts";
import { openApi, type Api } from "./tasks/api.ts";
import { readExisting } from "./tasks/existing.ts";
import { kindNetwork } from "./tasks/kind.ts";
import { gatewayApiVersion, kindNode } from "./versions.ts";

export interface PrecheckOptions {
  /** Whether a generator runs in a container beside the cluster. */
  readonly outside: boolean;
  /** Opens the API of a kubeconfig; tests give their own. */
  readonly open?: (kubeconfig: string) => Promise<Api>;
}

/** What a program said, or why it said nothing. */
type Said = { readonly text: string } | { readonly failed: string; readonly missing: boolean };
type Ask = (program: string, ...args: string[]) => Promise<Said>;

/** Every problem at once, each with its remedy; empty when the lab can be made as far as can be known. */
export async function precheck(
  plan: ClusterPlan,
  context: Pick<PlatformContext, "toolPath" | "labId">,
  { outside, open = openApi }: PrecheckOptions,
): Promise<string[]> {
  const ask = askOn([...context.toolPath, process.env["PATH"] ?? ""].join(delimiter));
  const docker = plan.kind.kind === "kind" || outside ? await dockerProblems(ask) : [];
  switch (plan.kind.kind) {
    case "kind":
      return [
        ...docker,
        ...(await kindProblems(ask, plan, plan.kind, context.labId, docker.length === 0)),
        ...(docker.length === 0 ? await networkProblems(ask, plan) : []),
      ];
    case "aks":
      return [...docker, ...(await azureProblems(ask))];
    case "existing":
      return [...docker, ...(await existingProblems(plan, plan.kind, open))];
  }
}

function askOn(path: string): Ask {
  return async (program, ...args) => {
    const result = await execa(program, args, { reject: false, timeout: 20_000, stdin: "ignore", env: { PATH: path } });
    if (!result.failed) return { text: result.stdout.trim() };
    const said = `${result.stderr}\n${result.stdout}`.trim().split("\n").at(-1) ?? "";
    return {
      failed: said === "" ? (result.shortMessage ?? "it says nothing") : said,
      missing: result.code === "ENOENT",
    };
  };
}

async function dockerProblems(ask: Ask): Promise<string[]> {
  const info = await ask("docker", "info", "--format", "{{.ServerVersion}}");
  if ("text" in info) return [];
  return [
    info.missing
      ? "docker: it is not on PATH. Install Docker Engine: https://docs.docker.com/engine/install/."
      : `docker: its daemon does not answer (${info.failed}). Start it, and let this user reach it (group docker).`,
  ];
}

async function kindProblems(
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
  const pinned = image === "" && plan.sources.images["kind-node"] === undefined;
  const old =
    pinned && isOlder(version, kindNode.oldestKind)
      ? [
          `kind: version ${version} is too old for the node image of Kubernetes ${kindNode.kubernetes}. Get ${kindNode.oldestKind} or newer, or set kind.image to an image of that kind's release.`,
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

/** Pods and services must not have the addresses that the nodes have. */
async function networkProblems(ask: Ask, { podCidr, serviceCidr }: ClusterPlan): Promise<string[]> {
  const said = await ask("docker", "network", "inspect", kindNetwork);
  // Where there is none yet, kind makes it.
  if ("failed" in said) return [];
  const [network] = JSON.parse(said.text) as NetworkInfo[];
  const subnets = (network?.IPAM.Config ?? []).flatMap(({ Subnet = ":" }) => (Subnet.includes(":") ? [] : [Subnet]));
  return [
    ["pod.cidr", podCidr],
    ["service.cidr", serviceCidr],
  ].flatMap(([setting = "", cidr = ""]) =>
    subnets
      .filter((subnet) => overlap(subnet, cidr))
      .map(
        (subnet) =>
          `${setting}: ${cidr} overlaps the docker network ${kindNetwork} (${subnet}). Set ${setting} to another range.`,
      ),
  );
}

/** A service principal, a managed identity or a workload identity from the environment, or the login of the Azure CLI. */
async function azureProblems(ask: Ask): Promise<string[]> {
  const set = (name: string): boolean => (process.env[name] ?? "") !== "";
  const principal = ["ARM_CLIENT_ID", "ARM_TENANT_ID", "ARM_SUBSCRIPTION_ID"];
  const secrets = ["ARM_CLIENT_SECRET", "ARM_CLIENT_CERTIFICATE_PATH", "ARM_OIDC_TOKEN", "ARM_OIDC_REQUEST_TOKEN"];
  if (principal.every(set) && secrets.some(set)) return [];
  if (process.env["ARM_USE_MSI"] === "true") return [];
  const account = await ask("az", "account", "show", "--output", "none");
  if ("text" in account) return [];
  const why = account.missing ? "az is not on PATH" : `az account show: ${account.failed}`;
  return [
    `Azure: there are no credentials (${why}). Type az login, or set ARM_CLIENT_ID, ARM_CLIENT_SECRET, ARM_TENANT_ID and ARM_SUBSCRIPTION_ID.`,
  ];
}

async function existingProblems(
  plan: ClusterPlan,
  kind: Extract<ClusterKind, { kind: "existing" }>,
  open: NonNullable<PrecheckOptions["open"]>,
): Promise<string[]> {
  try {
    const { kubeconfig } = await readExisting(kind);
    const api = await open(kubeconfig);
    return [...(kind.installCni ? [] : await missingParts(api, plan)), ...(await nodeProblems(api, kind.gatewayNode))];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [
      why.startsWith("existing.")
        ? why
        : `existing.context: the API server of ${kind.context} does not answer as it must (${why}). Try kubectl --context ${kind.context} get nodes.`,
    ];
  }
}

/** The CNI and the CRDs that nobody installs. */
async function missingParts(api: Api, plan: ClusterPlan): Promise<string[]> {
  const crds = [
    ...cnis[plan.cni.name].crds(plan.cni),
    ...(gatewayApiVersion(plan) === null ? [] : ["gateways.gateway.networking.k8s.io"]),
  ];
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  const there = new Set((await api.list(path)).map(({ metadata }) => metadata.name));
  return crds
    .filter((name) => !there.has(name))
    .map(
      (name) =>
        `existing.installCni: the cluster has no CRD ${name}, which ${plan.cni.name} or the gateway needs. Install it, or set existing.installCni to true on a cluster that is yours.`,
    );
}

async function nodeProblems(api: Api, gatewayNode: string): Promise<string[]> {
  if (gatewayNode === "" || (await api.get(`/api/v1/nodes/${gatewayNode}`)) !== undefined) return [];
  const nodes = (await api.list("/api/v1/nodes")).map(({ metadata }) => metadata.name);
  return [`existing.gatewayNode: there is no node ${gatewayNode}. The cluster has ${nodes.join(", ")}.`];
}

function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split(".").map(Number));
  const place = (b ?? []).findIndex((part, index) => part !== (a?.[index] ?? 0));
  return place >= 0 && (a?.[place] ?? 0) < (b?.[place] ?? 0);
}
