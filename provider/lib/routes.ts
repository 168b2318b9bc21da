/** Addresses, routes and policy rules: what the kernel has, what is wanted, and the way from one to the other. */
import { isIPv6 } from "node:net";
import { z } from "zod";
import type { AddressSpec, RouteSpec, RuleSpec } from "../schema.ts";
import { parseDocument, parseDocuments } from "./devices.ts";

export interface Layer3 {
  readonly addresses: readonly AddressSpec[];
  readonly routes: readonly RouteSpec[];
  readonly rules: readonly RuleSpec[];
}

export const nothing: Layer3 = { addresses: [], routes: [], rules: [] };

const mainTable = 254;

const ipAddresses = z.array(
  z.object({
    ifname: z.string(),
    addr_info: z.array(z.object({ local: z.string(), prefixlen: z.number() }).partial()),
  }),
);
const ipRoutes = z.array(
  z.object({
    type: z.string().optional(),
    dst: z.string(),
    gateway: z.string().optional(),
    dev: z.string().optional(),
    table: z.string().optional(),
    prefsrc: z.string().optional(),
    flags: z.array(z.string()).default([]),
  }),
);
const ipRules = z.array(
  z.object({
    priority: z.number(),
    src: z.string().default("all"),
    srclen: z.number().optional(),
    dst: z.string().optional(),
    dstlen: z.number().optional(),
    table: z.string().optional(),
  }),
);

/** Input of `ip -N -j -batch -` whose output `parseLayer3` reads. */
export const layer3Query = "address show\nroute show table all\nrule show\n";

/**
 * What the kernel has.
 * @param text What `layer3Query` printed.
 * @param rules6 What `ip -N -6 -j rule show` printed; `[]` where no IPv6 rule matters.
 * @throws {ProviderError} when a text is cut off.
 */
export function parseLayer3(text: string, rules6 = "[]"): Layer3 {
  const [addresses, routes, rules] = parseDocuments(text, [ipAddresses, ipRoutes, ipRules]);
  return {
    addresses: addresses.flatMap(({ ifname, addr_info }) =>
      addr_info.flatMap(({ local, prefixlen }) =>
        local === undefined || prefixlen === undefined ? [] : [{ device: ifname, cidr: `${local}/${prefixlen}` }],
      ),
    ),
    routes: routes
      .filter(({ type = "unicast" }) => type === "unicast")
      .map(({ dst, gateway, dev = "", table, prefsrc, flags }) => ({
        to: dst,
        ...(gateway === undefined ? {} : { via: gateway }),
        device: dev,
        onlink: flags.includes("onlink"),
        table: table === undefined ? mainTable : Number(table),
        ...(prefsrc === undefined ? {} : { source: prefsrc }),
      })),
    rules: [...rules, ...parseDocument(rules6, ipRules)].map(({ priority, src, srclen, dst, dstlen, table }) => ({
      priority,
      ...(src === "all" ? {} : { from: srclen === undefined ? src : `${src}/${srclen}` }),
      ...(dst === undefined ? {} : { to: dstlen === undefined ? dst : `${dst}/${dstlen}` }),
      table: table === undefined ? mainTable : Number(table),
    })),
  };
}

/** One way to write a prefix: no host bits' length (`/32`, `/128`), IPv6 compressed. */
export function canonical(prefix: string): string {
  const [head = "", length] = prefix.split("/");
  const address = isIPv6(head) ? new URL(`http://[${head}]`).hostname.slice(1, -1) : head;
  const host = length === undefined || length === (isIPv6(head) ? "128" : "32");
  return host ? address : `${address}/${length}`;
}

const same = (a: string | undefined, b: string | undefined): boolean =>
  a === undefined || b === undefined ? a === b : canonical(a) === canonical(b);

export function sameAddress(a: AddressSpec, b: AddressSpec): boolean {
  return a.device === b.device && same(a.cidr, b.cidr);
}

