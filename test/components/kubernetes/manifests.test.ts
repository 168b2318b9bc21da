/** What `lab manifests` says of the thesis' cases: whole, as snapshots to review, and the values that matter by themselves. */
import { readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it, test } from "vitest";
import type { Recorded } from "../../../components/recording.ts";
import { stepsOf, type ReleaseStep, type Step } from "../../../components/kubernetes/rendering/steps.ts";
import { folderFiles, streamText, type Rendering } from "../../../components/kubernetes/rendering/text.ts";
import { charts } from "../../../components/kubernetes/versions.ts";
import { renderManifests, writeManifests } from "../../../runner/manifests.ts";
import { readStackFile } from "../../../runner/workFolder.ts";
import { readSettings } from "../../../scenarios/settings.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { recordedLab } from "../../support/pulumi.ts";

type Raw = Readonly<Record<string, string>>;

const made = new Map<
  string,
  Promise<{ rendering: Rendering; resources: readonly Recorded[]; messages: readonly string[] }>
>();

/** Each lab is recorded once. */
function lab(raw: Raw) {
  const key = JSON.stringify(raw);
  const found =
    made.get(key) ??
    recordedLab(raw).then(({ recording: { resources, messages }, examples }) => ({
      rendering: {
        steps: stepsOf(resources),
        examples,
        warnings: [],
        title: Object.values(raw).join(" "),
        command: "",
      },
      resources,
      messages: messages.map(({ text }) => text),
    }));
  made.set(key, found);
  return found;
}

const local = { environment: "local" };
const egress = { scenario: "egress", path: "gateway" };
const base = { scenario: "egress", path: "base" };
const ingress = { scenario: "ingress" };

const stepsFor = async (raw: Raw): Promise<readonly Step[]> => (await lab(raw)).rendering.steps;
const object = async (raw: Raw, kind: string, name = "") => {
  const found = (await stepsFor(raw)).flatMap((step) =>
    step.kind === "object" && step.manifest.kind === kind && step.manifest.metadata.name.endsWith(name)
      ? [step.manifest]
      : [],
  );
  const [only, ...more] = found;
  if (only === undefined || more.length > 0) throw new Error(`${found.length} of ${kind} ${name}`);
  return only;
};
const release = async (raw: Raw, name: string): Promise<ReleaseStep> => {
  const found = (await stepsFor(raw)).find((step) => step.kind === "release" && step.release === name);
  if (found?.kind !== "release") throw new Error(`there is no release ${name}`);
  return found;
};

