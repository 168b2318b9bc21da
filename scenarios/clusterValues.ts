/** Parsers of settings that only clusters use: text to value, or to the sentence that says what is allowed. Pure. */
import { addressNumber, addressRange, cidrRange } from "../components/addresses.ts";
import type { Parsed } from "./values.ts";

/** Addresses of a pool, in one of the two forms that CRDs know; both ends of a range belong to it. */
export type Pool = { readonly cidr: string } | { readonly start: string; readonly end: string };

/** A label selector as Kubernetes writes it. */
export interface Selector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly {
    readonly key: string;
    readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
    readonly values?: readonly string[];
  }[];
}

/** Rate and burst as Kubernetes quantities; without a burst where none was given. */
export interface Bandwidth {
  readonly rate: string;
  readonly burst?: string;
}

export function parseCidr(text: string): Parsed<string> {
  return cidrRange(text) === undefined ? { problem: "must be an IPv4 CIDR such as 10.244.0.0/16" } : { value: text };
}

/** Reads an IPv4 address; empty text stays empty. */
export function parseAddress(text: string): Parsed<string> {
  return text === "" || addressNumber(text) !== undefined
    ? { value: text }
    : { problem: "must be an IPv4 address such as 192.0.2.7, or empty" };
}

/** Reads a CIDR or `first-last` as text; empty text stays empty. */
export function parseRange(text: string): Parsed<string> {
  return text === "" || (/[-/]/.test(text) && addressRange(text) !== undefined)
    ? { value: text }
    : { problem: "must be first-last in this order or an IPv4 CIDR, such as 172.18.255.200-172.18.255.250, or empty" };
}

/** Reads CIDRs separated by commas; empty text is no CIDR. */
export function parseCidrs(text: string): Parsed<readonly string[]> {
  const parts = words(text, ",");
  const wrong = parts.find((part) => cidrRange(part) === undefined);
  return wrong === undefined
    ? { value: parts }
    : { problem: `has "${wrong}"; it must be IPv4 CIDRs separated by commas, such as 10.0.0.0/8,192.0.2.7/32` };
}

/** Reads CIDRs, `any` (everybody) or nothing (only the caller). */
export function parseAuthorized(text: string): Parsed<readonly string[] | "any" | "caller"> {
  if (text === "any") return { value: "any" };
  return text === "" ? { value: "caller" } : parseCidrs(text);
}

/** Reads a CIDR or `first-last`; empty text is null. */
export function parsePool(text: string): Parsed<Pool | null> {
  if (text === "") return { value: null };
  if (cidrRange(text) !== undefined) {
    const usable = Number(text.split("/")[1]) <= 30;
    return usable ? { value: { cidr: text } } : { problem: "leaves no address: first and last of a CIDR are not used" };
  }
  const [start = "", end = ""] = text.split("-");
  return text.includes("-") && addressRange(text) !== undefined
    ? { value: { start, end } }
    : { problem: "must be an IPv4 CIDR or first-last in this order, such as 172.18.254.10-172.18.254.20" };
}

const key = /^([a-z0-9A-Z.-]+\/)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/;

/** Reads labels and expressions as kubectl writes them: `a=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`; empty text is null. */
export function parseSelector(text: string): Parsed<Selector | null> {
  if (text.trim() === "") return { value: null };
  const labels: Record<string, string> = {};
  const expressions: Selector["matchExpressions"][number][] = [];
  for (const part of text.split(/,(?![^(]*\))/).map((piece) => piece.trim())) {
    const set = /^(\S+) (in|notin) \(([^)]+)\)$/.exec(part);
    const pair = /^([^=!\s]+)==?([A-Za-z0-9_.-]*)$/.exec(part);
    const name = set?.[1] ?? pair?.[1] ?? part.replace(/^!/, "");
    if (!key.test(name)) {
      return {
        problem: `has "${part}"; it must be parts such as a=b, a in (b,c), a notin (b), a or !a, separated by commas`,
      };
    }
    if (set !== null) {
      expressions.push({ key: name, operator: set[2] === "in" ? "In" : "NotIn", values: words(set[3] ?? "", ",") });
    } else if (pair !== null) labels[name] = pair[2] ?? "";
    else expressions.push({ key: name, operator: part.startsWith("!") ? "DoesNotExist" : "Exists" });
  }
  return { value: { matchLabels: labels, matchExpressions: expressions } };
}

/** Reads `500M` or `500M/50M`; empty text is null. */
export function parseBandwidth(text: string): Parsed<Bandwidth | null> {
  if (text === "") return { value: null };
  const [, rate, burst] = /^(\d+[kMG]?)(?:\/(\d+[kMG]?))?$/.exec(text) ?? [];
  return rate === undefined
    ? { problem: "must be a rate in bit/s, or rate/burst with bits, each with k, M or G, such as 500M or 500M/50M" }
    : { value: { rate, ...(burst === undefined ? {} : { burst }) } };
}

/** Reads `name=image[:tag][@digest]` separated by commas; which names there are is checked where images are. */
export function parseImages(text: string): Parsed<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const part of words(text, ",")) {
    const match = /^([a-z][a-z0-9-]*)=([\w./:-]+?(?::[\w.-]+|@sha256:[0-9a-f]{64}){1,2})$/.exec(part);
    if (match === null)
      return { problem: `has "${part}"; it must be name=image:tag or name=image@sha256:… separated by commas` };
    found[match[1] ?? ""] = match[2] ?? "";
  }
  return { value: found };
}

/** Reads `name=address` separated by commas: node names of the plan, `server`, `other-server`, `balancer`. */
export function parseNamedAddresses(text: string): Parsed<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const part of words(text, ",")) {
    const [, name = "", address = ""] = /^([a-z][a-z0-9-]*)=([\d.]+)$/.exec(part) ?? [];
    if (addressNumber(address) === undefined) {
      return {
        problem: `has "${part}"; it must be name=address separated by commas, such as worker=172.18.0.3,gateway=172.18.0.4`,
      };
    }
    found[name] = address;
  }
  return { value: found };
}

const words = (text: string, separator: string): string[] =>
  text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== "");
