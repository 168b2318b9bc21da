import { z } from "zod";
import { address, deviceName, labRef, listOf, macAddress, mtu, netnsName, port } from "../lib/check.ts";
import type { Commands } from "../lib/commands.ts";
import {
  deviceDrift,
  ipBatch,
  ipLinks,
  parseDocument,
  parseDocuments,
  removeDevices,
  type Device,
} from "../lib/devices.ts";
import { namespaceInode } from "../lib/namespaces.ts";
import { gone, orUndo, type Context, type ResourceType } from "../lib/resource.ts";
import type { VxlanArgs, VxlanPeer } from "../schema.ts";

const peer = z.strictObject({ underlay: address, overlay: address, mac: macAddress });
const args = z.strictObject({
  lab: labRef,
  netns: netnsName,
  device: deviceName,
  vni: z.int("a VNI is a whole number").min(1, "a VNI is 1 to 16777215").max(16777215, "a VNI is 1 to 16777215"),
  port,
  mtu,
  local: address,
  mac: macAddress,
  peers: listOf(peer, ({ mac }) => mac, "hardware addresses of peers"),
});

/** What the kernel knows of the peers of a device. */
export interface PeerTables {
  /** Overlay address → hardware address. */
  readonly neighbours: ReadonlyMap<string, string>;
  /** Hardware address → underlay address. */
  readonly forwarding: ReadonlyMap<string, string>;
}

interface Real extends PeerTables {
  readonly device: Device | undefined;
}

const ipNeighbours = z.array(z.object({ dst: z.string(), dev: z.string().optional(), lladdr: z.string().optional() }));
const bridgeForwarding = z.array(z.object({ mac: z.string(), dst: z.string().optional() }));

async function inspect({ lab, netns, device: name }: VxlanArgs, commands: Commands): Promise<Real> {
  const { stdout } = await commands.run({
    lab,
    netns,
    argv: ["ip", "-j", "-d", "-batch", "-"],
    input: "link show\nneigh show nud permanent\n",
  });
  const [devices, neighbours] = parseDocuments(stdout, [ipLinks, ipNeighbours]);
  const device = devices.find((device) => device.name === name);
  if (device === undefined) return { device, neighbours: new Map(), forwarding: new Map() };
  const fdb = await commands.run({ lab, netns, argv: ["bridge", "-j", "fdb", "show", "dev", name] });
  return {
    device,
    neighbours: new Map(neighbours.filter(({ dev }) => dev === name).map(({ dst, lladdr = "" }) => [dst, lladdr])),
    forwarding: new Map(parseDocument(fdb.stdout, bridgeForwarding).map(({ mac, dst = "" }) => [mac, dst])),
  };
}

/** The peers that the kernel knows in full. */
export function knownPeers(peers: readonly VxlanPeer[], real: PeerTables): VxlanPeer[] {
  return peers.filter(
    ({ mac, overlay, underlay }) => real.neighbours.get(overlay) === mac && real.forwarding.get(mac) === underlay,
  );
}

/** Lines for `ip` and for `bridge` that make the kernel know exactly these peers. */
export function peerLines(
  device: string,
  peers: readonly VxlanPeer[],
  real: PeerTables,
): { readonly ip: string[]; readonly bridge: string[] } {
  const neighbours = new Map(peers.map(({ overlay, mac }) => [overlay, mac]));
  const forwarding = new Map(peers.map(({ mac, underlay }) => [mac, underlay]));
  const differing = (wanted: ReadonlyMap<string, string>, known: ReadonlyMap<string, string>): [string, string][] =>
    [...wanted].filter(([key, value]) => known.get(key) !== value);
  const unwanted = (wanted: ReadonlyMap<string, string>, known: ReadonlyMap<string, string>): [string, string][] =>
    [...known].filter(([key]) => !wanted.has(key));
  return {
    ip: [
      ...unwanted(neighbours, real.neighbours).map(([overlay]) => `neigh del ${overlay} dev ${device}`),
      ...differing(neighbours, real.neighbours).map(
        ([overlay, mac]) => `neigh replace ${overlay} lladdr ${mac} dev ${device} nud permanent`,
      ),
    ],
    bridge: [
      ...unwanted(forwarding, real.forwarding).map(([mac, underlay]) => `fdb del ${mac} dev ${device} dst ${underlay}`),
      ...differing(forwarding, real.forwarding).map(
        ([mac, underlay]) => `fdb replace ${mac} dev ${device} dst ${underlay}`,
      ),
    ],
  };
}

async function configure(vxlan: VxlanArgs, real: PeerTables, commands: Commands): Promise<void> {
  const { lab, netns, device, mtu, peers } = vxlan;
  const { ip, bridge } = peerLines(device, peers, real);
  await ipBatch(commands, lab, netns, [`link set dev ${device} mtu ${mtu} up`, ...ip]);
  if (bridge.length === 0) return;
  await commands.run({ lab, netns, argv: ["bridge", "-batch", "-"], input: `${bridge.join("\n")}\n` });
}

async function remove({ lab, netns, device }: VxlanArgs, { commands }: Context): Promise<void> {
  if (namespaceInode(lab, netns) === undefined) return;
  await removeDevices(commands, lab, netns, [device]);
}

/** A VXLAN device whose peers are all told beforehand. */
export const vxlan: ResourceType<VxlanArgs, VxlanArgs> = {
  args,
  inPlace: ["mtu", "peers"],
  id: ({ netns, device }) => `${netns}/${device}`,

  async create(vxlan, context) {
    const { lab, netns, device, vni, port, local, mac } = vxlan;
    await remove(vxlan, context);
    return orUndo(
      async () => {
        await ipBatch(context.commands, lab, netns, [
          `link add name ${device} address ${mac} type vxlan id ${vni} dstport ${port} local ${local} nolearning`,
        ]);
        await configure(vxlan, { neighbours: new Map(), forwarding: new Map() }, context.commands);
        return vxlan;
      },
      () => remove(vxlan, context),
    );
  },

  async read(vxlan, { commands }) {
    if (namespaceInode(vxlan.lab, vxlan.netns) === undefined) return gone;
    const { device, ...tables } = await inspect(vxlan, commands);
    if (device?.vxlan === undefined) return gone;
    const { vni, port, local } = device.vxlan;
    const state = {
      ...vxlan,
      vni,
      port,
      local,
      mac: device.mac,
      mtu: device.mtu,
      peers: knownPeers(vxlan.peers, tables),
    };
    return { gone: false, state, drift: deviceDrift(device, vxlan.netns) };
  },

  async update(_state, vxlan, { commands }) {
    await configure(vxlan, await inspect(vxlan, commands), commands);
    return vxlan;
  },

  delete: remove,
};