describe("snapshots of the thesis' cases", () => {
  const whole = { ...local, cni: "cilium", ...egress };
  const rest = { monitoring: "false" };
  /** Texts of a rendering by step; scripts are left out, they are code. */
  const texts = async (raw: Raw): Promise<string[]> => {
    const { rendering } = await lab(raw);
    const steps = rendering.steps.map((step) =>
      step.kind === "object" ? { ...step, manifest: withoutScripts(step.manifest) } : step,
    );
    return streamText({ ...rendering, steps }).split(/\n\n(?=---|# \d)/);
  };
  const bare = (text: string): string => text.replace(/^(---\n)?# \d+\. /, "$1# ");

  test.each<[string, Raw]>([
    ["kind-cilium-egress-gateway", whole],
    ["kind-cilium-egress-base", { ...whole, ...rest, path: "base" }],
    ["kind-antrea-egress-gateway", { ...whole, ...rest, cni: "antrea" }],
    ["kind-antrea-egress-base", { ...whole, ...rest, cni: "antrea", path: "base" }],
    ["kind-antrea-egress-pool", { ...whole, ...rest, cni: "antrea", "egress.address": "pool" }],
    ["kind-cilium-ingress", { ...local, ...rest, cni: "cilium", ...ingress, gateway: "cilium" }],
    ["kind-antrea-ingress-nginx", { ...local, ...rest, cni: "antrea", ...ingress, gateway: "nginx" }],
    [
      "aks-cilium-ingress",
      { environment: "aks", "aks.owner": "owner", ...rest, cni: "cilium", ...ingress, gateway: "cilium" },
    ],
    [
      "aks-antrea-ingress-nginx",
      { environment: "aks", "aks.owner": "owner", ...rest, cni: "antrea", ...ingress, gateway: "nginx" },
    ],
  ])("%s", async (name, raw) => {
    // The first is whole, with monitoring; the others show the order, and of each step only its name where it is the first one's.
    const known = raw === whole ? new Set<string>() : new Set((await texts(whole)).map(bare));
    const shown = (await texts(raw)).map((text) =>
      known.has(bare(text)) ? `${/# \d+\. .*/.exec(text)?.[0] ?? ""} (as in kind-cilium-egress-gateway)` : text,
    );
    await expect(`${shown.join("\n\n").trimEnd()}\n`).toMatchFileSnapshot(`../../golden/manifests/${name}.yaml`);
  });
});

function withoutScripts<T extends object>(manifest: T): T {
  if (!("data" in manifest)) return manifest;
  const data = Object.keys(manifest.data as object).map((name) => [name, "(left out)"]);
  return { ...manifest, data: Object.fromEntries(data) as unknown };
}

describe("values that matter", () => {
  const aks = { environment: "aks", "aks.owner": "owner" };

  test.each([
    ["cilium", local, { kubeProxyReplacement: true, ipam: { mode: "kubernetes" }, bpf: { masquerade: true } }],
    ["cilium", aks, { kubeProxyReplacement: true, aksbyocni: { enabled: true }, bpf: { masquerade: true } }],
    ["antrea", local, { trafficEncapMode: "encap", antreaProxy: { enable: true, proxyAll: false } }],
    ["antrea", aks, { nodeIPAM: { enable: true, clusterCIDRs: ["10.244.0.0/16"] } }],
  ])("%s on %o: pinned chart and its values", async (cni, place, values) => {
    const found = await release({ ...place, cni, ...egress }, cni);
    const { version, repository } = charts[cni as "cilium" | "antrea"];
    expect(found).toMatchObject({ version, repository, namespace: "kube-system", values });
  });

  it("weights of the route, its path and port", async () => {
    const raw = {
      ...local,
      ...ingress,
      gateway: "envoy",
      weights: "70/20.5/9.5",
      "route.path": "/api",
      "backend.port": "9000",
    };
    expect(await object(raw, "HTTPRoute")).toMatchObject({
      spec: {
        rules: [
          {
            matches: [{ path: { type: "PathPrefix", value: "/api" } }],
            backendRefs: [
              { name: "echo-1", port: 9000, weight: 700 },
              { name: "echo-2", port: 9000, weight: 205 },
              { name: "echo-3", port: 9000, weight: 95 },
            ],
          },
        ],
      },
    });
  });

  it("weights that NGINX cannot give exactly are told", async () => {
    const { messages } = await lab({ ...local, cni: "antrea", ...ingress, gateway: "nginx", weights: "1/1/1" });
    expect(messages.join("\n")).toMatch(/^weights: NGINX gives echo-1 33\.33 %/m);
  });

  it("gateways stand on kind's control plane, on AKS beside the first echo pod", async () => {
    const onKind = { nodeSelector: { "node-role.kubernetes.io/control-plane": "" } };
    const beside = { labelSelector: { matchLabels: { "cni-traffic-lab/name": "echo-1" } } };
    const nginx = { cni: "antrea", ...ingress, gateway: "nginx" };
    expect((await release({ ...local, ...nginx }, "ngf")).values).toMatchObject({
      nginx: { pod: onKind },
      nginxGateway: onKind,
    });
    expect((await release({ ...aks, ...nginx }, "ngf")).values).toMatchObject({
      nginx: { pod: { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [beside] } } } },
    });
    expect(await object({ ...local, ...ingress, gateway: "envoy" }, "EnvoyProxy")).toMatchObject({
      spec: { provider: { kubernetes: { envoyDeployment: { pod: onKind }, envoyService: { type: "LoadBalancer" } } } },
    });
  });

  it("addresses of load balancers: a range that was given, else an example that says so", async () => {
    const range = "172.18.255.200-172.18.255.210";
    const blocks = [{ start: "172.18.255.200", stop: "172.18.255.210" }];
    const raw = { ...local, ...ingress, gateway: "envoy" };
    expect(await object({ ...raw, "loadBalancer.range": range }, "CiliumLoadBalancerIPPool")).toMatchObject({
      spec: { blocks },
    });
    expect(await object({ ...raw, cni: "antrea", "loadBalancer.range": range }, "IPAddressPool")).toMatchObject({
      spec: { addresses: [range] },
    });
    expect(streamText((await lab(raw)).rendering)).toMatch(
      /start: 198\.51\.100\.64 # example: free range of the docker network; -c loadBalancer\.range=…/,
    );
  });

  it("egress policies: selectors, gateway node and addresses as given", async () => {
    const addresses = "worker=172.18.0.3,gateway=172.18.0.4,other-server=172.18.0.10";
    const raw = { ...local, ...egress, "server.address": "172.18.0.9", "manifests.addresses": addresses };
    expect(await object(raw, "CiliumEgressGatewayPolicy")).toMatchObject({
      spec: {
        destinationCIDRs: ["172.18.0.9/32"],
        egressGateway: { nodeSelector: { matchLabels: { "cni-traffic-lab/egress": "gateway" } } },
      },
    });
    expect(await object({ ...raw, cni: "antrea" }, "Egress")).toMatchObject({ spec: { egressIP: "172.18.0.4" } });
    const plan = await object(raw, "ConfigMap", "load-1-1d");
    const told = (plan["data"] as Record<string, string>)["plan.json"];
    expect(told).toContain("172.18.0.4");
    // Nothing but the docker network's own address is an example now.
    expect(streamText((await lab(raw)).rendering)).not.toMatch(/example: address of|# example /);
  });

  it("several gateways: all Jobs name one attempt, the first one's uid, and where it is to be had", async () => {
    const several = { ...local, ...egress, "egress.gateways": "3" };
    const attempt = async (name: string): Promise<unknown> => {
      const { template } = (await object(several, "Job", name))["spec"] as {
        template: { spec: { containers: { env?: { name: string }[] }[] } };
      };
      return template.spec.containers.flatMap(({ env = [] }) => env).find((one) => one.name === "ATTEMPT");
    };
    const uid = "example-uid-of-load-1-1d";
    expect(await attempt("-1d")).toHaveProperty("valueFrom.fieldRef");
    expect(await attempt("-1d-2")).toEqual({ name: "ATTEMPT", value: uid });
    expect(await attempt("-1d-3")).toEqual({ name: "ATTEMPT", value: uid });
    const note = /uid of the Job load-1-1d once it is made; kubectl -n \S+ get job load-1-1d -o jsonpath/;
    expect(folderFiles((await lab(several)).rendering).get("README.md")).toMatch(note);
    // One Job alone knows its own.
    const alone = (await lab({ ...local, ...egress })).rendering;
    expect([...folderFiles(alone).values()].join("\n")).not.toContain("example-uid");
  });

  it("a limit of bandwidth: Cilium's of the pod, Antrea's of the address, on path gateway alone, and the record says which", async () => {
    const annotations = async (raw: Raw): Promise<unknown> =>
      ((await object(raw, "Job"))["spec"] as { template: { metadata: { annotations?: unknown } } }).template.metadata
        .annotations;
    const limited = { ...aks, cni: "cilium", ...egress, "egress.bandwidth": "500M" };
    expect(await annotations(limited)).toEqual({ "kubernetes.io/egress-bandwidth": "500M" });
    expect((await release(limited, "cilium")).values).toMatchObject({ bandwidthManager: { enabled: true } });
    expect((await recordedLab(limited)).recording.value.limits).toContainEqual(
      expect.stringMatching(/^Cilium holds each load pod to 500M bit\/s .* neither the gateway nor its address/),
    );
    // The same CNI on both paths, so that only the path differs.
    const plain = { ...limited, ...base };
    expect(await annotations(plain)).toBeUndefined();
    expect((await release(plain, "cilium")).values).toMatchObject({ bandwidthManager: { enabled: true } });
    const antrea = { ...local, ...egress, cni: "antrea", "egress.bandwidth": "500M/50M" };
    expect(await annotations(antrea)).toBeUndefined();
    expect(await object(antrea, "Egress")).toMatchObject({ spec: { bandwidth: { rate: "500M", burst: "50M" } } });
    expect((await recordedLab(antrea)).recording.value.limits).toContainEqual(
      expect.stringMatching(/^Antrea holds the egress address .* dropped, not delayed/),
    );
    const split = { ...aks, cni: "cilium", ...ingress, gateway: "cilium", "egress.bandwidth": "500M" };
    expect((await release(split, "cilium")).values).not.toHaveProperty("bandwidthManager");
  });

  it("a mirror holds every image, also Envoy Gateway's proxy, whose tag stays its own", async () => {
    const raw = { ...local, ...ingress, gateway: "envoy", imagesMirror: "mirror.test/all" };
    const proxy = "spec.provider.kubernetes.envoyDeployment.container";
    expect(await object(raw, "EnvoyProxy")).toHaveProperty(proxy, {
      imageRepository: "mirror.test/all/envoyproxy/envoy",
    });
    const image = "mirror.test/own/envoy:v1.2.3";
    expect(await object({ ...raw, images: `envoy-proxy=${image}` }, "EnvoyProxy")).toHaveProperty(proxy, { image });
    expect((await release(raw, "eg")).values).toMatchObject({
      global: { images: { envoyGateway: { image: `mirror.test/all/envoyproxy/gateway:v${charts.envoy.version}` } } },
    });
  });

  describe("who may reach the results: load pods, nodes and, where the API server stands elsewhere, its agents", () => {
    const existing = { environment: "existing", "existing.context": "lab", "server.address": "192.0.2.9" };
    const places: readonly [string, Raw, boolean][] = [
      ["kind", local, false],
      ["aks", aks, true],
      ["existing", existing, true],
    ];
    const client = { matchLabels: { "cni-traffic-lab/role": "client" } };
    const labels = [{ app: "konnectivity-agent" }, { "k8s-app": "konnectivity-agent" }];

    test.each(places)("Cilium on %s", async (_, place, hasAgents) => {
      const toPorts = [{ ports: [{ port: "8080", protocol: "TCP" }] }];
      const namespace = { "k8s:io.kubernetes.pod.namespace": "kube-system" };
      const agents = { fromEndpoints: labels.map((own) => ({ matchLabels: { ...namespace, ...own } })), toPorts };
      expect((await object({ ...place, ...base, cni: "cilium" }, "CiliumNetworkPolicy"))["spec"]).toEqual({
        endpointSelector: { matchLabels: { "cni-traffic-lab/name": "results" } },
        ingress: [
          { fromEndpoints: [client], toPorts },
          { fromEntities: ["kube-apiserver", "host", "remote-node"] },
          ...(hasAgents ? [agents] : []),
        ],
      });
    });

    test.each(places)("Antrea on %s", async (_, place, hasAgents) => {
      const namespaceSelector = { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } };
      const agents = labels.map((matchLabels) => ({ namespaceSelector, podSelector: { matchLabels } }));
      const policy = await object({ ...place, ...base, cni: "antrea" }, "NetworkPolicy");
      expect(policy.apiVersion).toBe("crd.antrea.io/v1beta1");
      expect(policy["spec"]).toMatchObject({
        appliedTo: [{ podSelector: { matchLabels: { "cni-traffic-lab/name": "results" } } }],
        ingress: [
          { action: "Allow", from: [{ podSelector: client }] },
          {
            action: "Allow",
            from: [{ nodeSelector: { matchLabels: { "kubernetes.io/os": "linux" } } }, ...(hasAgents ? agents : [])],
          },
          { action: "Drop" },
        ],
      });
    });
  });

  it("AKS: no network plugin, the thesis' pool, own ranges, only the caller, a time to live", async () => {
    const { resources } = await lab({ ...aks, cni: "cilium", ...ingress, gateway: "cilium" });
    const of = (type: string) => resources.find((one) => one.type === `azure-native:${type}`)?.inputs ?? {};
    expect(of("containerservice:ManagedCluster")).toMatchObject({
      identity: { type: "SystemAssigned" },
      agentPoolProfiles: [{ name: "agentpool", count: 2, vmSize: "Standard_A2_v2", mode: "System" }],
      networkProfile: {
        networkPlugin: "none",
        podCidr: "10.244.0.0/16",
        serviceCidr: "10.96.0.0/16",
        dnsServiceIP: "10.96.0.10",
        loadBalancerSku: "standard",
      },
      apiServerAccessProfile: { authorizedIPRanges: ["203.0.113.7/32"] },
    });
    expect(of("resources:ResourceGroup")).toMatchObject({
      tags: {
        owner: "owner",
        "managed-by": "cni-traffic-lab",
        "cni-traffic-lab-expires": expect.any(String) as string,
      },
    });
    expect(resources.filter(({ type }) => type.startsWith("azure-native:compute"))).toEqual([]);
  });

  it("AKS egress: a machine in a subnet of its own, which only the lab's network reaches", async () => {
    const { resources } = await lab({ ...aks, ...egress });
    const rules = resources.find(({ type }) => type === "azure-native:network:NetworkSecurityGroup")?.inputs[
      "securityRules"
    ];
    expect(rules).toMatchObject([{ access: "Allow", sourceAddressPrefix: "10.225.0.0/16" }, { access: "Deny" }]);
    expect(resources.filter(({ type }) => type === "azure-native:network:Subnet").map(({ name }) => name)).toHaveLength(
      2,
    );
  });
});

describe("a folder of manifests", () => {
  it("has numbered files, and notes that name each of them in the order of creation", async () => {
    const { rendering } = await lab({ ...local, cni: "antrea", ...ingress, gateway: "nginx" });
    const files = folderFiles(rendering);
    const names = [...files.keys()].filter((name) => name !== "README.md");
    expect(names).toEqual(names.toSorted());
    const notes = files.get("README.md") ?? "";
    const places = names.map((name) => notes.indexOf(name));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places.every((at) => at > 0)).toBe(true);
    expect(notes).toMatch(/kind create cluster .* --config 01-kind\.yaml/);
    expect(notes).toMatch(
      /helm install ngf oci:\/\/ghcr\.io\/\S+ --version \S+ --namespace \S+ --timeout 5m --values \d+-ngf\.values\.yaml/,
    );
  });
});

