/** The tables of a bundle as CSV files. */
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { stringify } from "csv-stringify";
import type { BundleTables } from "./bundle.ts";
import { columnsOf, tableNames } from "./dictionary.ts";
import { AnalysisError } from "./errors.ts";

/**
 * Writes each table as a CSV file into the bundle's folder and gives their paths. Each is written under a temporary name
 * and renamed, so that a file is whole or the old one.
 */
export async function writeTables(dir: string, tables: BundleTables): Promise<string[]> {
  const written: string[] = [];
  for (const name of tableNames) {
    const toCsv = stringify({
      header: true,
      columns: columnsOf[name].map((column) => column.name),
      cast: { boolean: String },
    });
    written.push(await writeWhole(join(dir, `${name}.csv`), Readable.from(tables[name]).pipe(toCsv)));
  }
  return written;
}

/** Writes a file under a temporary name and renames it; gives its path. Throws AnalysisError when the disk will not have it. */
export async function writeWhole(path: string, content: string | Readable): Promise<string> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await pipeline(typeof content === "string" ? Readable.from([content]) : content, createWriteStream(temporary));
    await rename(temporary, path);
    return path;
  } catch (error) {
    await rm(temporary, { force: true });
    if (error instanceof Error && "code" in error) {
      throw new AnalysisError(`cannot be written (${String(error.code)})`, {
        file: path,
        remedy: "Make room on the disk and see that the folder may be written to, then run `lab analyze` again",
      });
    }
    throw error;
  }
}
