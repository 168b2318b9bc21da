import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { describe, expect, it } from "vitest";
import { readBundle } from "../../analysis/readBundle.ts";
import { metrics } from "../../analysis/metrics.ts";
import { columnsOf, tableNames } from "../../analysis/dictionary.ts";
import { writeTables } from "../../analysis/write.ts";
import { egressOutput, ingressOutput } from "../support/fixtures.ts";
import { temporaryFolder, writeRun } from "../support/runs.ts";

/** A bundle of one valid egress run, one whose server saw a stranger, and one ingress run. */
async function realBundle(): Promise<string> {
  const dir = await temporaryFolder();
  const egress = egressOutput();
  await writeRun(dir, egress, "egress-gateway");
  const later = { ...egress, run_id: "run-leaked", load: { ...egress.load, started_s: egress.load.started_s + 1 } };
  await writeRun(dir, later, "egress-gateway", {
    "probe.csv": (text) => text.replace(",10.77.1.2,10.77.1.9\n", ",10.77.1.2,10.77.1.1\n"),
  });
  await writeRun(dir, ingressOutput(), "ingress");
  await writeFile(
    join(dir, "environment.json"),
    JSON.stringify({ schema: 1, bed: { cores: 2 }, under_test: { cni: "kernel" } }),
  );
  await writeFile(join(dir, "campaign.yaml"), "name: test\n");
  return dir;
}

const read = async (dir: string, name: string) =>
  parse<Record<string, string>>(await readFile(join(dir, `${name}.csv`), "utf8"), { columns: true });

