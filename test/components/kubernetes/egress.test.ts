/** Egress policies and CNI values as the API server and Helm get them. */
import { describe, expect, test } from "vitest";
import { cnis, pickNode } from "../../../components/kubernetes/cni.ts";
import {
  antreaEgress,
  antreaPool,
  ciliumPolicy,
  rangeOf,
  type PolicyFacts,
} from "../../../components/kubernetes/egressGateway.ts";
import type { ClusterKind, ClusterPlan, EgressPolicyPlan } from "../../../components/platform.ts";
import { schemaProblems } from "../../support/schemas.ts";

const plain: EgressPolicyPlan = {
  address: "node",
  pool: null,
  interface: "",
  ip: "",
  destinations: [],
  excluded: [],
  podSelector: null,
  namespaceSelector: null,
  bandwidth: null,
};
const facts = (policy: Partial<EgressPolicyPlan> = {}, pods = ["client"]): PolicyFacts => ({
  name: "ctl-abc-gateway",
  labels: { "cni-traffic-lab/lab": "abc" },
  namespace: "ctl-abc",
  gateway: { name: "gateway", pods, node: "gateway" },
  policy: { ...plain, ...policy },
  server: "172.18.0.9",
  node: "172.18.0.4",
});
const selector = {
  matchLabels: { tier: "web" },
  matchExpressions: [{ key: "env", operator: "In" as const, values: ["a", "b"] }],
};

describe("CiliumEgressGatewayPolicy", () => {
  test.each([
    ["the least", facts()],
    ["several pods of one gateway", facts({}, ["client", "client-2"])],
    [
      "everything with an address",
      facts({ ip: "172.18.0.44", destinations: ["10.0.0.0/8"], excluded: ["10.1.0.0/16"] }),
    ],
    ["an interface", facts({ interface: "eth1" })],
    ["selectors", facts({ podSelector: selector, namespaceSelector: selector })],
  ])("%s is what the CRD asks for", (_, all) => {
    expect(schemaProblems(ciliumPolicy(all))).toEqual([]);
  });

  test("steers the load pod to the server alone, by the node that carries the gateway's name", () => {
    expect(ciliumPolicy(facts())["spec"]).toEqual({
      selectors: [
        {
          podSelector: { matchLabels: { "cni-traffic-lab/name": "client", "cni-traffic-lab/path": "gateway" } },
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "ctl-abc" } },
        },
      ],
      destinationCIDRs: ["172.18.0.9/32"],
      egressGateway: { nodeSelector: { matchLabels: { "cni-traffic-lab/egress": "gateway" } } },
    });
  });

  test("the check itself refuses a field that does not exist and one that is missing", () => {
    const manifest = ciliumPolicy(facts());
    expect(schemaProblems({ ...manifest, spec: { gateway: {} } }).length).toBeGreaterThan(3);
  });
});

describe("Antrea", () => {
  const bandwidth = { rate: "500M", burst: "50M" };
  test.each([
    ["static", antreaEgress(facts(), null), { egressIP: "172.18.0.4" }],
    ["static, another address", antreaEgress(facts({ ip: "172.18.0.44" }), null), { egressIP: "172.18.0.44" }],
    ["from a pool", antreaEgress(facts(), "pool"), { externalIPPool: "pool" }],
    ["with a bandwidth", antreaEgress(facts({ bandwidth }), null), { bandwidth }],
    ["with selectors", antreaEgress(facts({ podSelector: selector, namespaceSelector: selector }), null), {}],
  ])("Egress %s", (_, manifest, spec) => {
    expect(schemaProblems(manifest)).toEqual([]);
    expect(manifest["spec"]).toMatchObject(spec);
  });

  test.each([
    ["172.18.254.0/28", { cidr: "172.18.254.0/28" }],
    ["172.18.254.10-172.18.254.20", { start: "172.18.254.10", end: "172.18.254.20" }],
  ])("ExternalIPPool of %s", (text, range) => {
    const manifest = antreaPool("pool", {}, rangeOf(text));
    expect(schemaProblems(manifest)).toEqual([]);
    expect(manifest["spec"]).toMatchObject({ ipRanges: [range] });
  });
});

