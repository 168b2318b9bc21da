import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { overlap } from "../../components/addresses.ts";
import { readSettings, SettingsError } from "../../scenarios/settings.ts";
import { cnisOf, gatewaysOf } from "../../scenarios/settings/rules.ts";

type Raw = Readonly<Record<string, string>>;

function problems(raw: Raw): readonly string[] {
  try {
    readSettings({ ...raw });
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

const local = { environment: "local" };
const aks = { environment: "aks" };
const existing = { environment: "existing", "existing.context": "lab", "server.address": "192.0.2.9" };
const ingress = { scenario: "ingress" };
const gateway = { path: "gateway" };
const antrea = { cni: "antrea" };
const even = (count: number): string => Array.from({ length: count }, () => 1).join("/");

describe("settings that do not go together", () => {
  it.each<[string, Raw, RegExp]>([
    ["a CNI in netns", { cni: "cilium" }, /^cni: "cilium" does not run in netns\. Set cni to kernel/],
    [
      "Cilium's Gateway with Antrea",
      { ...local, ...ingress, ...antrea, gateway: "cilium" },
      /^gateway: "cilium" does not go with the CNI antrea: .* has no Gateway API of its own\. Set gateway to nginx, envoy, direct/,
    ],
    [
      "Cilium's load balancer with Antrea",
      { ...local, ...ingress, ...antrea, "loadBalancer.kind": "cilium" },
      /^loadBalancer\.kind: .* parts of the CNI cilium\. Set loadBalancer\.kind to metallb/,
    ],
    ["a cloud on kind", { ...local, ...ingress, "loadBalancer.kind": "cloud" }, /kind has no load balancer of its own/],
    ["MetalLB in Azure", { ...aks, ...ingress, "loadBalancer.kind": "metallb" }, /Azure's network drops addresses/],
    [
      "MetalLB somewhere without a range",
      { ...existing, ...ingress, "loadBalancer.kind": "metallb" },
      /^loadBalancer\.range: "" must name free addresses/,
    ],
    [
      "a pool that an old Cilium does not know",
      { ...local, ...ingress, "loadBalancer.kind": "cilium", cniVersion: "1.17.9" },
      /needs Cilium 1\.18 or newer.*cniVersion is 1\.17\.9/,
    ],
    ["a pool with Cilium", { ...local, ...gateway, "egress.address": "pool" }, /^egress\.address: pool is Antrea's/],
    [
      "a pool in Azure",
      { ...aks, ...gateway, ...antrea, "egress.address": "pool" },
      /^egress\.address: pool does not work in Azure/,
    ],
    [
      "a pool without addresses",
      { ...existing, ...gateway, ...antrea, "existing.gatewayNode": "a", "egress.address": "pool" },
      /^egress\.pool: "" must name free addresses/,
    ],
    [
      "a pool that nobody uses",
      { ...local, ...gateway, ...antrea, "egress.pool": "172.18.9.1-172.18.9.9" },
      /^egress\.pool: .* is used by no one/,
    ],
    [
      "interface and address",
      { ...local, "egress.interface": "eth1", "egress.ip": "172.18.0.3" },
      /Cilium ignores the policy\. Leave one of the two out/,
    ],
    [
      "a limit by Cilium on kind",
      { ...local, ...gateway, "egress.bandwidth": "500M" },
      /^egress\.bandwidth: 500M cannot be held to by Cilium on kind: .* \/proc\/sys\/net\/core/,
    ],
    [
      "a burst with Cilium",
      { ...aks, ...gateway, "egress.bandwidth": "500M/50M" },
      /^egress\.bandwidth: 500M\/50M has a burst; Cilium paces .*Give the rate alone: 500M\./,
    ],
    [
      "a rate without a burst with Antrea",
      { ...aks, ...gateway, ...antrea, "egress.bandwidth": "500M" },
      /^egress\.bandwidth: 500M has no burst, .* such as 500M\/50M/,
    ],
    [
      "a limit that is none",
      { ...aks, "egress.bandwidth": "fast" },
      /^egress\.bandwidth: .* such as 500M or 500M\/50M/,
    ],
    ["egress from outside", { ...local, "load.placement": "outside" }, /^load\.placement: outside is for ingress/],
    ["no context", { ...existing, "existing.context": "" }, /^existing\.context: "" must name a context/],
    ["no server", { ...existing, "server.address": "" }, /^server\.address: "" must name a machine outside/],
    ["a path without its node", { ...existing, ...gateway }, /^existing\.gatewayNode: "" must name the node/],
    ["a node too few", { ...aks, "aks.nodes": "1" }, /^aks\.nodes: 1; egress needs 2, a worker and a gateway node/],
    [
      "nodes too few for gateways",
      { ...aks, ...gateway, "egress.gateways": "3", "aks.nodes": "3" },
      /egress needs 4, a worker and 3 gateway nodes/,
    ],
    [
      "a life shorter than the load",
      { ...aks, duration: "2h", "aks.timeToLive": "2h" },
      /^aks\.timeToLive: 2h is over before one load of 121 min/,
    ],
    [
      "a life shorter than phases with lengths of their own",
      { ...aks, phases: "idle:10m,unloaded:20m,saturated:90m", "aks.timeToLive": "2h" },
      /^aks\.timeToLive: 2h is over before one load of 121 min/,
    ],
    ["backends beyond a rule", { ...local, ...ingress, weights: even(17) }, /^weights: 17 backends; .*at most 16/],
    ["backends beyond the machine", { ...ingress, weights: even(89) }, /^weights: 89 backends; netns has .* 88/],
    [
      "weights beyond the Gateway API",
      { ...local, ...ingress, weights: "0.0000001/1" },
      /^weights: .* needs a weight of 10000000 as a whole number; .*at most 1000000/,
    ],
    ["generators beyond the server", { ...local, parallelism: "17" }, /^parallelism: 17; .* 16 ports/],
    [
      "an unknown image",
      { ...local, images: "k6=a/k6:1,iperf=b/iperf3:2" },
      /^images: there is no image "iperf"\. Known: iperf3, k6, node, nginx, kind-node, cilium,/,
    ],
    ["an image twice", { ...local, images: "k6=a/k6:1,k6=b/k6:2" }, /^images: "k6" is given twice/],
    ["an image without a version", { ...local, images: "k6=host:5000/k6" }, /^images: .* must be name=image:tag or/],
    ["services among the pods", { ...local, "service.cidr": "10.244.8.0/24" }, /^service\.cidr: .* overlaps pod\.cidr/],
    ["pods that AKS forbids", { ...aks, "pod.cidr": "172.30.0.0/16" }, /^pod\.cidr: .*172\.30\.0\.0\/16, which AKS/],
    [
      "services in AKS's test net",
      { ...aks, "service.cidr": "192.0.2.0/24" },
      /^service\.cidr: .*192\.0\.2\.0\/24, which AKS forbids/,
    ],
    ["pods in the virtual network", { ...aks, "pod.cidr": "10.225.64.0/18" }, /^pod\.cidr: .*virtual network in Azure/],
    ["pods on loopback", { ...local, "pod.cidr": "127.0.0.0/16" }, /reserved \(RFC 6890\)/],
    ["pods for too few nodes", { ...local, "pod.cidr": "10.9.0.0/23" }, /^pod\.cidr: .* room for 2 of 3 nodes/],
    ["too many services", { ...local, "service.cidr": "11.0.0.0/8" }, /^service\.cidr: .* from \/12 to \/28/],
    [
      "a pool among the pods",
      { ...local, ...gateway, ...antrea, "egress.address": "pool", "egress.pool": "10.244.9.1-10.244.9.9" },
      /^egress\.pool: .* overlaps pod\.cidr/,
    ],
    ["a pool backwards", { ...local, ...antrea, "egress.pool": "10.0.0.9-10.0.0.1" }, /first-last in this order/],
    [
      "a range backwards",
      { ...local, ...ingress, "loadBalancer.range": "172.18.0.9-172.18.0.1" },
      /^loadBalancer\.range: .* first-last in this order/,
    ],
    [
      "balancers among the services",
      { ...local, ...ingress, "loadBalancer.range": "10.96.1.0/28" },
      /^loadBalancer\.range: .* overlaps service\.cidr/,
    ],
    [
      "a destination among the pods",
      { ...local, ...gateway, "egress.destinations": "10.244.3.0/24" },
      /^egress\.destinations: .* is inside pod\.cidr/,
    ],
    [
      "all destinations excluded",
      { ...local, ...gateway, "egress.destinations": "192.0.2.0/24", "egress.excluded": "192.0.0.0/16" },
      /^egress\.excluded: 192\.0\.0\.0\/16 takes away all of egress\.destinations/,
    ],
    [
      "an exclusion of nothing",
      { ...local, ...gateway, "egress.destinations": "192.0.2.0/24", "egress.excluded": "198.51.100.0/24" },
      /^egress\.excluded: .* it excludes nothing/,
    ],
    [
      "destinations without the server",
      { ...aks, ...gateway, "egress.destinations": "192.0.2.0/24" },
      /^egress\.destinations: .* leaves out the measured server 10\.225\.16\.4.*Add 10\.225\.16\.4\/32/,
    ],
    [
      "the server excluded",
      { ...existing, ...gateway, ...antrea, "existing.gatewayNode": "a", "egress.excluded": "192.0.2.0/24" },
      /^egress\.excluded: 192\.0\.2\.0\/24 holds the measured server 192\.0\.2\.9/,
    ],
    ["an address that is none", { ...existing, "server.address": "192.0.2.300" }, /^server\.address: .*IPv4 address/],
    [
      "a DNS prefix with a dash at its end",
      { ...aks, "aks.dnsPrefix": "lab-" },
      /^aks\.dnsPrefix: .*no dash at an end/,
    ],
  ])("refuses %s", (_, raw, message) => {
    expect(problems(raw)).toContainEqual(expect.stringMatching(message));
  });

  it.each<[string, Raw]>([
    ["each environment's defaults", local],
    ["aks", aks],
    [
      "a life longer than short phases, whatever the duration",
      { ...aks, duration: "2h", phases: "idle:5s,saturated:1m", "aks.timeToLive": "1h" },
    ],
    ["existing", existing],
    ["500 backends where nothing is split by a rule", { ...local, ...ingress, gateway: "direct", weights: even(500) }],
    ["16 backends", { ...local, ...ingress, weights: even(16) }],
    ["a destination that holds the pods too", { ...local, ...gateway, "egress.destinations": "0.0.0.0/0" }],
    ["an exclusion with Antrea, for the whole cluster", { ...local, ...antrea, "egress.excluded": "198.51.100.0/24" }],
    ["images with a port, a tag, a digest", { ...local, images: `k6=h:5000/k6:1.0@sha256:${"a".repeat(64)}` }],
  ])("lets through %s", (_, raw) => {
    expect(problems(raw)).toEqual([]);
  });

  it("names all of them at once", () => {
    const found = problems({
      ...aks,
      "aks.nodes": "1",
      "pod.cidr": "172.31.0.0/16",
      images: "x=y:1",
      parallelism: "20",
    });
    expect(found.map((line) => line.split(":")[0])).toEqual(["parallelism", "aks.nodes", "images", "pod.cidr"]);
  });

  it("refuses ranges exactly when they share an address", () => {
    const cidr = fc.tuple(fc.integer({ min: 16, max: 20 }), fc.nat(2 ** 20 - 1)).map(([prefix, index]) => {
      const first = 2 ** 24 * 10 + Math.floor((index * 16) / 2 ** (32 - prefix)) * 2 ** (32 - prefix);
      return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join(".")}/${prefix}`;
    });
    fc.assert(
      fc.property(cidr, cidr, (pods, services) => {
        const found = problems({ ...local, "pod.cidr": pods, "service.cidr": services });
        expect(found.some((line) => line.includes("overlaps"))).toBe(overlap(pods, services));
      }),
      { numRuns: 60 },
    );
  });

  it("every environment has a CNI and every CNI a gateway beside the floor", () => {
    for (const cnis of Object.values(cnisOf)) for (const cni of cnis) expect(gatewaysOf[cni].length).toBeGreaterThan(1);
  });
});

describe("warnings", () => {
  const warnings = (raw: Raw): readonly string[] => readSettings({ ...raw }).warnings;

  it("say what NGINX does with weights that it cannot express", () => {
    expect(warnings({ ...local, ...ingress, weights: "60/40" })).toEqual([]);
    expect(warnings({ ...local, ...ingress, weights: "1/2" })[0]).toMatch(
      /^weights: NGINX gives echo-1 33\.33 % where its weight asks for 33\.3333 %/,
    );
    expect(warnings({ ...local, ...ingress, gateway: "envoy", weights: "1/2" })).toEqual([]);
    expect(warnings({ weights: "1/2" })).toEqual([]);
  });

  it("name a weak size, the open report on AKS and a node for all", () => {
    expect(warnings(aks)).toEqual([expect.stringMatching(/^aks\.vmSize: Standard_A2_v2 .*Standard_D4s_v5/)]);
    const good = { ...aks, "aks.vmSize": "Standard_D4s_v5" };
    expect(warnings(good)).toEqual([]);
    expect(warnings({ ...good, ...gateway })).toEqual([expect.stringContaining("cilium#28422")]);
    expect(warnings({ ...good, ...ingress, "aks.nodes": "1" })).toEqual([expect.stringContaining("one node")]);
  });
});
