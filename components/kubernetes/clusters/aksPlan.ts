/** What Azure is told about a cluster and the server beside it. Pure. */
import { addressText, cidrRange } from "../../addresses.ts";
import type { ClusterKind } from "../../platform.ts";
import { labPrefix } from "../names.ts";
import { addressPort, iperf3Port } from "../../load/ports.ts";

type AksPlan = Extract<ClusterKind, { kind: "aks" }>;

/** Addresses of the virtual network: nodes and, in a subnet of its own, the external server. Pods and services have theirs from settings. */
export const aksNetwork = {
  space: "10.225.0.0/16",
  nodes: "10.225.0.0/20",
  server: "10.225.16.0/24",
  serverAddress: "10.225.16.4",
  serverOther: "10.225.16.5",
} as const;

/**
 * Name of the resource group and of the cluster in it, and first part of the API server's: short enough for the group that AKS makes of
 * the two (`MC_…`, at most 80 characters), and made of what a DNS name may have.
 */
export const azureName = (stack: string, end: string): string => `ctl-${labPrefix(stack, "")}-${end}`;

/** Tag that says when `lab sweep` may remove a resource group: seconds since the epoch. */
export const expiresTag = "cni-traffic-lab-expires";

/** Ranges that AKS forbids for pods and services (learn.microsoft.com/azure/aks/use-byo-cni). */
export const forbiddenRanges = ["169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24"] as const;

/** Sizes at or below what a system pool needs: 4 vCPU and 4 GB by one of Azure's pages. */
const small = /^Standard_(A[12]|B\d|D[12]|F[12]|DS[12])(m|s|ms|as|ds)?(_v\d)?$/i;

/** A warning for a size that is weak for this; undefined for others. */
export function sizeWarning({ vmSize }: Pick<AksPlan, "vmSize">): string | undefined {
  return small.test(vmSize)
    ? `aks.vmSize: ${vmSize} is at or below the minimum of a system pool (4 vCPU, 4 GB) and its network is weak and unsteady. It is the thesis' size; Standard_D4s_v5 measures better.`
    : undefined;
}

export interface PlanFacts {
  readonly nodeSubnet: string;
  readonly dnsPrefix: string;
  readonly sshKey: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly authorized: readonly string[] | null;
}

/** Arguments of the managed cluster beyond names, place and tags. */
export function managedCluster(plan: AksPlan, facts: PlanFacts) {
  return {
    dnsPrefix: facts.dnsPrefix,
    kubernetesVersion: plan.kubernetesVersion,
    identity: { type: "SystemAssigned" as const },
    sku: { name: "Base", tier: "Free" },
    enableRBAC: true,
    agentPoolProfiles: [
      {
        name: "agentpool",
        mode: "System",
        count: plan.nodes,
        vmSize: plan.vmSize,
        osType: "Linux",
        osSKU: "Ubuntu",
        type: "VirtualMachineScaleSets",
        vnetSubnetID: facts.nodeSubnet,
      },
    ],
    linuxProfile: { adminUsername: "azureuser", ssh: { publicKeys: [{ keyData: facts.sshKey }] } },
    networkProfile: {
      networkPlugin: "none",
      podCidr: facts.podCidr,
      serviceCidr: facts.serviceCidr,
      dnsServiceIP: dnsAddress(facts.serviceCidr),
      loadBalancerSku: "standard",
      outboundType: "loadBalancer",
    },
    ...(facts.authorized === null ? {} : { apiServerAccessProfile: { authorizedIPRanges: [...facts.authorized] } }),
  };
}

/** The tenth address of the services' range; the first is the API server's. */
export function dnsAddress(serviceCidr: string): string {
  const range = cidrRange(serviceCidr);
  if (range === undefined) throw new RangeError(`service.cidr: "${serviceCidr}" is no CIDR`);
  return addressText(range.first + 10);
}

/** Only the lab's own network reaches the server, and only its services. */
export function serverRules(servers: number) {
  return [
    {
      name: "measured-services",
      priority: 100,
      direction: "Inbound",
      access: "Allow",
      protocol: "Tcp",
      sourceAddressPrefix: aksNetwork.space,
      sourcePortRange: "*",
      destinationAddressPrefix: aksNetwork.server,
      destinationPortRanges: [`${iperf3Port}-${iperf3Port + servers - 1}`, String(addressPort)],
    },
    {
      name: "nothing-else",
      priority: 200,
      direction: "Inbound",
      access: "Deny",
      protocol: "*",
      sourceAddressPrefix: "*",
      sourcePortRange: "*",
      destinationAddressPrefix: "*",
      destinationPortRange: "*",
    },
  ];
}

/** cloud-init of the server: the same containers as on kind, on the machine's own network and on both its addresses. */
export function serverCloudInit(
  images: { readonly node: string; readonly iperf3: string },
  agent: string,
  servers: number,
): string {
  const ports = Array.from({ length: servers }, (_, index) => iperf3Port + index);
  const iperf3 = ports.map((port) => `iperf3 -s -J -p ${port} --logfile /records/iperf3-${port}.log &`).join(" ");
  const common = "docker run -d --restart unless-stopped --network host -v /opt/lab/records:/records --user 0";
  return `#cloud-config
package_update: true
packages: [docker.io]
write_files:
  - path: /opt/lab/server.ts
    encoding: b64
    content: ${Buffer.from(agent).toString("base64")}
runcmd:
  - mkdir -p /opt/lab/records
  - ip address add ${aksNetwork.serverOther}/24 dev eth0
  - ${common} -v /opt/lab:/opt/lab:ro ${images.node} node /opt/lab/server.ts ${addressPort} /records record
  - ${common} --entrypoint sh ${images.iperf3} -c "${iperf3} wait"
`;
}
