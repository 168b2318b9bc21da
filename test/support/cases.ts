/** What may be asked of a cluster, as the cross product of what there is; which of it is legal is said here a second time, in plain words. */

export interface Case {
  readonly title: string;
  readonly raw: Readonly<Record<string, string>>;
  /** The message of the refusal; undefined: it is legal. */
  readonly refused: RegExp | undefined;
}

/** A cluster's network on AKS as the thesis has it: the lab brings the CNI. */
export const networkOnAks = {
  networkPlugin: "none",
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/16",
  dnsServiceIP: "10.96.0.10",
  loadBalancerSku: "standard",
};

const environments: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  netns: {},
  local: {},
  aks: { "aks.owner": "owner" },
  existing: { "existing.context": "lab", "server.address": "192.0.2.9", "existing.gatewayNode": "node-b" },
};

/** Asked of every environment and CNI. */
const asked: readonly Readonly<Record<string, string>>[] = [
  { scenario: "egress", path: "base" },
  { scenario: "egress", path: "gateway" },
  { scenario: "egress", path: "gateway", "egress.address": "pool" },
  ...["cilium", "nginx", "envoy", "direct"].map((gateway) => ({ scenario: "ingress", gateway })),
];

/** Where the load stands and how much of it: asked once for each kind of load, and with each gateway on kind. */
const loads: readonly Readonly<Record<string, string>>[] = [
  { "load.placement": "inside" },
  { "load.placement": "outside" },
  { "load.placement": "inside", parallelism: "3" },
  { "load.placement": "outside", parallelism: "3" },
];

/** The one mistake of a combination. */
function refusal({ environment = "", cni = "", scenario, gateway, ...raw }: Case["raw"]): RegExp | undefined {
  if ((environment === "netns") !== (cni === "kernel"))
    return new RegExp(`^cni: "${cni}" does not run in ${environment}`);
  const egress = scenario === "egress";
  if (!egress && gateway === "cilium" && cni !== "cilium") return /^gateway: "cilium" does not go with the CNI/;
  if (egress && raw["egress.address"] === "pool" && environment !== "netns") {
    if (cni === "cilium") return /^egress\.address: pool is Antrea's ExternalIPPool/;
    if (environment === "aks") return /^egress\.address: pool does not work in Azure/;
    if (environment === "existing" && raw["egress.pool"] === undefined)
      return /^egress\.pool: "" must name free addresses/;
  }
  const inside = raw["load.placement"] === "inside";
  if (egress && raw["load.placement"] === "outside") return /^load\.placement: outside is for ingress/;
  if (!egress && raw["parallelism"] !== undefined && !inside) return /^parallelism: 3 generators stand inside/;
  return undefined;
}

const caseOf = (environment: string, raw: Readonly<Record<string, string>>): Case => {
  const whole = { environment, ...environments[environment], ...raw };
  const title = [environment, ...Object.values(raw)].join(" ");
  return { title, raw: whole, refused: refusal(whole) };
};

export const cases: readonly Case[] = [
  ...Object.keys(environments).flatMap((environment) =>
    ["kernel", "cilium", "antrea"].flatMap((cni) =>
      asked
        // A pool needs a CNI that runs there at all.
        .filter((one) => one["egress.address"] === undefined || (cni === "kernel") === (environment === "netns"))
        .map((one) => caseOf(environment, { cni, ...one })),
    ),
  ),
  ...["cilium", "antrea"].flatMap((cni) =>
    asked
      .filter((one) => one["egress.address"] === undefined && (cni === "cilium" || one["gateway"] !== "cilium"))
      .flatMap((one) => loads.map((load) => caseOf("local", { cni, ...one, ...load }))),
  ),
  // What stands apart from the product: another balancer, an own range, several gateways, everything installed elsewhere.
  caseOf("local", { cni: "cilium", scenario: "ingress", gateway: "envoy", "loadBalancer.kind": "metallb" }),
  caseOf("local", {
    cni: "antrea",
    scenario: "egress",
    path: "gateway",
    "egress.address": "pool",
    "egress.gateways": "2",
  }),
  caseOf("local", { cni: "cilium", scenario: "egress", path: "gateway", "egress.gateways": "3" }),
  caseOf("local", { cni: "cilium", scenario: "egress", path: "gateway", "egress.interface": "eth1" }),
  caseOf("local", { cni: "antrea", scenario: "egress", path: "gateway", "egress.ip": "172.18.0.99" }),
  caseOf("aks", { cni: "cilium", scenario: "egress", path: "gateway", "egress.bandwidth": "500M" }),
  caseOf("local", { cni: "antrea", scenario: "egress", path: "gateway", "egress.bandwidth": "500M/50M" }),
  caseOf("local", { cni: "cilium", scenario: "egress", path: "base", "server.placement": "host", grafana: "true" }),
  caseOf("local", { cni: "cilium", scenario: "egress", path: "base", monitoring: "false" }),
  caseOf("existing", { cni: "cilium", scenario: "ingress", gateway: "nginx", "existing.installCni": "true" }),
  caseOf("existing", {
    cni: "antrea",
    scenario: "egress",
    path: "gateway",
    "egress.address": "pool",
    "egress.pool": "192.0.2.32/28",
  }),
  caseOf("aks", {
    cni: "cilium",
    scenario: "ingress",
    gateway: "cilium",
    "aks.removeKubeProxy": "true",
    "aks.authorizedRanges": "any",
  }),
];

export const legal = cases.filter(({ refused, raw }) => refused === undefined && raw["environment"] !== "netns");
