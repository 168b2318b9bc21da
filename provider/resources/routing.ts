import { z } from "zod";
import { address, cidr, deviceName, labRef, listOf, netnsName, routeTarget } from "../lib/check.ts";
import { ipBatch } from "../lib/devices.ts";
import { namespaceInode } from "../lib/namespaces.ts";
import { gone, orUndo, type Context, type ResourceType } from "../lib/resource.ts";
import { isRule6, layer3Query, nothing, parseLayer3, plan, present, type Layer3 } from "../lib/routes.ts";
import type { RoutingArgs, RuleSpec } from "../schema.ts";

const table = z.int("a routing table is a whole number").min(1, "a routing table is 1 or more").max(4294967295);
const priority = z
  .int("a priority is a whole number")
  .min(1, "a priority is 1 to 32765")
  .max(32765, "a priority is 1 to 32765");

const addressSpec = z.strictObject({ device: deviceName, cidr });
const routeSpec = z.strictObject({
  to: routeTarget,
  via: address.exactOptional(),
  device: deviceName,
  onlink: z.boolean().exactOptional(),
  table: table.exactOptional(),
  source: address.exactOptional(),
});
const ruleSpec = z.strictObject({ priority, from: cidr.exactOptional(), to: cidr.exactOptional(), table });
const args = z.strictObject({
  lab: labRef,
  netns: netnsName,
  addresses: listOf(addressSpec, ({ device, cidr }) => `${device} ${cidr}`, "addresses").exactOptional(),
  routes: listOf(
    routeSpec,
    ({ to, table }) => `${to} ${table ?? ""}`,
    "targets of routes in one table",
  ).exactOptional(),
  rules: listOf(ruleSpec, ({ priority, from, to }) => `${priority} ${from ?? ""} ${to ?? ""}`, "rules").exactOptional(),
});

function wanted({ addresses = [], routes = [], rules = [] }: RoutingArgs): Layer3 {
  return { addresses, routes, rules };
}

/** `rules` of both what was and what is wanted tell whether IPv6 rules must be looked at. */
async function inspect(
  { lab, netns }: RoutingArgs,
  rules: readonly RuleSpec[],
  { commands }: Context,
): Promise<Layer3> {
  const { stdout } = await commands.run({ lab, netns, argv: ["ip", "-N", "-j", "-batch", "-"], input: layer3Query });
  if (!rules.some(isRule6)) return parseLayer3(stdout);
  const rules6 = await commands.run({ lab, netns, argv: ["ip", "-N", "-6", "-j", "rule", "show"] });
  return parseLayer3(stdout, rules6.stdout);
}

async function apply(routing: RoutingArgs, previous: RoutingArgs, target: Layer3, context: Context): Promise<void> {
  const { lab, netns } = routing;
  const { commands } = context;
  const rules = [...(routing.rules ?? []), ...(previous.rules ?? [])];
  for (let again = true; again;) {
    const next = plan(target, wanted(previous), await inspect(routing, rules, context));
    await ipBatch(commands, lab, netns, next.lines);
    if (next.lines6.length > 0) {
      await commands.run({ lab, netns, argv: ["ip", "-6", "-batch", "-"], input: `${next.lines6.join("\n")}\n` });
    }
    again = next.again;
  }
}

async function remove(routing: RoutingArgs, context: Context): Promise<void> {
  if (namespaceInode(routing.lab, routing.netns) === undefined) return;
  await apply(routing, routing, nothing, context);
}

/** Addresses, routes and policy rules of one namespace. */
export const routing: ResourceType<RoutingArgs, RoutingArgs> = {
  args,
  inPlace: ["addresses", "routes", "rules"],
  id: ({ netns }) => `${netns}/routing`,

  create: (routing, context) =>
    orUndo(
      async () => {
        await apply(routing, routing, wanted(routing), context);
        return routing;
      },
      () => remove(routing, context),
    ),

  async read(routing, context) {
    if (namespaceInode(routing.lab, routing.netns) === undefined) return gone;
    const real = present(wanted(routing), await inspect(routing, routing.rules ?? [], context));
    // An absent list stays absent, so that nothing seems to have changed.
    const lists = {
      ...(routing.addresses === undefined ? {} : { addresses: real.addresses }),
      ...(routing.routes === undefined ? {} : { routes: real.routes }),
      ...(routing.rules === undefined ? {} : { rules: real.rules }),
    };
    return { gone: false, state: { ...routing, ...lists }, drift: [] };
  },

  async update(state, routing, context) {
    await apply(routing, state, wanted(routing), context);
    return routing;
  },

  delete: remove,
};
