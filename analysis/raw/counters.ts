/** counters.jsonl: what each `observe` command saw at the start of the load and after each phase. */
import { z } from "zod";
import { parseNftTable, type NftTable } from "./nft.ts";
import { numberedLines, parseJson, type Source } from "./text.ts";

export interface Observation {
  readonly t_s: number;
  /** `start` or `after:<phase>` */
  readonly moment: string;
  /** `server` or `gateway` */
  readonly name: string;
  readonly table: NftTable;
}

const lineSchema = z.object({ t_s: z.number(), moment: z.string(), name: z.string(), data: z.unknown() });

/** In the order of time. Throws AnalysisError with line and JSON path. */
export function parseCounters(text: string, { file }: Source): Observation[] {
  return numberedLines(text)
    .map(({ line, text: content }) => {
      const { data, ...rest } = parseJson(lineSchema, content, { file, line });
      return { ...rest, table: parseNftTable(data, { file, line }) };
    })
    .sort((a, b) => a.t_s - b.t_s);
}
