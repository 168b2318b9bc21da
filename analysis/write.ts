/** The tables of a bundle as CSV files. */
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { csvFormatBody } from "d3-dsv";
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
    const columns = columnsOf[name].map((column) => column.name);
    written.push(await writeWhole(join(dir, `${name}.csv`), Readable.from(csvText(columns, tables[name]))));
  }
  return written;
}

/** Rows that become one piece of text: a stream of single rows takes longer than the rows. */
const piece = 2000;

function* csvText(columns: readonly string[], rows: readonly object[]): Generator<string> {
  const records = rows as readonly Readonly<Record<string, unknown>>[];
  yield `${columns.join(",")}\n`;
  for (let start = 0; start < rows.length; start += piece)
    yield `${csvFormatBody(records.slice(start, start + piece), columns)}\n`;
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
