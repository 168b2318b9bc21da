/** The data dictionary, its page in the docs, the rows of the tables and the Parquet files say the same. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parquetReadObjects } from "hyparquet";
import { describe, expect, it } from "vitest";
import type { BundleTables } from "../../analysis/bundle.ts";
import { columnsOf, tableNames, tables, type Column } from "../../analysis/dictionary.ts";
import { metrics } from "../../analysis/metrics.ts";
import { parquetTables } from "../../analysis/parquet.ts";
import { syntheticBundle } from "../support/bundle.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/data.md"), "utf8");
const bundle = syntheticBundle();

/** Cells of the table under a heading of the page, without its head. */
function tableUnder(heading: string): string[][] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe("docs/data.md", () => {
  it("has a section for each table and no other one", () => {
    const sections = [...page.matchAll(/^## (\w+)\.csv$/gm)].map(([, name]) => name);
    expect(sections).toEqual([...tableNames]);
    for (const { name, row } of tables) expect(page).toContain(`## ${name}.csv\n\nOne row: ${row}.\n`);
  });

  it.each([...tableNames])("has every column of %s as it is, and no other one", (name) => {
    const unitOf = ({ unit }: Column): string => (unit === "own" ? "as `unit`" : unit);
    expect(tableUnder(`${name}.csv`)).toEqual(
      columnsOf[name].map((column) => [
        `\`${column.name}\``,
        column.type,
        unitOf(column),
        column.meaning,
        column.blank,
      ]),
    );
  });

  it("has every metric and no other one", () => {
    expect(tableUnder("Metrics")).toEqual(metrics.map(({ name, unit, meaning }) => [`\`${name}\``, unit, meaning]));
  });
});

describe.each([...tableNames])("the table %s", (name) => {
  const rows: readonly object[] = bundle.tables[name];

  it("has rows with exactly the columns of the dictionary, blank only where it says so", () => {
    const wanted = columnsOf[name].map((column) => column.name).sort();
    const kinds = { text: "string", number: "number", whole: "number", boolean: "boolean" };
    for (const row of rows) {
      const values = Object.entries(row) as [string, unknown][];
      expect(values.map(([key]) => key).sort()).toEqual(wanted);
      for (const column of columnsOf[name]) {
        const value = values.find(([key]) => key === column.name)?.[1];
        if (column.blank === "") expect([null, "", undefined]).not.toContain(value);
        if (value !== null) expect(typeof value).toBe(kinds[column.type]);
      }
    }
  });

  it("comes back from Parquet as it went in, and keeps its types when it is empty", async () => {
    const read = async (all: BundleTables) => {
      const bytes = parquetTables(all).find((table) => table.name === name)?.bytes ?? new ArrayBuffer();
      return parquetReadObjects({ file: bytes });
    };
    expect(await read(bundle.tables)).toEqual(rows.map((row) => ({ ...row })));
    expect(await read({ ...bundle.tables, [name]: [] })).toEqual([]);
  });
});