describe("chart values", () => {
  const kinds = {
    kind: { kind: "kind", name: "", image: "", server: "container" },
    existing: { kind: "existing", kubeconfig: "", context: "c", installCni: true, installCrds: false, gatewayNode: "" },
    aks: {
      kind: "aks",
      location: "westeurope",
      vmSize: "s",
      nodes: 2,
      dnsPrefix: "",
      kubernetesVersion: "",
      sshPublicKey: "",
      authorized: "caller",
      owner: "",
      timeToLiveSeconds: 0,
      serverVmSize: "s",
      removeKubeProxy: false,
    },
  } as const satisfies Record<string, ClusterKind>;
  const plan = (
    kind: ClusterKind,
    cni: Partial<ClusterPlan["cni"]>,
    images: Record<string, string> = {},
  ): ClusterPlan => ({
    kind,
    cni: {
      name: "cilium",
      version: "",
      gatewayApi: false,
      egressGateway: true,
      bandwidth: false,
      excluded: [],
      ...cni,
    },
    sources: { mirror: "", images, chartsFolder: "" },
    podCidr: "10.244.0.0/16",
    serviceCidr: "10.96.0.0/16",
    loadBalancer: { kind: "cloud", range: "" },
    gateway: null,
    serverAddress: "",
  });
  const api = { host: "ctl-abc-control-plane", port: 6443 };
  const noApi = { host: null, port: 0 };

  test("Cilium's egress gateway has all it needs on every cluster", () => {
    for (const kind of Object.values(kinds))
      expect(cnis.cilium.values(plan(kind, {}), api)).toMatchObject({
        kubeProxyReplacement: true,
        bpf: { masquerade: true },
        enableIPv4Masquerade: true,
        egressGateway: { enabled: true },
      });
  });

  test("Cilium: addresses of kind's nodes, Azure's own pool of a tunnel", () => {
    expect(cnis.cilium.values(plan(kinds.kind, {}), api)).toMatchObject({
      k8sServiceHost: "ctl-abc-control-plane",
      k8sServicePort: 6443,
      ipam: { mode: "kubernetes" },
      routingMode: "tunnel",
    });
    const onAks = cnis.cilium.values(plan(kinds.aks, {}), noApi);
    expect(onAks).toMatchObject({
      aksbyocni: { enabled: true },
      ipam: { operator: { clusterPoolIPv4PodCIDRList: ["10.244.0.0/16"] } },
    });
    expect(onAks).not.toHaveProperty("ipam.mode");
    expect(onAks).not.toHaveProperty("k8sServiceHost");
  });

  test("Cilium's Gateway brings the L7 proxy and its class in words", () => {
    expect(cnis.cilium.values(plan(kinds.kind, { gatewayApi: true }), api)).toMatchObject({
      l7Proxy: true,
      envoy: { enabled: true },
      gatewayAPI: { enabled: true, gatewayClass: { create: "true" } },
    });
  });

  test("Antrea does kube-proxy's work only where there is none", () => {
    expect(cnis.antrea.values(plan(kinds.kind, { name: "antrea" }), api)).toMatchObject({
      trafficEncapMode: "encap",
      antreaProxy: { proxyAll: true },
      kubeAPIServerOverride: "https://ctl-abc-control-plane:6443",
    });
    const onAks = cnis.antrea.values(plan(kinds.aks, { name: "antrea" }), noApi);
    expect(onAks).toMatchObject({ antreaProxy: { proxyAll: false }, nodeIPAM: { clusterCIDRs: ["10.244.0.0/16"] } });
    expect(onAks).not.toHaveProperty("kubeAPIServerOverride");
  });

  test("Antrea: bandwidth by its gate, exceptions of the whole cluster, a digest behind the tag", () => {
    const digest = `sha256:${"a".repeat(64)}`;
    const images = { "antrea-agent": `mirror/agent@${digest}` };
    const cni = { name: "antrea", bandwidth: true, excluded: ["10.1.0.0/16"] } as const;
    expect(cnis.antrea.values(plan(kinds.kind, cni, images), api)).toMatchObject({
      featureGates: { EgressTrafficShaping: true },
      egress: { exceptCIDRs: ["10.1.0.0/16"] },
      agentImage: { repository: "mirror/agent", tag: `v2.7.0@${digest}` },
    });
    expect(cnis.antrea.values(plan(kinds.kind, { name: "antrea" }), api)).not.toHaveProperty("egress");
  });
});

describe("roles of nodes that are not ours", () => {
  const roles = { workers: ["worker"], egressNodes: ["gateway"], given: "" };
  test("worker from the front, gateway from the end, a named one is the gateway", () => {
    expect(pickNode("worker", ["c", "a", "b"], roles)).toBe("a");
    expect(pickNode("gateway", ["c", "a", "b"], roles)).toBe("c");
    expect(pickNode("gateway", ["c", "a", "b"], { ...roles, given: "a" })).toBe("a");
    expect(pickNode("worker", ["c", "a", "b"], { ...roles, given: "a" })).toBe("b");
  });
  test("one node too few is told", () => {
    expect(() => pickNode("gateway", ["a"], roles)).toThrow(/has 1 nodes that take pods; the scenario needs 2/);
  });
});
