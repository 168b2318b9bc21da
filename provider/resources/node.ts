import { existsSync } from "node:fs";
import { z } from "zod";
import { labRef, shortName } from "../lib/check.ts";
import { devicesOf } from "../lib/devices.ts";
import { ProviderError } from "../lib/errors.ts";
import { namespaceFile, namespaceInode, namespaceName } from "../lib/namespaces.ts";
import { endProcesses, isAlive, scanProcesses } from "../lib/processes.ts";
import { gone, orUndo, type Context, type ResourceType } from "../lib/resource.ts";
import { script } from "../lib/scripts.ts";
import type { LabRef, NodeArgs, NodeState } from "../schema.ts";

const args = z.strictObject({
  lab: labRef,
  name: shortName,
  sysctls: z
    .record(
      z
        .string()
        .regex(
          /^net(\.[A-Za-z0-9_-]+)+$/,
          "only kernel settings below `net.` belong to a namespace, written with dots",
        ),
      z.string().regex(/^[^\n]+$/, "a value is one line of text"),
    )
    .exactOptional(),
});

/** `ip netns add` and `del` prepare one folder that all share, so they take turns. */
let turn: Promise<unknown> = Promise.resolve();
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = turn.then(work, work);
  turn = result.catch(() => undefined);
  return result;
}

/** Ends whatever runs in the namespace, then removes it. */
export async function removeNamespace(lab: LabRef, netns: string, { commands }: Context): Promise<void> {
  if (lab.holder !== undefined && !isAlive(lab.holder)) return;
  const inode = namespaceInode(lab, netns);
  if (inode !== undefined) await endProcesses(() => scanProcesses().filter((process) => process.netns === inode));
  else if (!existsSync(namespaceFile(lab, netns))) return;
  await inTurn(() => commands.run({ lab, argv: ["ip", "netns", "del", netns] }));
}

async function setSysctls(
  lab: LabRef,
  netns: string,
  sysctls: Record<string, string>,
  { commands }: Context,
): Promise<void> {
  const lines = Object.entries(sysctls).map(([name, value]) => `${name} ${value}\n`);
  if (lines.length > 0)
    await commands.run({ lab, netns, argv: ["sh", script("sysctl"), "set"], input: lines.join("") });
}

async function getSysctls(
  lab: LabRef,
  netns: string,
  names: readonly string[],
  { commands }: Context,
): Promise<string[]> {
  if (names.length === 0) return [];
  const input = names.map((name) => `${name}\n`).join("");
  const { stdout } = await commands.run({ lab, netns, argv: ["sh", script("sysctl"), "get"], input });
  return stdout.split("\n").slice(0, names.length).map(oneBlank);
}

/** The kernel puts tabs between the numbers of a value. */
function oneBlank(value: string): string {
  return value.trim().replace(/\s+/g, " ");
}

/** A network namespace with loopback up and its own kernel settings. */
export const node: ResourceType<NodeArgs, NodeState> = {
  args,
  inPlace: ["sysctls"],
  // A setting that is taken away has no known value to go back to.
  mustReplace: (state, { sysctls = {} }) =>
    Object.keys(state.sysctls ?? {}).some((name) => !(name in sysctls)) ? ["sysctls"] : [],
  id: ({ lab, name }) => namespaceName(lab.id, name),

  async create(node, context) {
    const { lab } = node;
    const { commands } = context;
    const netns = namespaceName(lab.id, node.name);
    await removeNamespace(lab, netns, context);
    return orUndo(
      async () => {
        await inTurn(() => commands.run({ lab, argv: ["ip", "netns", "add", netns] }));
        await commands.run({ lab, netns, argv: ["ip", "link", "set", "dev", "lo", "up"] });
        await setSysctls(lab, netns, node.sysctls ?? {}, context);
        const inode = namespaceInode(lab, netns);
        if (inode === undefined) throw new ProviderError(`namespace ${netns} vanished while it was made`);
        return { ...node, netns, inode };
      },
      () => removeNamespace(lab, netns, context),
    );
  },

  async read(state, context) {
    const { lab, netns, inode, sysctls } = state;
    if (namespaceInode(lab, netns) !== inode) return gone;
    const names = Object.keys(sysctls ?? {});
    const [devices, values] = await Promise.all([
      devicesOf(context.commands, lab, netns),
      getSysctls(lab, netns, names, context),
    ]);
    const isUp = devices.some(({ name, up }) => name === "lo" && up);
    const real = names.map((name, index) => {
      const wanted = sysctls?.[name] ?? "";
      const value = values[index] ?? "";
      return [name, value === oneBlank(wanted) ? wanted : value];
    });
    return {
      gone: false,
      state: sysctls === undefined ? state : { ...state, sysctls: Object.fromEntries(real) as Record<string, string> },
      drift: isUp ? [] : [`lo in ${netns} is down`],
    };
  },

  async update(state, node, context) {
    const { lab, sysctls = {} } = node;
    await context.commands.run({ lab, netns: state.netns, argv: ["ip", "link", "set", "dev", "lo", "up"] });
    await setSysctls(lab, state.netns, sysctls, context);
    return { ...node, netns: state.netns, inode: state.inode };
  },

  delete: ({ lab, netns }, context) => removeNamespace(lab, netns, context),
};
