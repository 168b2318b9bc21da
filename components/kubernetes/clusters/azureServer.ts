/** The external server on Azure: a small machine in a subnet of its own. Experimental: Cilium's egress there has an unresolved report (cilium#28422). */
import { VirtualMachine } from "@pulumi/azure-native/compute/virtualMachine.js";
import { NetworkInterface } from "@pulumi/azure-native/network/networkInterface.js";
import { NetworkSecurityGroup } from "@pulumi/azure-native/network/networkSecurityGroup.js";
import { Subnet } from "@pulumi/azure-native/network/subnet.js";
import type * as pulumi from "@pulumi/pulumi";
import type { ClusterKind } from "../../platform.ts";
import { serverAgent, serverPorts } from "../externalServer.ts";
import { runTask, type Ground } from "../ground.ts";
import type { ServerOutput } from "../tasks/dockerServer.ts";
import { azurePlaces } from "./aks.ts";
import { aksNetwork, serverCloudInit, serverRules } from "./aksPlan.ts";

/** Its addresses follow from the plan, so they are known before the machine answers: the load's gate waits for it. */
export function azureServer(
  name: string,
  ground: Ground,
  plan: Extract<ClusterKind, { kind: "aks" }>,
  parent: pulumi.Resource,
): pulumi.Output<ServerOutput> {
  const place = azurePlaces.get(ground);
  if (place === undefined) throw new Error("the external server on Azure needs the cluster's resource group first");
  const { group, network, nodes, location, tags } = place;
  const opts = { parent, deletedWith: group };
  const inGroup = { resourceGroupName: group.name, location, tags };
  const rules = new NetworkSecurityGroup(
    `${name}-rules`,
    { ...inGroup, securityRules: serverRules(serverPorts) },
    opts,
  );
  const subnet = new Subnet(
    `${name}-subnet`,
    {
      resourceGroupName: group.name,
      virtualNetworkName: network.name,
      addressPrefix: aksNetwork.server,
      // It fetches its packages and images, and has no address of its own outside: Azure's implicit way out, which new subnets lack.
      defaultOutboundAccess: true,
      networkSecurityGroup: { id: rules.id },
    },
    // Azure refuses two changes of one network at the same time.
    { ...opts, dependsOn: [nodes] },
  );
  const address = (label: string, at: string, primary: boolean) => ({
    name: label,
    primary,
    subnet: { id: subnet.id },
    privateIPAllocationMethod: "Static",
    privateIPAddress: at,
  });
  const card = new NetworkInterface(
    `${name}-card`,
    {
      ...inGroup,
      ipConfigurations: [
        address("measured", aksNetwork.serverAddress, true),
        address("other", aksNetwork.serverOther, false),
      ],
    },
    opts,
  );
  const key = runTask<{ publicKey: string }>(
    `${name}-key`,
    "ssh-key",
    { input: {}, project: ground.context.project },
    { parent },
  );
  const machine = new VirtualMachine(
    name,
    {
      ...inGroup,
      hardwareProfile: { vmSize: plan.serverVmSize },
      networkProfile: { networkInterfaces: [{ id: card.id, primary: true }] },
      osProfile: {
        computerName: "lab-server",
        adminUsername: "azureuser",
        customData: Buffer.from(
          serverCloudInit({ node: ground.image("node"), iperf3: ground.image("iperf3") }, serverAgent(), serverPorts),
        ).toString("base64"),
        linuxConfiguration: {
          disablePasswordAuthentication: true,
          ssh: {
            publicKeys: [
              { path: "/home/azureuser/.ssh/authorized_keys", keyData: key.result.apply(({ publicKey }) => publicKey) },
            ],
          },
        },
      },
      storageProfile: {
        imageReference: { publisher: "Canonical", offer: "ubuntu-24_04-lts", sku: "server", version: "latest" },
        osDisk: {
          createOption: "FromImage",
          deleteOption: "Delete",
          managedDisk: { storageAccountType: "StandardSSD_LRS" },
        },
      },
    },
    opts,
  );
  return machine.id.apply(() => ({ address: aksNetwork.serverAddress, other: aksNetwork.serverOther }));
}
