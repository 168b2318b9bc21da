/** `nft -j list table`: named counters and sets whose elements carry a counter; nft 1.0.6 and newer. */
import { z } from "zod";
import { check, type Source } from "./text.ts";

export interface Tally {
  readonly packets: number;
  readonly bytes: number;
}

/** Element of a set; `key` has one part for each field of a concatenation, as text. */
export interface SetElement extends Tally {
  readonly key: readonly string[];
}

export interface NftTable {
  readonly counters: ReadonlyMap<string, Tally>;
  readonly sets: ReadonlyMap<string, readonly SetElement[]>;
}

const tally = z.object({ packets: z.number().min(0), bytes: z.number().min(0) });
const part = z.union([z.string(), z.number()]).transform(String);
const element = z.object({
  elem: z.object({
    val: z.union([part.transform((value) => [value]), z.object({ concat: z.array(part) }).transform((v) => v.concat)]),
    counter: tally,
  }),
});
const named = z.object({ name: z.string() });
const tableSchema = z.object({
  nftables: z
    .array(
      z.looseObject({
        counter: named.extend(tally.shape).optional(),
        set: named.extend({ elem: z.array(z.unknown()).optional() }).optional(),
      }),
    )
    .refine((objects) => objects.some((object) => "table" in object), "has no table"),
});

/** Reads the parsed JSON. Sets without counters are left out. Throws AnalysisError with the JSON path. */
export function parseNftTable(value: unknown, source: Source): NftTable {
  const { nftables } = check(tableSchema, value, source);
  const counters = new Map<string, Tally>();
  const sets = new Map<string, SetElement[]>();
  for (const { counter, set } of nftables) {
    if (counter !== undefined) counters.set(counter.name, { packets: counter.packets, bytes: counter.bytes });
    if (set !== undefined && (set.elem ?? []).every(hasCounter)) {
      sets.set(
        set.name,
        check(z.array(element), set.elem ?? [], source).map(({ elem }) => ({ key: elem.val, ...elem.counter })),
      );
    }
  }
  return { counters, sets };
}

function hasCounter(value: unknown): boolean {
  return z.object({ elem: z.object({ counter: z.unknown() }) }).safeParse(value).success;
}
