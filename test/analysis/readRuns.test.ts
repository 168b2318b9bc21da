import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readRuns } from "../../analysis/readRuns.ts";
import { egressOutput, ingressOutput } from "../support/fixtures.ts";
import { temporaryFolder, writeRun } from "../support/runs.ts";

/** Two egress and one ingress run, and a folder without a record; in the order in which they are given to `readRuns`. */
async function folders(): Promise<string[]> {
  const dir = await temporaryFolder();
  const egress = egressOutput();
  await writeRun(dir, egress, "egress-gateway");
  await writeRun(dir, { ...egress, run_id: "run-second" }, "egress-gateway");
  await writeRun(dir, ingressOutput(), "ingress");
  await mkdir(join(dir, "runs", "empty"));
  return ["run-egress-gateway", "empty", "run-ingress", "run-second"].map((name) => join(dir, "runs", name));
}

describe("readRuns", () => {
  it("gives the same in two threads as in one, in the order of the folders", async () => {
    const given = await folders();
    const one = await readRuns(given, 1);
    expect(one.map(({ record }) => record?.run_id)).toEqual([
      "run-egress-gateway",
      undefined,
      "run-ingress",
      "run-second",
    ]);
    expect(one[1]?.notes).toEqual(["runs/empty has no record and was left out"]);
    expect(one.map(({ rows }) => rows.windows.length > 0)).toEqual([false, false, true, false]);
    expect(await readRuns(given, 2)).toEqual(one);
  });

  it.each([1, 2])("tells what is wrong with the first broken run, whole, in %i threads", async (threads) => {
    const given = await folders();
    await writeFile(join(given[2] ?? "", "record.json"), '{"schema": 1,\n"run_id"');
    await writeFile(join(given[3] ?? "", "record.json"), "");
    await expect(readRuns(given, threads)).rejects.toMatchObject({
      name: "AnalysisError",
      file: join(given[2] ?? "", "record.json"),
      place: expect.stringContaining("line 2") as string,
      remedy: expect.stringMatching(/./) as string,
    });
  });

  it("passes on what is no mistake of a file", async () => {
    await expect(readRuns(["bad\0name", "other"], 2)).rejects.toThrow("without null bytes");
  });
});
