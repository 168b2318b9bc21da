/** Bundles as folders, with few files: egress runs whose goodput is that of a fixture times a factor. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunRecord } from "../../analysis/record.ts";
import { egressOutput, fixturePath } from "./fixtures.ts";
import { recordOf } from "./runs.ts";

export interface BundleFolder {
  /** One run for each: its goodput over that of the fixture. */
  readonly factors: readonly number[];
  /** Cell id of the runs. */
  readonly cell?: string;
  readonly bed?: Readonly<Record<string, string | number>>;
  readonly under_test?: Readonly<Record<string, string | number>>;
  /** Seconds after the fixture's own start. */
  readonly later_s?: number;
  readonly edit?: (record: RunRecord, index: number) => RunRecord;
}

let template: Promise<RunRecord> | null = null;

/** Writes runs with iperf3's file of the saturated phase alone; more runs may be added to the same folder. */
export async function writeBundle(dir: string, options: BundleFolder): Promise<string> {
  const { factors, cell = "netns/kernel/egress/gateway", bed = { cores: 2 }, under_test = {}, later_s = 0 } = options;
  const raw = await readFile(fixturePath("runs/egress-gateway/iperf3-saturated.json"), "utf8");
  const output = egressOutput();
  const record = await (template ??= recordOf(output, "egress-gateway"));
  for (const [index, factor] of factors.entries()) {
    const run_id = `${cell.replaceAll("/", "-")}-${String(index + 1)}`;
    const folder = join(dir, "runs", run_id);
    await mkdir(folder, { recursive: true });
    const test = JSON.parse(raw) as { end: { sum_received: { bits_per_second: number } } };
    test.end.sum_received.bits_per_second *= factor;
    await writeFile(join(folder, "iperf3-saturated.json"), JSON.stringify(test));
    const [environment = "", cni = "", , path = ""] = cell.split("/");
    const own = structuredClone(record);
    const written: RunRecord = {
      ...own,
      run_id,
      block: index + 1,
      cell: { ...own.cell, id: cell, environment, cni, path },
      files: { "iperf3.saturated": "iperf3-saturated.json" },
      load: { ...own.load, started_s: own.load.started_s + later_s + index / 1000 },
    };
    await writeFile(join(folder, "record.json"), JSON.stringify(options.edit?.(written, index) ?? written));
  }
  await writeFile(join(dir, "environment.json"), JSON.stringify({ schema: 1, bed, under_test }));
  return dir;
}
