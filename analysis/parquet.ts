/** The tables of a bundle as Parquet files, column for column as the CSV files. Pure. */
import { parquetWriteBuffer } from "hyparquet-writer";
import type { BundleTables } from "./bundle.ts";
import { columns, tableNames } from "./write.ts";

export interface ParquetTable {
  readonly name: keyof BundleTables;
  readonly bytes: ArrayBuffer;
}

/** Text, doubles and booleans; a blank number is null. */
export function parquetTables(tables: BundleTables): ParquetTable[] {
  return tableNames.map((name) => {
    const rows = tables[name].map((row) => new Map<string, unknown>(Object.entries(row)));
    const columnData = columns[name].split(",").map((column) => {
      const data = rows.map((row) => row.get(column) ?? null);
      return { name: column, data, type: typeOf(data), nullable: true };
    });
    return { name, bytes: parquetWriteBuffer({ columnData }) };
  });
}

function typeOf(data: readonly unknown[]): "STRING" | "BOOLEAN" | "DOUBLE" {
  const first = data.find((value) => value !== null);
  if (typeof first === "string") return "STRING";
  return typeof first === "boolean" ? "BOOLEAN" : "DOUBLE";
}
