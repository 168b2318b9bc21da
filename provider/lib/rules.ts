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
 * Hash of a table as the kernel has it, without what traffic changes: counts, and elements of sets that packets fill.
 * @param json What `nft -j list table` printed.
 * @throws {ProviderError} when it is cut off.
 */
export function fingerprint(json: string): string {
  const objects = parseDocument(json, listing).nftables.filter((object) => !("metainfo" in object));
  return createHash("sha256")
    .update(JSON.stringify(objects.map((object) => lasting(object))))
    .digest("hex");
}

/** Numbers that the kernel gives or counts, by the object or expression that holds them. */
const passing: Readonly<Record<string, readonly string[]>> = {
  counter: ["packets", "bytes"],
  quota: ["used"],
  last: ["used"],
};

function lasting(value: unknown, within = ""): unknown {
  if (Array.isArray(value)) return value.map((element) => lasting(element));
  if (!isRecord(value)) return value;
  const flags = Array.isArray(value["flags"]) ? value["flags"] : [value["flags"]];
  const filled = (within === "set" || within === "map") && (flags.includes("dynamic") || flags.includes("timeout"));
  const left = ["handle", ...(passing[within] ?? []), ...(filled ? ["elem"] : [])];
  const kept = Object.entries(value).filter(([key]) => !left.includes(key));
  return Object.fromEntries(kept.map(([key, field]) => [key, lasting(field, key)]));
}
