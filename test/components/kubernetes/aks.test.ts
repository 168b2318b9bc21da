import { beforeAll, describe, expect, it } from "vitest";
import {
  aksNetwork,
  azureName,
  dnsAddress,
  managedCluster,
  serverCloudInit,
  serverRules,
} from "../../../components/kubernetes/clusters/aksPlan.ts";
import { labPrefix, stackLabel } from "../../../components/kubernetes/names.ts";
import { Examples } from "../../../components/kubernetes/rendering/examples.ts";
import { callResult, outputsOf } from "../../../components/kubernetes/rendering/steps.ts";
import { record, Secret, type Recorded } from "../../../components/recording.ts";
import { deploy } from "../../../scenarios/deploy.ts";
import { readSettings } from "../../../scenarios/settings.ts";
import { networkOnAks } from "../../support/cases.ts";

const root = "/project";
const context = { root, stack: "aks", backend: "lab", place: { block: null, position: null } } as const;

async function recorded(raw: Record<string, string>): Promise<readonly Recorded[]> {
  const examples = new Examples({ addresses: {}, balancerRange: "", egressPool: "" });
  const { resources } = await record(
    async () => (await deploy(readSettings({ environment: "aks", ...raw }), context)).record,
    { outputs: (made, before) => outputsOf(made, before, examples), call: callResult },
    { project: "cni-traffic-lab", stack: "aks" },
  );
  return resources;
}

const azure = (resources: readonly Recorded[]): Recorded[] =>
  resources.filter(({ type }) => type.startsWith("azure-native:"));
const one = (resources: readonly Recorded[], name: string): Recorded => {
  const found = resources.find((made) => made.custom && made.name === name);
  if (found === undefined)
    throw new Error(`there is no ${name} among ${resources.map((made) => made.name).join(", ")}`);
  return found;
};

describe("a lab on AKS", () => {
  let resources: readonly Recorded[] = [];
  beforeAll(async () => {
    resources = await recorded({ path: "gateway", "aks.owner": "ada", "aks.timeToLive": "4h" });
    // Azure's SDK alone takes seconds to load on a busy machine.
  }, 60_000);

  it("is a group, a network, a cluster without a network plugin, and a role for its load balancers", () => {
    expect(azure(resources).map(({ type, name }) => `${name} ${type.split(":").at(-1) ?? ""}`)).toEqual([
      "group ResourceGroup",
      "vnet VirtualNetwork",
      "nodes Subnet",
      "cluster ManagedCluster",
      "network-role RoleAssignment",
      "server-rules NetworkSecurityGroup",
      "server-subnet Subnet",
      "server-card NetworkInterface",
      "server VirtualMachine",
    ]);
    expect(one(resources, "group").inputs).toMatchObject({
      resourceGroupName: "ctl-aks-abc123",
      location: "westeurope",
      tags: { owner: "ada", "managed-by": "cni-traffic-lab" },
    });
    expect(one(resources, "cluster").inputs).toMatchObject({
      resourceName: "ctl-aks-abc123",
      dnsPrefix: "ctl-aks-abc123",
      kubernetesVersion: "1.36",
      enableRBAC: true,
      identity: { type: "SystemAssigned" },
      sku: { name: "Base", tier: "Free" },
      agentPoolProfiles: [
        {
          name: "agentpool",
          mode: "System",
          count: 2,
          vmSize: "Standard_A2_v2",
          osType: "Linux",
          osSKU: "Ubuntu",
          type: "VirtualMachineScaleSets",
          vnetSubnetID: "nodes-id",
        },
      ],
      networkProfile: { ...networkOnAks, outboundType: "loadBalancer" },
      apiServerAccessProfile: { authorizedIPRanges: ["203.0.113.7/32"] },
    });
    expect(one(resources, "network-role").inputs).toMatchObject({
      principalId: "00000000-0000-0000-0000-000000000000",
      principalType: "ServicePrincipal",
      scope: "vnet-id",
      roleDefinitionId: expect.stringMatching(/roleDefinitions\/4d97b98b-1d4f-4787-a291-c67834d212e7$/) as string,
    });
  });

  it("carries owner and time-to-live on all that Azure bills", () => {
    const expires = expect.stringMatching(/14400 s$/) as string;
    for (const name of ["group", "vnet", "cluster", "server-rules", "server-card", "server"]) {
      expect(one(resources, name).inputs["tags"], name).toMatchObject({
        owner: "ada",
        "cni-traffic-lab-expires": expires,
      });
    }
    expect(one(resources, "expiry").inputs["stdin"]).toBe('{"seconds":14400}');
  });

  it("is deleted with its group, or its cluster: nothing in Azure or in the cluster is deleted by itself, so a lab whose cluster is gone goes too", () => {
    const group = one(resources, "group");
    const cluster = resources.filter(({ type }) => type.startsWith("kubernetes:"));
    expect(cluster.length).toBeGreaterThan(5);
    for (const made of azure(resources)) {
      if (made === group) continue;
      expect([made.name, made.deletedWith]).toEqual([made.name, group.urn]);
    }
    // Objects with their provider, which goes whenever the cluster does, also when another cluster takes its place.
    const { urn } = one(resources, "ground-provider");
    for (const made of cluster) expect([made.name, made.deletedWith]).toEqual([made.name, urn]);
    // Nothing that runs a program at the end: the state alone is enough.
    const commands = resources.filter(({ type }) => type === "command:local:Command");
    expect(commands.filter(({ inputs }) => inputs["delete"] !== undefined).map(({ name }) => name)).toEqual([]);
    const provider = one(resources, "ground-provider");
    expect(provider.inputs["deleteUnreachable"]).toBe("true");
    expect(provider.inputs["kubeconfig"]).toBeInstanceOf(Secret);
  });

  it("lets nobody but the lab's own network reach the server, which has no public address", () => {
    // Azure refuses two changes of one network at the same time.
    expect(one(resources, "server-subnet").dependencies).toContain(one(resources, "nodes").urn);
    expect(one(resources, "server-subnet").inputs).toMatchObject({
      addressPrefix: "10.225.16.0/24",
      defaultOutboundAccess: true,
      networkSecurityGroup: { id: "server-rules-id" },
    });
    expect(
      serverRules(16).map(({ access, sourceAddressPrefix, destinationPortRanges = ["*"] }) => [
        access,
        sourceAddressPrefix,
        destinationPortRanges,
      ]),
    ).toEqual([
      ["Allow", "10.225.0.0/16", ["5201-5216", "8080"]],
      ["Deny", "*", ["*"]],
    ]);
    const [first, second] = one(resources, "server-card").inputs["ipConfigurations"] as Record<string, unknown>[];
    expect(first).toEqual({
      name: "measured",
      primary: true,
      subnet: { id: "server-subnet-id" },
      privateIPAllocationMethod: "Static",
      privateIPAddress: "10.225.16.4",
    });
    expect(second).toMatchObject({ privateIPAddress: "10.225.16.5", primary: false });
    expect(azure(resources).some(({ type }) => type.includes("PublicIP"))).toBe(false);
  });

  it("gives each generated key to Azure by its public half, and keeps the pair secret", () => {
    const profiles = [one(resources, "cluster").inputs["linuxProfile"], one(resources, "server").inputs["osProfile"]];
    for (const profile of profiles) expect(JSON.stringify(profile)).toContain('"keyData":"ssh-rsa ');
    for (const name of ["ssh-key", "server-key"]) expect(one(resources, name).inputs["create"]).toContain("ssh-key");
    expect(JSON.stringify(resources)).not.toContain("PRIVATE KEY");
  });
});

