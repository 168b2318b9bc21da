/** `lab export`: the tables of a bundle as Parquet files. */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { readBundle } from "../../analysis/readBundle.ts";
import { parquetTables } from "../../analysis/parquet.ts";
import { writeWhole } from "../../analysis/write.ts";
import { Readable } from "node:stream";
import { shown } from "../../runner/bundleFolder.ts";
import { exitCodes } from "../../runner/errors.ts";
import type { CommonFlags } from "./context.ts";
import { writeJson, writeLine } from "./output.ts";

export interface ExportFlags extends CommonFlags {
  readonly output?: string;
}

export async function exportCommand(bundle: string, flags: ExportFlags): Promise<number> {
  const { tables } = await readBundle(resolve(bundle));
  const folder = resolve(flags.output ?? join(bundle, "parquet"));
  mkdirSync(folder, { recursive: true });
  const files: string[] = [];
  for (const { name, bytes } of parquetTables(tables)) {
    files.push(await writeWhole(join(folder, `${name}.parquet`), Readable.from([Buffer.from(bytes)])));
  }
  if (flags.json === true) writeJson({ files });
  else for (const file of files) writeLine(shown(file));
  return exitCodes.ok;
}