describe("lab manifests", () => {
  const root = resolve(import.meta.dirname, "..", "..", "..");
  const render = (stack: string, raw: Raw = readStackFile(root, stack)) =>
    renderManifests({
      root,
      stack,
      ownBackend: false,
      settings: readSettings(raw),
      command: `npx lab manifests -s ${stack}`,
    });

  test.each([
    ["local", "CiliumEgressGatewayPolicy"],
    ["aks", "HTTPRoute"],
  ])("the stack file %s renders, with its warnings", async (stack, kind) => {
    const { steps, warnings, title } = await render(stack);
    expect(title).toMatch(new RegExp(`^${stack}/cilium/.*, stack ${stack}$`));
    expect(steps.some((step) => step.kind === "object" && step.manifest.kind === kind)).toBe(true);
    expect(warnings.map((line) => line.split(":")[0])).toEqual(stack === "aks" ? ["aks.vmSize"] : []);
  });

  it("netns has nothing to render, and says where there is something", async () => {
    await expect(render("netns")).rejects.toMatchObject({
      kind: "input",
      remedy: expect.stringContaining("-s local") as string,
    });
  });

  it("writes a folder again, without what is no longer made, and leaves what it did not make alone", async () => {
    const folder = join(scratchFolder(), "out");
    const rendering = (await lab({ ...local, ...egress })).rendering;
    const names = writeManifests(folder, rendering);
    expect(readdirSync(folder).toSorted()).toEqual(names);
    writeFileSync(join(folder, "99-old.yaml"), "");
    writeManifests(folder, rendering);
    expect(readdirSync(folder).toSorted()).toEqual(names);
    const other = scratchFolder();
    writeFileSync(join(other, "mine.yaml"), "");
    expect(() => writeManifests(other, rendering)).toThrow(/is not empty/);
    expect(readdirSync(other)).toEqual(["mine.yaml"]);
  });
});
