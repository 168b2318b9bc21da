import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { precheck, type PrecheckOptions } from "../../../components/kubernetes/precheck.ts";
import type { Api, KubeObject } from "../../../components/kubernetes/tasks/api.ts";
import { clusterPlan, precheckOptions } from "../../../scenarios/clusterPlan.ts";
import { readSettings } from "../../../scenarios/settings.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lab-precheck-"));
  vi.stubEnv("PATH", folder); // without the docker of this machine
  for (const name of ["ARM_CLIENT_ID", "ARM_USE_MSI"]) vi.stubEnv(name, "");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

/** A program that answers by the lines of a `case` on its arguments. */
function program(name: string, cases: Readonly<Record<string, string>>): void {
  const lines = Object.entries(cases).map(([args, says]) => `  "${args}") ${says};;`);
  writeFileSync(join(folder, name), `#!/bin/sh\ncase "$*" in\n${lines.join("\n")}\n  *) exit 0;;\nesac\n`);
  chmodSync(join(folder, name), 0o755);
}

interface Given {
  readonly api?: Partial<Api>;
  readonly server?: PrecheckOptions["server"];
}

function problems(
  raw: Record<string, string>,
  { api, server = () => Promise.resolve({ address: "", other: "" }) }: Given = {},
) {
  const settings = readSettings(raw);
  const plan = clusterPlan(settings);
  if (plan === null) throw new Error("netns has no cluster");
  return precheck(
    plan,
    { toolPath: [folder], labId: "nl01234567", stack: "mine" },
    { ...precheckOptions(settings), server, open: () => Promise.resolve(api as Api) },
  );
}

const inspect = "network inspect kind";
const network = `echo '[{"IPAM":{"Config":[{"Subnet":"fc00::/64"},{"Subnet":"10.244.0.0/16"}]}}]'`;

describe("before a kind cluster", () => {
  it("has nothing to say when all is there", async () => {
    program("docker", { [inspect]: "exit 1" });
    program("kind", { version: "echo kind v0.33.0 go1.26" });
    expect(await problems({ environment: "local" })).toEqual([]);
  });

  it("names every missing program at once, with the remedy", async () => {
    const found = await problems({ environment: "local" });
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(/^docker: it is not on PATH\. Install/);
    expect(found[1]).toMatch(/^kind: it is not on PATH\. Get kind 0\.32\.0 or newer/);
  });

  it("tells a silent daemon, an old kind and a network in the way", async () => {
    program("docker", { [inspect]: network });
    program("kind", { version: "echo kind v0.31.9 go1.24" });
    const found = await problems({ environment: "local" });
    expect(found[0]).toContain("version 0.31.9 is too old for the node image");
    expect(found[1]).toContain("pod.cidr: 10.244.0.0/16 overlaps the docker network kind (10.244.0.0/16)");
    expect(
      await problems({ environment: "local", "kind.image": "kindest/node:v1.30.0", "pod.cidr": "10.8.0.0/16" }),
    ).toEqual([]);
    program("docker", { "info --format {{.ServerVersion}}": "echo 'Cannot connect' >&2; exit 1" });
    expect((await problems({ environment: "local" }))[0]).toContain(
      "docker: its daemon does not answer (Cannot connect)",
    );
  });

  it.each([
    ["somebody else's", "node/x", "namespace/other-nl99999999", 1],
    ["a cluster without a lab", "", "namespace/default", 1],
    ["this stack's", "node/x", "namespace/local-nl01234567", 0],
  ])("knows a name that is taken: %s", async (_, nodes, namespaces, count) => {
    const get = "exec mine-control-plane kubectl --kubeconfig /etc/kubernetes/admin.conf get";
    program("docker", {
      [inspect]: "exit 1",
      [`${get} nodes -l cni-traffic-lab/node -o name`]: `echo ${nodes}`,
      [`${get} namespaces -o name`]: `echo ${namespaces}`,
    });
    program("kind", { version: "echo kind v0.33.0", "get clusters": "echo mine" });
    expect(await problems({ environment: "local", "kind.name": "mine" })).toHaveLength(count);
  });
});