/** Whether a real route is the wanted one. What is not asked for (a source, `onlink`) may be anything. */
export function isRoute(wanted: RouteSpec, real: RouteSpec): boolean {
  return (
    wanted.device === real.device &&
    same(wanted.to, real.to) &&
    same(wanted.via, real.via) &&
    (wanted.table ?? mainTable) === (real.table ?? mainTable) &&
    (wanted.source === undefined || same(wanted.source, real.source)) &&
    (wanted.onlink !== true || real.onlink === true)
  );
}

export function sameRule(a: RuleSpec, b: RuleSpec): boolean {
  return a.priority === b.priority && a.table === b.table && same(a.from, b.from) && same(a.to, b.to);
}

/** The part of what is wanted that the kernel has. */
export function present(wanted: Layer3, real: Layer3): Layer3 {
  return {
    addresses: wanted.addresses.filter((one) => real.addresses.some((other) => sameAddress(one, other))),
    routes: wanted.routes.filter((one) => real.routes.some((other) => isRoute(one, other))),
    rules: wanted.rules.filter((one) => real.rules.some((other) => sameRule(one, other))),
  };
}

export interface Plan {
  /** Lines for `ip -batch`. */
  readonly lines: string[];
  /** Lines for `ip -6 -batch`: rules, the one thing that `ip` does not tell by its address. */
  readonly lines6: string[];
  /** Addresses go: the kernel removes routes with them, so it must be looked at again. */
  readonly again: boolean;
}

/**
 * From what the kernel has to what is wanted. Only what was set before (`previous`) is taken away; what others set
 * stays.
 */
export function plan(wanted: Layer3, previous: Layer3, real: Layer3): Plan {
  const have = present(wanted, real);
  const old = present(previous, real);
  const isWanted = (one: AddressSpec): boolean => wanted.addresses.some((other) => sameAddress(one, other));
  const addresses = old.addresses.filter((one) => !isWanted(one));
  const routes = old.routes.filter((one) => !wanted.routes.some((other) => isRoute(other, one) || isRoute(one, other)));
  const rules = old.rules.filter((one) => !wanted.rules.some((other) => sameRule(one, other)));
  const ruleLines = [
    ...rules.map((rule) => ({ rule, line: `rule del ${ruleWords(rule)}` })),
    ...wanted.rules
      .filter((one) => !have.rules.includes(one))
      .map((rule) => ({ rule, line: `rule add ${ruleWords(rule)}` })),
  ];
  return {
    lines: [
      ...ruleLines.filter(({ rule }) => !isRule6(rule)).map(({ line }) => line),
      ...routes.map((route) => `route del ${routeWords(route)}`),
      ...addresses.map(({ device, cidr }) => `address del ${cidr} dev ${device}`),
      ...wanted.addresses.filter((one) => !have.addresses.includes(one)).map(addressLine),
      ...wanted.routes.filter((one) => !have.routes.includes(one)).map((route) => `route replace ${routeWords(route)}`),
    ],
    lines6: ruleLines.filter(({ rule }) => isRule6(rule)).map(({ line }) => line),
    again: addresses.length > 0,
  };
}

export function isRule6({ from = "", to = "" }: RuleSpec): boolean {
  return `${from}${to}`.includes(":");
}

function addressLine({ device, cidr }: AddressSpec): string {
  // An IPv6 address is usable at once only without duplicate address detection.
  return `address replace ${cidr} dev ${device}${cidr.includes(":") ? " nodad" : ""}`;
}

function routeWords({ to, via, device, onlink, table, source }: RouteSpec): string {
  return [
    // `default` alone would mean IPv4.
    to === "default" && (via ?? source ?? "").includes(":") ? "::/0" : to,
    ...(via === undefined ? [] : [`via ${via}`]),
    `dev ${device}`,
    ...(onlink === true ? ["onlink"] : []),
    ...(source === undefined ? [] : [`src ${source}`]),
    `table ${table ?? mainTable}`,
  ].join(" ");
}

function ruleWords({ priority, from, to, table }: RuleSpec): string {
  return [
    `priority ${priority}`,
    ...(from === undefined ? [] : [`from ${from}`]),
    ...(to === undefined ? [] : [`to ${to}`]),
    `table ${table}`,
  ].join(" ");
}
