/** Network devices of a namespace, as `ip` tells and makes them. */
import { z } from "zod";
import type { LabRef } from "../schema.ts";
import type { Commands } from "./commands.ts";
import { ProviderError } from "./errors.ts";

/** One device; blanks where the kernel has nothing to say. */
export interface Device {
  readonly name: string;
  readonly index: number;
  readonly mtu: number;
  readonly up: boolean;
  readonly kind: string;
  /** Bridge that it is a port of. */
  readonly master: string;
  readonly mac: string;
  /** Index of the other end, in its own namespace. */
  readonly peer: number | undefined;
  readonly vxlan: { readonly vni: number; readonly local: string; readonly port: number } | undefined;
}

const ipLink = z
  .object({
    ifname: z.string(),
    ifindex: z.number(),
    mtu: z.number(),
    flags: z.array(z.string()),
    address: z.string().optional(),
    master: z.string().optional(),
    link_index: z.number().optional(),
    linkinfo: z
      .object({
        info_kind: z.string().optional(),
        info_data: z
          .object({ id: z.number().optional(), local: z.string().optional(), port: z.number().optional() })
          .optional(),
      })
      .optional(),
  })
  .transform(({ linkinfo, ...link }): Device => {
    const { id, local = "", port = 0 } = linkinfo?.info_data ?? {};
    return {
      name: link.ifname,
      index: link.ifindex,
      mtu: link.mtu,
      up: link.flags.includes("UP"),
      kind: linkinfo?.info_kind ?? "",
      master: link.master ?? "",
      mac: link.address ?? "",
      peer: link.link_index,
      vxlan: linkinfo?.info_kind === "vxlan" && id !== undefined ? { vni: id, local, port } : undefined,
    };
  });

export const ipLinks = z.array(ipLink);

/**
 * What `ip -j -batch` printed: one JSON document a line.
 * @throws {ProviderError} when it is cut off or has another form.
 */
export function parseDocuments<T extends readonly z.ZodType[]>(
  text: string,
  schemas: readonly [...T],
): { [Index in keyof T]: z.output<T[Index]> } {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const documents = schemas.map((schema, index) => parseDocument(lines[index] ?? "", schema));
  // One document for each schema, in order.
  return documents as { [Index in keyof T]: z.output<T[Index]> };
}

/** One JSON document of a tool. */
export function parseDocument<T extends z.ZodType>(text: string, schema: T): z.output<T> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ProviderError(`JSON expected, got ${text === "" ? "nothing" : `\`${text.slice(0, 60)}\``}`);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new ProviderError(`JSON of an unexpected form: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** All devices of a namespace. */
export async function devicesOf(commands: Commands, lab: LabRef, netns: string): Promise<Device[]> {
  const { stdout } = await commands.run({ lab, netns, argv: ["ip", "-j", "-d", "link", "show"] });
  return parseDocument(stdout, ipLinks);
}

/** Runs lines of `ip` in a namespace with one command; nothing for no lines. It ends at the first line that fails. */
export async function ipBatch(commands: Commands, lab: LabRef, netns: string, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  await commands.run({ lab, netns, argv: ["ip", "-batch", "-"], input: `${lines.join("\n")}\n` });
}

/** Removes devices by name; those that are not there do not matter. */
export async function removeDevices(
  commands: Commands,
  lab: LabRef,
  netns: string,
  names: readonly string[],
): Promise<void> {
  const present = async (): Promise<string[]> => {
    const there = new Set((await devicesOf(commands, lab, netns)).map(({ name }) => name));
    return names.filter((name) => there.has(name));
  };
  const lines = (await present()).map((name) => `link del dev ${name}`);
  try {
    await ipBatch(commands, lab, netns, lines);
  } catch (error) {
    // One end of a pair goes with the other, which another operation may have removed in between.
    if ((await present()).length > 0) throw error;
  }
}

/** How a device differs from what it should be, beyond its MTU. */
export function deviceDrift(device: Device, netns: string, master = ""): string[] {
  const place = `${device.name} in ${netns}`;
  const wanted = master === "" ? `is a port of ${device.master}` : `is not a port of ${master}`;
  return [...(device.up ? [] : [`${place} is down`]), ...(device.master === master ? [] : [`${place} ${wanted}`])];
}

/** Line of `ip` that gives a device its MTU and bridge, and takes it up. */
export function setDevice(device: string, mtu: number, master = ""): string {
  return `link set dev ${device} mtu ${mtu} ${master === "" ? "nomaster" : `master ${master}`} up`;
}