describe("settings of AKS", () => {
  it("reach Azure: a given key and prefix, ranges, size, count, place", async () => {
    const key = "ssh-ed25519 AAAAC3Nza mine";
    const resources = await recorded({
      scenario: "ingress",
      gateway: "nginx",
      monitoring: "false",
      "aks.sshPublicKey": key,
      "aks.dnsPrefix": "mine",
      "aks.authorizedRanges": "198.51.100.0/24,203.0.113.9/32",
      "aks.vmSize": "Standard_D4s_v5",
      "aks.nodes": "3",
      "aks.location": "northeurope",
      "aks.removeKubeProxy": "true",
    });
    expect(one(resources, "cluster").inputs).toMatchObject({
      dnsPrefix: "mine",
      location: "northeurope",
      agentPoolProfiles: [{ count: 3, vmSize: "Standard_D4s_v5" }],
      linuxProfile: { ssh: { publicKeys: [{ keyData: key }] } },
      apiServerAccessProfile: { authorizedIPRanges: ["198.51.100.0/24", "203.0.113.9/32"] },
    });
    // The gateway's load balancer takes the same callers.
    expect(one(resources, "gateway-gateway").inputs["spec"]).toMatchObject({
      infrastructure: {
        annotations: {
          "service.beta.kubernetes.io/azure-allowed-ip-ranges": "198.51.100.0/24,203.0.113.9/32",
        },
      },
    });
    expect(resources.some(({ name }) => name === "ssh-key" || name === "caller")).toBe(false);
    const off = one(resources, "no-kube-proxy");
    expect(off.inputs["create"]).toContain("az aks update --resource-group ctl-aks-abc123 --name ctl-aks-abc123");
    expect(off.dependencies).toContain(one(resources, "network-role").urn);
  });

  it("any: everybody may call", () => {
    const facts = { nodeSubnet: "n", dnsPrefix: "d", sshKey: "k", podCidr: "10.1.0.0/16", serviceCidr: "10.2.0.0/24" };
    const plan = { kubernetesVersion: "1.36", nodes: 2, vmSize: "x" } as Parameters<typeof managedCluster>[0];
    expect(managedCluster(plan, { ...facts, authorized: null })).not.toHaveProperty("apiServerAccessProfile");
    expect(dnsAddress("10.2.0.240/28")).toBe("10.2.0.250");
  });

  it("names stay within Azure's and Kubernetes' rules, whatever the stack is called", () => {
    for (const stack of ["aks", "My.Team_AKS", "9lives", "a".repeat(80), "--x--", "ÄÖ"]) {
      expect(azureName(stack, "abc123")).toMatch(/^ctl-[a-z]([a-z0-9-]*[a-z0-9])?-abc123$/);
      // MC_<group>_<cluster>_<location>
      expect(2 * azureName(stack, "abc123").length + "MC___southeastasia".length).toBeLessThanOrEqual(80);
      expect(labPrefix(stack, "nl01234567")).toMatch(/^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/);
      expect(stackLabel(stack)).toMatch(/^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/);
    }
    expect(labPrefix("aks", "nl01234567")).toBe("aks-nl01234567");
  });

  it("the server starts with its two addresses and one iperf3 for each generator", () => {
    const text = serverCloudInit({ node: "node:1", iperf3: "iperf3:1" }, "agent text", 2);
    expect(text).toContain(`ip address add ${aksNetwork.serverOther}/24 dev eth0`);
    expect(text).toContain(Buffer.from("agent text").toString("base64"));
    expect(text.match(/iperf3 -s -J -p 520\d/g)).toEqual(["iperf3 -s -J -p 5201", "iperf3 -s -J -p 5202"]);
  });
});
