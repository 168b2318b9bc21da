import { z } from "zod";
import { deviceName, labRef, mtu, netnsName } from "../lib/check.ts";
import { deviceDrift, devicesOf, ipBatch, removeDevices, setDevice, type Device } from "../lib/devices.ts";
import { namespaceInode } from "../lib/namespaces.ts";
import { gone, orUndo, type Context, type ResourceType } from "../lib/resource.ts";
import type { LinkArgs, LinkEnd } from "../schema.ts";

const end = z.strictObject({ netns: netnsName, device: deviceName, bridge: deviceName.exactOptional() });
const args = z.strictObject({
  lab: labRef,
  mtu,
  a: end,
  b: end,
});

/** Both ends, each in its own namespace: normally the second goes with the first. */
async function remove({ lab, a, b }: LinkArgs, { commands }: Context): Promise<void> {
  for (const { netns, device } of [a, b]) {
    if (namespaceInode(lab, netns) !== undefined) await removeDevices(commands, lab, netns, [device]);
  }
}

async function make(link: LinkArgs, { commands }: Context): Promise<void> {
  const { lab, a, b, mtu } = link;
  await ipBatch(commands, lab, a.netns, [
    `link add name ${a.device} mtu ${mtu} type veth peer name ${b.device} mtu ${mtu} netns ${b.netns}`,
    settings(a, mtu),
  ]);
  await ipBatch(commands, lab, b.netns, [settings(b, mtu)]);
}

function settings({ device, bridge }: LinkEnd, mtu: number): string {
  return setDevice(device, mtu, bridge);
}

/** A veth pair, made inside one of its namespaces with the other end put straight into the other. */
export const link: ResourceType<LinkArgs, LinkArgs> = {
  args,
  inPlace: ["mtu"],
  id: ({ a, b }) => `${a.netns}/${a.device}:${b.netns}/${b.device}`,

  async create(link, context) {
    await remove(link, context);
    return orUndo(
      async () => {
        await make(link, context);
        return link;
      },
      () => remove(link, context),
    );
  },

  async read(link, { commands }) {
    const { lab } = link;
    const find = async ({ netns, device }: LinkEnd): Promise<Device | undefined> =>
      namespaceInode(lab, netns) === undefined
        ? undefined
        : (await devicesOf(commands, lab, netns)).find(({ name, kind }) => name === device && kind === "veth");
    const [a, b] = await Promise.all([find(link.a), find(link.b)]);
    if (a === undefined || b === undefined || !areEnds(a, b)) return gone;
    // The end that differs is the one to show.
    const mtu = a.mtu === link.mtu ? b.mtu : a.mtu;
    const drift = [deviceDrift(a, link.a.netns, link.a.bridge), deviceDrift(b, link.b.netns, link.b.bridge)].flat();
    return { gone: false, state: { ...link, mtu }, drift };
  },

  async update(_state, link, { commands }) {
    const { lab, a, b, mtu } = link;
    await Promise.all([a, b].map((end) => ipBatch(commands, lab, end.netns, [settings(end, mtu)])));
    return link;
  },

  delete: remove,
};

/** Whether two devices are one pair, as far as the kernel tells: for ends in one namespace it gives names instead. */
function areEnds(a: Device, b: Device): boolean {
  return [a.peer ?? b.index, b.peer ?? a.index].every((index, which) => index === (which === 0 ? b : a).index);
}
