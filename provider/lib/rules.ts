/** nftables tables: the transaction that sets one, and what is compared of it. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { RuleSetArgs } from "../schema.ts";
import { parseDocument } from "./devices.ts";
import { isRecord } from "./values.ts";

/** Input of `nft -f -` that replaces a table as a whole in one transaction, whether it was there or not. */
export function transaction({ family, table, rules }: Pick<RuleSetArgs, "family" | "table" | "rules">): string {
  return [
    `table ${family} ${table}`,
    `delete table ${family} ${table}`,
    `table ${family} ${table} {`,
    rules,
    "}",
    "",
  ].join("\n");
}

const listing = z.object({ nftables: z.array(z.record(z.string(), z.unknown())) });

/**
 * Hash of a table as the kernel has it, without what traffic changes: counts, and elements of sets that rules fill.
 * @param json What `nft -j list table` printed.
 * @throws {ProviderError} when it is cut off.
 */
export function fingerprint(json: string): string {
  const objects = parseDocument(json, listing).nftables.filter((object) => !("metainfo" in object));
  const filled = new Set(objects.flatMap(filledSets));
  const kept = objects.map((object) => lasting(object, "", filled));
  return createHash("sha256").update(JSON.stringify(kept)).digest("hex");
}

/** Names of the sets that a rule adds elements to. Not every release of nft says of a set that it is dynamic. */
function filledSets(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(filledSets);
  if (!isRecord(value)) return [];
  const targets = "op" in value ? [value["set"], value["map"]] : [];
  const names = targets.flatMap((name) => (typeof name === "string" && name.startsWith("@") ? [name.slice(1)] : []));
  return [...names, ...Object.values(value).flatMap(filledSets)];
}

/** Numbers that the kernel counts, by the object or expression that holds them. */
const counted: Readonly<Record<string, readonly string[]>> = {
  counter: ["packets", "bytes"],
  quota: ["used"],
  last: ["used"],
};

/** A value without handles, counts, and the elements of filled sets. `within` is the key that holds it. */
function lasting(value: unknown, within: string, filled: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((element) => lasting(element, "", filled));
  if (!isRecord(value)) return value;
  const isFilled = ["set", "map"].includes(within) && (filled.has(String(value["name"])) || "stmt" in value);
  const left = ["handle", ...(counted[within] ?? []), ...(isFilled ? ["elem"] : [])];
  const kept = Object.entries(value).filter(([key]) => !left.includes(key));
  return Object.fromEntries(kept.map(([key, field]) => [key, lasting(field, key, filled)]));
}