describe("before Azure is asked", () => {
  it("wants a login or a principal, and Docker only for a load outside", async () => {
    program("az", { "account show --output none": "echo 'Please run az login' >&2; exit 1" });
    const [only, ...more] = await problems({ environment: "aks" });
    expect(only).toContain("no credentials (az account show: Please run az login)");
    expect(more).toEqual([]);
    expect(await problems({ environment: "aks", scenario: "ingress" })).toHaveLength(2);
    const [, proxy] = await problems({ environment: "aks", "aks.removeKubeProxy": "true" });
    expect(proxy).toMatch(/^aks\.removeKubeProxy: only the Azure CLI can .*aks-preview/);
    for (const name of ["CLIENT_ID", "CLIENT_SECRET", "TENANT_ID", "SUBSCRIPTION_ID"]) vi.stubEnv(`ARM_${name}`, "x");
    expect(await problems({ environment: "aks" })).toEqual([]);
  });
});

describe("addresses on the docker network", () => {
  const taken = JSON.stringify([
    {
      IPAM: { Config: [{ Subnet: "172.18.0.0/16", Gateway: "172.18.0.1" }] },
      Containers: { a: { Name: "other-server", IPv4Address: "172.18.0.9/16" } },
    },
  ]);
  beforeEach(() => {
    program("docker", { [inspect]: `echo '${taken}'` });
    program("kind", { version: "echo kind v0.33.0" });
  });
  const pool = (range: string) => ({
    environment: "local",
    cni: "antrea",
    path: "gateway",
    "egress.address": "pool",
    "egress.pool": range,
  });
  const balancer = (range: string) => ({ environment: "local", scenario: "ingress", "loadBalancer.range": range });

  it.each<[string, Record<string, string>, RegExp]>([
    ["a pool elsewhere", pool("192.0.2.1-192.0.2.9"), /^egress\.pool: .* is outside the docker network kind/],
    ["a pool over a container", pool("172.18.0.8/30"), /^egress\.pool: .* 172\.18\.0\.9 \(other-server\)/],
    [
      "balancers over the gateway",
      balancer("172.18.0.1-172.18.0.4"),
      /^loadBalancer\.range: .*172\.18\.0\.1 \(the net/,
    ],
    [
      "destinations elsewhere",
      { environment: "local", path: "gateway", "egress.destinations": "192.0.2.0/24" },
      /^egress\.destinations: .*Add 172\.18\.0\.0\/16/,
    ],
  ])("refuses %s", async (_, raw, message) => {
    expect(await problems(raw)).toEqual([expect.stringMatching(message)]);
  });

  it("lets through what is free", async () => {
    expect(await problems(pool("172.18.254.10-172.18.254.20"))).toEqual([]);
  });
});

describe("a folder of charts", () => {
  it("is looked through before anything is made: every chart that is missing, and the CRDs", async () => {
    program("docker", { [inspect]: "exit 1" });
    program("kind", { version: "echo kind v0.33.0" });
    const ingress = { environment: "local", scenario: "ingress", cni: "antrea", gateway: "nginx" };
    expect(await problems({ ...ingress, "charts.folder": "/nowhere" })).toEqual([
      "charts.folder: there is no folder /nowhere. Make it, or leave charts.folder out.",
    ]);
    writeFileSync(join(folder, "antrea-2.7.0.tgz"), "");
    const found = await problems({ ...ingress, "charts.folder": folder, grafana: "true" });
    expect(found.map((line) => /neither (\S+) nor|has no (\S+)\./.exec(line)?.slice(1).join(""))).toEqual([
      "metallb-0.16.2.tgz",
      "nginx-gateway-fabric-2.7.2.tgz",
      "prometheus-29.27.0.tgz",
      "grafana-10.5.15.tgz",
      "gateway-api-1.6.1.yaml",
    ]);
  });
});

describe("before an existing cluster is touched", () => {
  const raw = (more: Record<string, string> = {}) => ({
    environment: "existing",
    "existing.context": "lab",
    "existing.kubeconfig": join(folder, "config"),
    "server.address": "192.0.2.9",
    ...more,
  });
  interface Cluster {
    readonly crds?: readonly string[];
    readonly nodes?: readonly (Partial<KubeObject> & {
      readonly name: string;
      readonly labels?: Record<string, string>;
    })[];
    readonly namespaces?: Readonly<Record<string, Record<string, string>>>;
    /** Resources that the user may not make or change. */
    readonly denied?: readonly string[];
  }
  const cilium = ["ciliumnodes.cilium.io", "ciliumnetworkpolicies.cilium.io", "ciliumegressgatewaypolicies.cilium.io"];
  const cluster = ({
    crds = cilium,
    nodes = [{ name: "a" }, { name: "b" }],
    namespaces = {},
    denied = [],
  }: Cluster = {}): Partial<Api> => ({
    list: (path) =>
      Promise.resolve(
        path.endsWith("/nodes")
          ? nodes.map(({ name, labels = {}, ...node }) => ({ ...node, metadata: { name, labels } }))
          : path.endsWith("/namespaces")
            ? Object.entries(namespaces).map(([name, labels]) => ({ metadata: { name, labels } }))
            : crds.map((name) => ({ metadata: { name } })),
      ),
    send: (_, __, body) => {
      const { spec } = JSON.parse(String(body)) as { spec: { resourceAttributes: { resource: string } } };
      const status = { allowed: !denied.includes(spec.resourceAttributes.resource) };
      return Promise.resolve({ status: 201, body: Buffer.from(JSON.stringify({ status })) });
    },
  });
  beforeEach(() => {
    const server = { name: "c", cluster: { server: "https://192.0.2.1" } };
    const context = { name: "lab", context: { cluster: "c", user: "u" } };
    writeFileSync(
      join(folder, "config"),
      JSON.stringify({ clusters: [server], users: [{ name: "u", user: {} }], contexts: [context] }),
    );
  });

  it("wants the file, the context and an answer", async () => {
    expect((await problems(raw({ "existing.kubeconfig": "/nowhere" })))[0]).toContain("there is no file /nowhere");
    expect((await problems(raw({ "existing.context": "other" })))[0]).toContain('no context "other". It has lab');
    const silent = { list: () => Promise.reject(new Error("no answer within 30 s")) };
    expect((await problems(raw(), { api: silent }))[0]).toContain("does not answer as it must (no answer within 30 s)");
  });

  it("has nothing to say of a cluster that has all", async () => {
    expect(await problems(raw(), { api: cluster() })).toEqual([]);
    const gateway = raw({ path: "gateway", "existing.gatewayNode": "b" });
    expect(await problems(gateway, { api: cluster() })).toEqual([]);
  });

  const ingress = { scenario: "ingress", gateway: "envoy" };
  const install = { "existing.installCrds": "true" };
  const api = ["gateways.gateway.networking.k8s.io", "envoyproxies.gateway.envoyproxy.io"];
  const egress = { path: "gateway", "existing.gatewayNode": "b" };
  it("takes the CRDs that an earlier lab's chart left, which Helm never deletes", async () => {
    const left = cluster({ crds: [...cilium, "envoyproxies.gateway.envoyproxy.io"] });
    expect(await problems(raw({ ...ingress, ...install, "load.placement": "inside" }), { api: left })).toEqual([]);
  });
  it.each<[string, Record<string, string>, Cluster, RegExp]>([
    [
      "the CNI's CRDs are missing",
      {},
      { crds: [] },
      /^existing\.installCni: the cluster has no CRD ciliumnodes\.cilium\.io/,
    ],
    ["the gateway's CRDs are missing", ingress, {}, /^existing\.installCrds: .* no CRD envoyproxies\.gateway/],
    [
      "CRDs to be brought are there",
      { ...ingress, ...install },
      { crds: [...cilium, ...api] },
      /^existing\.installCrds: the cluster has the CRD gateways\.gateway\.networking\.k8s\.io already; what exists is not taken over/,
    ],
    [
      "there is a MetalLB",
      { ...ingress, ...install, "loadBalancer.kind": "metallb", "loadBalancer.range": "10.1.1.1-10.1.1.9" },
      { crds: [...cilium, "ipaddresspools.metallb.io"] },
      /^loadBalancer\.kind: the cluster has MetalLB already/,
    ],
    [
      "the namespace is somebody else's",
      {},
      { namespaces: { "mine-nl01234567-monitoring": {} } },
      /^existing\.context: the cluster has a namespace mine-nl01234567-monitoring, and it is not this lab's/,
    ],
    [
      "nodes have another lab's labels",
      {},
      { nodes: [{ name: "a", labels: { "cni-traffic-lab/node": "worker" } }, { name: "b" }] },
      /^existing\.context: the nodes a have labels of another lab/,
    ],
    [
      "the gateway node is not there",
      { ...egress, "existing.gatewayNode": "z" },
      {},
      /there is no node z\. .* has a, b\./,
    ],
    [
      "a node too few takes pods",
      egress,
      { nodes: [{ name: "a", spec: { taints: [{ effect: "NoSchedule" }] } }, { name: "b" }] },
      /^existing\.context: 1 of 2 nodes take pods; the lab needs 2, a worker and one for each egress gateway/,
    ],
    [
      "the user may not",
      egress,
      { denied: ["nodes", "ciliumegressgatewaypolicies"] },
      /^existing\.context: its user may not patch nodes, create ciliumegressgatewaypolicies\./,
    ],
  ])("refuses when %s", async (_, more, has, message) => {
    expect(
      await problems(raw({ monitoring: "false", "load.placement": "inside", ...more }), { api: cluster(has) }),
    ).toContainEqual(expect.stringMatching(message));
  });

  it("nodes that wait for the CNI count where the lab brings it, and not where it does not", async () => {
    const taints = ["not-ready", "network-unavailable"].map((key) => ({
      key: `node.kubernetes.io/${key}`,
      effect: "NoSchedule",
    }));
    const nodes = ["a", "b"].map((name) => ({ name, spec: { taints } }));
    const waiting = (more: Record<string, string>, crds: string[]) =>
      problems(raw({ ...egress, monitoring: "false", ...more }), { api: cluster({ nodes, crds }) });
    expect(await waiting({ "existing.installCni": "true" }, [])).toEqual([]);
    expect(await waiting({}, cilium)).toEqual([expect.stringContaining("nodes take pods; the lab needs 2")]);
  });

  it.each<[string, string, Record<string, string>]>([
    ["cilium", "500M", { "enable-bandwidth-manager": "true" }],
    ["antrea", "500M/50M", { "antrea-agent.conf": "featureGates:\n  EgressTrafficShaping: true\n" }],
  ])("a limit of bandwidth that %s does not keep is refused", async (cni, bandwidth, data) => {
    const limited = raw({ ...egress, monitoring: "false", cni, "egress.bandwidth": bandwidth });
    const crds = [
      ...cilium,
      ...["egresses", "externalippools", "networkpolicies"].map((name) => `${name}.crd.antrea.io`),
    ];
    const found = (get: () => Promise<unknown>) =>
      problems(limited, { api: { ...cluster({ crds }), get: get as Api["get"] } });
    expect(await found(() => Promise.resolve({ data }))).toEqual([]);
    expect(await found(() => Promise.resolve(undefined))).toEqual([
      expect.stringMatching(
        /^egress\.bandwidth: the cluster's \w+ keeps no limit \(ConfigMap kube-system\/\w+-config\)/,
      ),
    ]);
    expect(await found(() => Promise.reject(new Error("403 forbidden")))).toEqual([
      expect.stringMatching(/^egress\.bandwidth: .* cannot be read \(403 forbidden\)/),
    ]);
  });

  it("refuses a server without the address service, together with the rest", async () => {
    const server = () => Promise.reject(new Error("server.address: the address service does not answer"));
    const found = await problems(raw(), { api: cluster({ crds: [] }), server });
    expect(found[0]).toContain("the address service does not answer");
    expect(found[1]).toContain("no CRD ciliumnodes.cilium.io");
  });

  it("takes what is there as its own at a second `up`", async () => {
    const ours = { namespaces: { "mine-nl01234567": { "cni-traffic-lab/lab": "nl01234567" } } };
    const marked = [{ name: "a", labels: { "cni-traffic-lab/node": "worker" } }, { name: "b" }];
    const again = cluster({ ...ours, nodes: marked, crds: [...cilium, ...api] });
    expect(await problems(raw({ ...ingress, ...install, "load.placement": "inside" }), { api: again })).toEqual([]);
  });
});
