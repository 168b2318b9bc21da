/** The example with pandas gets the report's numbers, from CSV and from Parquet: readers that are not ours. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { parquetTables } from "../../analysis/parquet.ts";
import { writeTables } from "../../analysis/write.ts";
import { syntheticBundle } from "../support/bundle.ts";
import { temporaryFolder } from "../support/runs.ts";

const example = join(import.meta.dirname, "../../examples/read_bundle.py");
const packages = ["pandas==3.1.1", "scipy==1.17.1", "pyarrow==26.0.1"];

/** Python with the packages in a folder of its own, or why there is none. */
async function pythonIn(folder: string): Promise<{ python: string } | { missing: string }> {
  const made = await execa("python3", ["-m", "venv", folder], { reject: false, all: true });
  if (made.exitCode !== 0) return { missing: `python3 makes no virtual environment: ${made.all}` };
  const python = join(folder, "bin", "python");
  const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages];
  const got = await execa(python, install, { reject: false, all: true, timeout: 300_000 });
  return got.exitCode === 0 ? { python } : { missing: `${packages.join(", ")} cannot be installed: ${got.all}` };
}

it("reads a bundle with pandas and finds a number that is not the lab's", async (context) => {
  const folder = await temporaryFolder();
  const found = await pythonIn(join(folder, "venv"));
  if ("missing" in found) context.skip(found.missing);
  else {
    const { tables } = syntheticBundle({ runs: 8 });
    const parquet = join(folder, "parquet");
    mkdirSync(parquet);
    await writeTables(folder, tables);
    for (const { name, bytes } of parquetTables(tables)) {
      writeFileSync(join(parquet, `${name}.parquet`), Buffer.from(bytes));
    }
    const read = (dir: string) => execa(found.python, [example, dir], { reject: false, all: true });
    for (const dir of [folder, parquet]) {
      const { exitCode, all } = await read(dir);
      expect(all).toMatch(/\n\d{3,} numbers as the lab's$/);
      expect(exitCode).toBe(0);
    }
    const summary = join(folder, "summary.csv");
    const line = readFileSync(summary, "utf8").split("\n")[1] ?? "";
    const wrong = line.replace(/,8,([^,]*)/, ",8,12345");
    writeFileSync(summary, readFileSync(summary, "utf8").replace(line, wrong));
    const { exitCode, all } = await read(folder);
    expect(all).toMatch(/\n1 of \d+ numbers differ from the lab's$/);
    expect(exitCode).toBe(1);
  }
});
