import { z } from "zod";
import { labRef, netnsName } from "../lib/check.ts";
import { CommandError } from "../lib/commands.ts";
import { namespaceInode } from "../lib/namespaces.ts";
import { gone, orUndo, type Context, type ResourceType } from "../lib/resource.ts";
import { fingerprint, transaction } from "../lib/rules.ts";
import type { ResourceTypes, RuleSetArgs } from "../schema.ts";

type State = ResourceTypes["RuleSet"]["state"];

const args = z.strictObject({
  lab: labRef,
  netns: netnsName,
  family: z.enum(["ip", "ip6", "inet"], "a family is ip, ip6 or inet"),
  table: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_]{0,30}$/, "a table has 1 to 31 letters, digits and `_`, a letter first"),
  rules: z.string().refine(isBalanced, "the braces do not match: give what stands between the braces of the table"),
});

/** Whether every brace opened is closed, so that the text stays inside its table. */
export function isBalanced(rules: string): boolean {
  let depth = 0;
  for (const char of rules.replace(/"[^"\n]*"|#[^\n]*/g, "")) {
    depth += char === "{" ? 1 : char === "}" ? -1 : 0;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** Hash of the table as the kernel has it; undefined when there is none. */
async function inspect({ lab, netns, family, table }: RuleSetArgs, { commands }: Context): Promise<string | undefined> {
  try {
    const { stdout } = await commands.run({ lab, netns, argv: ["nft", "-j", "list", "table", family, table] });
    return fingerprint(stdout);
  } catch (error) {
    if (error instanceof CommandError && /no such file or directory/i.test(error.stderr)) return undefined;
    throw error;
  }
}

async function apply(ruleSet: RuleSetArgs, context: Context): Promise<State> {
  const { lab, netns } = ruleSet;
  await context.commands.run({ lab, netns, argv: ["nft", "-f", "-"], input: transaction(ruleSet) });
  return { ...ruleSet, applied: (await inspect(ruleSet, context)) ?? "" };
}

async function remove(ruleSet: RuleSetArgs, context: Context): Promise<void> {
  const { lab, netns, family, table } = ruleSet;
  if (namespaceInode(lab, netns) === undefined) return;
  const input = `table ${family} ${table}\ndelete table ${family} ${table}\n`;
  await context.commands.run({ lab, netns, argv: ["nft", "-f", "-"], input });
}

/** One nftables table, set in one transaction. */
export const ruleSet: ResourceType<RuleSetArgs, State> = {
  args,
  inPlace: ["rules"],
  id: ({ netns, family, table }) => `${netns}/${family}/${table}`,

  create: (ruleSet, context) =>
    orUndo(
      () => apply(ruleSet, context),
      () => remove(ruleSet, context),
    ),

  async read(state, context) {
    if (namespaceInode(state.lab, state.netns) === undefined) return gone;
    const real = await inspect(state, context);
    if (real === undefined) return gone;
    const drift = `table ${state.family} ${state.table} in ${state.netns} is not what was set: somebody changed it`;
    return { gone: false, state, drift: real === state.applied ? [] : [drift] };
  },

  update: (_state, ruleSet, context) => apply(ruleSet, context),

  delete: remove,
};
