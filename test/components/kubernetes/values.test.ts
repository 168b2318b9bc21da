/** What `lab manifests` says of settings, object by object: the values that matter. */
import { describe, expect, it, test } from "vitest";
import { folderFiles, streamText } from "../../../components/kubernetes/rendering/text.ts";
import { charts } from "../../../components/kubernetes/versions.ts";
import { recordedLab } from "../../support/pulumi.ts";
import { lab, object, release, type Raw } from "../../support/rendered.ts";
import { networkOnAks } from "../../support/cases.ts";

const local = { environment: "local" };
const egress = { scenario: "egress", path: "gateway" };
const base = { scenario: "egress", path: "base" };
const ingress = { scenario: "ingress" };

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
      networkProfile: networkOnAks,
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
