/** An AKS cluster without a network plugin of its own, in a resource group that everything goes with. */
import { ManagedCluster } from "@pulumi/azure-native/containerservice/managedCluster.js";
import { listManagedClusterUserCredentialsOutput } from "@pulumi/azure-native/containerservice/listManagedClusterUserCredentials.js";
import { RoleAssignment } from "@pulumi/azure-native/authorization/roleAssignment.js";
import { getClientConfigOutput } from "@pulumi/azure-native/authorization/getClientConfig.js";
import { Subnet } from "@pulumi/azure-native/network/subnet.js";
import { VirtualNetwork } from "@pulumi/azure-native/network/virtualNetwork.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { ClusterKind } from "../../platform.ts";
import { runTask, type Ground } from "../ground.ts";
import { aksNetwork, azureName, expiresTag, managedCluster } from "./aksPlan.ts";
import type { Cluster } from "./cluster.ts";

/** Azure's built-in role that lets the cluster's identity put load balancers into the lab's network. */
const networkContributor = "4d97b98b-1d4f-4787-a291-c67834d212e7";

export interface AzurePlace {
  readonly group: ResourceGroup;
  readonly network: VirtualNetwork;
  /** Subnet of the nodes. */
  readonly nodes: Subnet;
  readonly location: string;
  readonly tags: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** What the external server's machine needs of the cluster's place. */
export const azurePlaces = new WeakMap<Ground, AzurePlace>();

export function aksCluster(ground: Ground, plan: Extract<ClusterKind, { kind: "aks" }>): Cluster {
  const { project, labId } = ground.context;
  const own = { parent: ground };
  const task = <T>(name: string, what: "expiry" | "ssh-key" | "caller", input: object) =>
    runTask<T>(name, what, { input, project }, own).result;

  const expires = task<{ expires: number }>("expiry", "expiry", { seconds: plan.timeToLiveSeconds }).apply(
    (made) => made.expires,
  );
  const tags = {
    "managed-by": "cni-traffic-lab",
    "cni-traffic-lab": labId,
    owner: plan.owner === "" ? (process.env["USER"] ?? "unknown") : plan.owner,
    [expiresTag]: pulumi.interpolate`${expires}`,
  };
  const suffix = new random.RandomId("suffix", { byteLength: 3 }, own).hex;
  const name = suffix.apply((end) => azureName(ground.context.stack, end));
  const { location } = plan;
  const group = new ResourceGroup(
    "group",
    { location, resourceGroupName: name, tags },
    { ...own, customTimeouts: { delete: "30m" } },
  );
  // Everything in the group goes with the group: one deletion, and none that fails because the group is gone already.
  const inside = { ...own, deletedWith: group };
  const inGroup = { resourceGroupName: group.name, location, tags };
  const network = new VirtualNetwork(
    "vnet",
    { ...inGroup, addressSpace: { addressPrefixes: [aksNetwork.space] } },
    { ...inside, ignoreChanges: ["subnets"] },
  );
  const nodes = new Subnet(
    "nodes",
    { resourceGroupName: group.name, virtualNetworkName: network.name, addressPrefix: aksNetwork.nodes },
    inside,
  );
  const sshKey =
    plan.sshPublicKey === ""
      ? task<{ publicKey: string }>("ssh-key", "ssh-key", {}).apply(({ publicKey }) => publicKey)
      : plan.sshPublicKey;
  const authorized =
    plan.authorized === "any"
      ? pulumi.output<readonly string[] | null>(null)
      : plan.authorized === "caller"
        ? task<{ ranges: string[] }>("caller", "caller", {}).apply(({ ranges }): readonly string[] | null => ranges)
        : pulumi.output<readonly string[] | null>([...plan.authorized]);
  const { podCidr, serviceCidr } = ground.plan;
  const args = pulumi.all([nodes.id, sshKey, authorized, name]).apply(([nodeSubnet, key, ranges, named]) =>
    managedCluster(plan, {
      nodeSubnet,
      dnsPrefix: plan.dnsPrefix === "" ? named : plan.dnsPrefix,
      sshKey: key,
      podCidr,
      serviceCidr,
      authorized: ranges,
    }),
  );
  const cluster = new ManagedCluster(
    "cluster",
    {
      ...inGroup,
      resourceName: name,
      dnsPrefix: args.dnsPrefix,
      kubernetesVersion: args.kubernetesVersion,
      identity: args.identity,
      sku: args.sku,
      enableRBAC: true,
      agentPoolProfiles: args.agentPoolProfiles,
      linuxProfile: args.linuxProfile,
      networkProfile: args.networkProfile,
      apiServerAccessProfile: args.apply((all) =>
        "apiServerAccessProfile" in all ? all.apiServerAccessProfile : undefined,
      ),
    },
    // Pools of a cluster cannot be changed in place.
    {
      ...inside,
      replaceOnChanges: ["agentPoolProfiles", "networkProfile"],
      customTimeouts: { create: "30m", delete: "30m" },
    },
  );
  const role = new RoleAssignment(
    "network-role",
    {
      principalId: cluster.identity.apply((identity) => identity?.principalId ?? ""),
      principalType: "ServicePrincipal",
      roleDefinitionId: pulumi.interpolate`/subscriptions/${getClientConfigOutput({ parent: ground }).subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${networkContributor}`,
      scope: network.id,
    },
    inside,
  );
  const ready: pulumi.Resource = plan.removeKubeProxy ? removeKubeProxy(ground, group, cluster, role) : role;
  azurePlaces.set(ground, { group, network, nodes, location, tags });
  const credentials = listManagedClusterUserCredentialsOutput(
    { resourceGroupName: group.name, resourceName: cluster.name },
    { parent: ground, dependsOn: [cluster] },
  );
  return {
    resource: ready,
    own: group,
    kubeconfig: pulumi.secret(
      credentials.kubeconfigs.apply(([first]) => Buffer.from(first?.value ?? "", "base64").toString("utf8")),
    ),
    apiServer: plan.removeKubeProxy ? { host: cluster.fqdn.apply((name) => name), port: 443 } : null,
    nodes: plan.nodes,
    ranges: { balancer: "", egress: "" },
    outside: "mcr.microsoft.com:443",
    host: "",
    callers: plan.authorized === "any" ? undefined : authorized.apply((ranges) => (ranges ?? []).join(",")),
    dockerNetwork: "",
    limits: [
      "AKS hides its control plane: what it costs is not measured",
      "an Azure machine's bandwidth is limited by its size: compare it before you compare CNIs",
    ],
  };
}

/** A preview feature that only the Azure CLI can ask for. */
function removeKubeProxy(
  ground: Ground,
  group: ResourceGroup,
  cluster: ManagedCluster,
  role: RoleAssignment,
): pulumi.Resource {
  return new local.Command(
    "no-kube-proxy",
    {
      create:
        pulumi.interpolate`printf '{"enabled": false}' > "$TMPDIR_FILE" && az aks update --resource-group ${group.name} --name ${cluster.name} --kube-proxy-config "$TMPDIR_FILE" --only-show-errors`.apply(
          (command) => `TMPDIR_FILE=$(mktemp); trap 'rm -f "$TMPDIR_FILE"' EXIT; ${command}`,
        ),
    },
    { parent: ground, dependsOn: [cluster, role] },
  );
}
