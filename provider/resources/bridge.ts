import { z } from "zod";
import { deviceName, labRef, mtu, netnsName } from "../lib/check.ts";
import { deviceDrift, devicesOf, ipBatch, removeDevices } from "../lib/devices.ts";
import { namespaceInode } from "../lib/namespaces.ts";
import { gone, orUndo, type Context, type ResourceType } from "../lib/resource.ts";
import type { BridgeArgs } from "../schema.ts";

const args = z.strictObject({ lab: labRef, netns: netnsName, device: deviceName, mtu });

async function remove({ lab, netns, device }: BridgeArgs, { commands }: Context): Promise<void> {
  if (namespaceInode(lab, netns) === undefined) return;
  await removeDevices(commands, lab, netns, [device]);
}

/** An Ethernet bridge: the underlay. */
export const bridge: ResourceType<BridgeArgs, BridgeArgs> = {
  args,
  inPlace: ["mtu"],
  id: ({ netns, device }) => `${netns}/${device}`,

  async create(bridge, context) {
    const { lab, netns, device } = bridge;
    await remove(bridge, context);
    return orUndo(
      async () => {
        // Set after the creation, the MTU is kept; given at the creation it would follow the ports'.
        await ipBatch(context.commands, lab, netns, [`link add name ${device} type bridge`, settings(bridge)]);
        return bridge;
      },
      () => remove(bridge, context),
    );
  },

  async read(bridge, { commands }) {
    const { lab, netns } = bridge;
    if (namespaceInode(lab, netns) === undefined) return gone;
    const device = (await devicesOf(commands, lab, netns)).find(({ name }) => name === bridge.device);
    if (device?.kind !== "bridge") return gone;
    return { gone: false, state: { ...bridge, mtu: device.mtu }, drift: deviceDrift(device, netns) };
  },

  async update(_state, bridge, { commands }) {
    await ipBatch(commands, bridge.lab, bridge.netns, [settings(bridge)]);
    return bridge;
  },

  delete: remove,
};

function settings({ device, mtu }: BridgeArgs): string {
  return `link set dev ${device} mtu ${mtu} up`;
}
