/** The tables of a bundle as Parquet files, column for column as the CSV files. Pure. */
import { parquetWriteBuffer } from "hyparquet-writer";
import type { BundleTables } from "./bundle.ts";
import { columnsOf, tableNames } from "./dictionary.ts";

export interface ParquetTable {
  readonly name: keyof BundleTables;
  readonly bytes: ArrayBuffer;
}

const types = { text: "STRING", number: "DOUBLE", whole: "DOUBLE", boolean: "BOOLEAN" } as const;

/** Types are those of the data dictionary, whatever is blank; a blank number is null, a blank text is empty. */
export function parquetTables(tables: BundleTables): ParquetTable[] {
  return tableNames.map((name) => {
    const rows = tables[name].map((row) => new Map<string, unknown>(Object.entries(row)));
    const columnData = columnsOf[name].map((column) => ({
      name: column.name,
      data: rows.map((row) => row.get(column.name) ?? null),
      type: types[column.type],
      nullable: true,
    }));
    return { name, bytes: parquetWriteBuffer({ columnData }) };
  });
}