describe("a bundle", () => {
  it("is read run by run, in the order in which the runs started", async () => {
    const bundle = await readBundle(await realBundle());
    expect(bundle.records.map(({ run_id }) => run_id)).toEqual(["run-egress-gateway", "run-leaked", "run-ingress"]);
    expect(bundle.cells.map(({ id }) => id)).toEqual([
      "netns/kernel/egress/gateway",
      "netns/kernel/ingress/nginx/2vus",
    ]);
    expect(bundle.environment?.bed).toEqual({ cores: 2 });
    expect(bundle.campaign).toBe("name: test\n");
    expect(bundle.invalid).toEqual([
      {
        run_id: "run-leaked",
        cell: "netns/kernel/egress/gateway",
        reasons: ["1 of 24 questions of the load pod to 10.77.1.2 were answered with 10.77.1.1 instead of 10.77.1.9"],
      },
    ]);
    expect(bundle.notes).toEqual([]);
  });

  it("has samples with the tools' own numbers, invalid and void ones with their reason", async () => {
    const { tables } = await readBundle(await realBundle());
    const find = (run: string, phase: string, metric: string, role = "") =>
      tables.samples.find(
        (row) => row.run_id === run && row.phase === phase && row.metric === metric && row.role === role,
      );
    expect(find("run-egress-gateway", "saturated", "goodput")).toMatchObject({
      value: 10732778662.980263,
      unit: "bit/s",
      valid: true,
    });
    expect(find("run-leaked", "saturated", "goodput")).toMatchObject({ valid: false });
    expect(find("run-leaked", "saturated", "goodput")?.invalid_reason).toMatch(/^1 of 24 questions/);
    expect(find("run-ingress", "closed", "requests")).toMatchObject({ value: 13575.5, valid: false });
    expect(find("run-ingress", "closed", "share", "echo-1")).toMatchObject({ valid: true, unit: "" });
    const cost = find("run-egress-gateway", "saturated", "cpu_per_gbit", "host")?.value;
    expect(cost).toBeCloseTo((1.992011961161196 - 1.074626998238519) / 10.732778662980263, 9);
    const share = (backend: string) => find("run-ingress", "closed", "share", backend)?.value ?? 0;
    expect(share("echo-1") + share("echo-2")).toBeCloseTo(1, 12);
    const units = new Map<string, string>(metrics.map(({ name, unit }) => [name, unit]));
    for (const { metric, unit } of tables.samples) expect(units.get(metric)).toBe(unit);
  });

  it("leaves invalid runs and void metrics out of the summary", async () => {
    const { tables } = await readBundle(await realBundle());
    const goodput = tables.summary.filter(({ metric, phase }) => metric === "goodput" && phase === "saturated");
    expect(goodput).toMatchObject([{ n: 1, mean: 10732778662.980263, ci_low: null }]);
    expect(tables.summary.some(({ metric, phase }) => metric === "requests" && phase === "closed")).toBe(false);
    expect(tables.splits.map(({ phase, backend, weight }) => [phase, backend, weight])).toContainEqual([
      "closed",
      "echo-1",
      0.6,
    ]);
  });

  it("is written as tables, column for column, and written again the same", async () => {
    const dir = await realBundle();
    const { tables } = await readBundle(dir);
    await writeTables(dir, tables);
    const first = await readFile(join(dir, "samples.csv"), "utf8");
    await writeTables(dir, tables);
    expect(await readFile(join(dir, "samples.csv"), "utf8")).toBe(first);
    expect((await readdir(dir)).sort()).toEqual([
      "campaign.yaml",
      "comparisons.csv",
      "environment.json",
      "inside.csv",
      "latency.csv",
      "runs",
      "samples.csv",
      "splits.csv",
      "summary.csv",
      "windows.csv",
    ]);
    for (const name of tableNames) {
      const rows = await read(dir, name);
      expect(rows).toHaveLength(tables[name].length);
      expect((await readFile(join(dir, `${name}.csv`), "utf8")).split("\n")[0]).toBe(
        columnsOf[name].map((column) => column.name).join(","),
      );
    }
    const [sample] = await read(dir, "samples");
    expect(sample).toMatchObject({
      block: "1",
      vus: "",
      valid: "true",
      invalid_reason: "",
      value: "1048243.1827894644",
    });
    expect((await read(dir, "samples")).some(({ valid }) => valid === "false")).toBe(true);
    const [summary] = await read(dir, "summary");
    expect(summary).toMatchObject({ n: "1", ci_low: "", median_low: "", truncated_mean: "", cv: "" });
    expect(summary?.["median"]).toBe(summary?.["mean"]);
  });

  it("has windows and latencies that add up to the measured requests", async () => {
    const { tables } = await readBundle(await realBundle());
    const total = (rows: readonly { phase: string }[], value: (index: number) => number) =>
      rows.reduce((sum, { phase }, index) => sum + (phase === "closed" ? value(index) : 0), 0);
    expect(total(tables.windows, (index) => tables.windows[index]?.requests ?? 0)).toBe(27151);
    expect(total(tables.latency, (index) => tables.latency[index]?.count ?? 0)).toBe(27151);
  });

  it("leaves half-made folders out with a note", async () => {
    const dir = await realBundle();
    await mkdir(join(dir, "runs", ".tmp-run-9"));
    await mkdir(join(dir, "runs", "run-8"));
    const { records, notes } = await readBundle(dir);
    expect(records).toHaveLength(3);
    expect(notes).toEqual([
      "runs/.tmp-run-9 is not a whole run and was left out",
      "runs/run-8 has no record and was left out",
    ]);
  });

  it("refuses a newer record, a broken record and what is no bundle, each with place and remedy", async () => {
    const dir = await realBundle();
    const file = join(dir, "runs", "run-ingress", "record.json");
    const record: unknown = JSON.parse(await readFile(file, "utf8"));
    await writeFile(file, JSON.stringify({ ...(record as object), schema: 2 }));
    await expect(readBundle(dir)).rejects.toThrow(
      `${file}: was written by a newer version (schema 2, this one reads 1). Update the lab`,
    );
    await writeFile(file, JSON.stringify({ ...(record as object), cell: { id: "" } }));
    await expect(readBundle(dir)).rejects.toThrow(`${file}: cell.id: `);
    await writeFile(file, '{"schema": 1,\n"run_id"');
    await expect(readBundle(dir)).rejects.toThrow(`${file}: line 2`);
    await expect(readBundle(join(dir, "campaign.yaml"))).rejects.toThrow("is no bundle: it has no folder runs/");
    const empty = await temporaryFolder();
    await mkdir(join(empty, "runs"));
    await expect(readBundle(empty)).rejects.toThrow("holds no whole run");
  });

  it("refuses a broken raw file of a valid run, and notes one of an invalid run", async () => {
    const dir = await realBundle();
    const damage = (run: string) => writeFile(join(dir, "runs", run, "iperf3-half.json"), "{");
    await damage("run-leaked");
    expect((await readBundle(dir)).notes).toEqual([
      expect.stringMatching(/^run-leaked is invalid and a file of it was left out: .*iperf3-half\.json: line 1/),
    ]);
    await damage("run-egress-gateway");
    await expect(readBundle(dir)).rejects.toThrow(/iperf3-half\.json: line 1.*is not whole JSON/);
  });

  it("does not follow file names out of the run's folder", async () => {
    const dir = await realBundle();
    const file = join(dir, "runs", "run-ingress", "record.json");
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace('"timeline.json"', '"../../campaign.yaml"'));
    await expect(readBundle(dir)).rejects.toThrow("../../campaign.yaml: is not a plain file name");
  });

  it("does without environment.json, with a note", async () => {
    const dir = await temporaryFolder();
    await writeRun(dir, ingressOutput(), "ingress");
    const { environment, notes } = await readBundle(dir);
    expect(environment).toBeNull();
    expect(notes).toEqual(["there is no environment.json: what the runs stood on is not known"]);
  });

  it("says when a table cannot be written, and leaves nothing half-made", async () => {
    const dir = await realBundle();
    const { tables } = await readBundle(dir);
    await mkdir(join(dir, "samples.csv"));
    await expect(writeTables(dir, tables)).rejects.toThrow(/samples\.csv: cannot be written \(E\w+\)\. Make room/);
    expect((await readdir(dir)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});
