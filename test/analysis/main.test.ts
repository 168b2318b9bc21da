import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { analyzeBundle } from "../../analysis/main.ts";
import { columnsOf } from "../../analysis/dictionary.ts";
import { egressOutput, ingressOutput } from "../support/fixtures.ts";
import { temporaryFolder, writeRun } from "../support/runs.ts";

describe("analysis of a bundle", () => {
  it("leaves tables, figures and report, and the same ones the second time", async () => {
    const dir = await temporaryFolder();
    await writeRun(dir, egressOutput(), "egress-gateway");
    await writeRun(dir, ingressOutput(), "ingress");
    await mkdir(join(dir, "figures"));
    await writeFile(join(dir, "figures", "of-an-earlier-version.svg"), "<svg/>");

    const { files, report, findings, bundle } = await analyzeBundle(dir);
    expect(report).toBe(join(dir, "report.html"));
    expect(findings.length).toBeGreaterThan(0);
    expect(findings.length).toBeLessThanOrEqual(5);
    expect(bundle.records).toHaveLength(2);
    expect((await readdir(dir)).sort()).toEqual(
      [
        "comparisons.csv",
        "figures",
        "inside.csv",
        "latency.csv",
        "report.html",
        "report.md",
        "runs",
        "samples.csv",
        "splits.csv",
        "summary.csv",
        "windows.csv",
      ].sort(),
    );
    const figures = files.filter((file) => file.endsWith(".svg")).map((file) => basename(file));
    expect(figures).toContain("goodput.svg");
    expect((await readdir(join(dir, "figures"))).sort()).toEqual(figures.sort());

    const texts = () => Promise.all(files.map((file) => readFile(file, "utf8")));
    const first = await texts();
    await analyzeBundle(dir);
    expect(await texts()).toEqual(first);
  });

  it("writes empty tables with their header", async () => {
    const dir = await temporaryFolder();
    await writeRun(dir, egressOutput(), "egress-gateway");
    await analyzeBundle(dir);
    for (const name of ["windows", "latency"] as const) {
      const header = columnsOf[name].map((column) => column.name).join(",");
      expect(await readFile(join(dir, `${name}.csv`), "utf8")).toBe(`${header}\n`);
    }
  });
});
