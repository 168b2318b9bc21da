/** Several iperf3 generators of one run: each has its own way out, and its connections must come from there. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { completeRecord } from "../../analysis/measure.ts";
import type { RunOutput, RunRecord } from "../../analysis/record.ts";
import { egressOutput } from "../support/fixtures.ts";
import { copyRun, temporaryFolder, type Edits } from "../support/runs.ts";

/** The fixture's gateway, and a second one. */
const [first, second] = ["10.77.1.9", "10.77.1.8"];

/** A run on a cluster whose second generator leaves by the second gateway; its files are the first one's with that address. */
async function pair(edits: Edits = {}): Promise<RunRecord> {
  const folder = await temporaryFolder();
  await copyRun("egress-gateway", folder);
  const moved = (text: string): string => text.replaceAll(first, second);
  const files = ["iperf3-server.jsonl", "probe.csv"];
  await copyRun(
    "egress-gateway",
    join(folder, "runner-2"),
    Object.fromEntries(files.map((name) => [name, (text: string) => edits[name]?.(text) ?? moved(text)])),
  );
  // The address service keeps one log for all.
  const log = join(folder, "address.log");
  const lines = await readFile(log, "utf8");
  await writeFile(log, `${lines}${moved(lines)}`);
  return completeRecord(output(), folder);
}

function output(): RunOutput {
  const { files, expected, ...rest } = egressOutput();
  if (expected === null) throw new Error("an egress fixture without expectation");
  const own = Object.entries(files).filter(([role]) => role !== "counters");
  const further = own.filter(([role]) => role !== "prometheus");
  const { otherSource } = expected;
  return {
    ...rest,
    files: Object.fromEntries([
      ...own,
      ...further.map(([role, file]) => [`runner-2/${role}`, `runner-2/${file}`] as const),
    ]),
    source: {
      kind: "kubernetes",
      folder: "r/1",
      store: { namespace: "n", service: "results", port: 8080 },
      prometheus: null,
    },
    expected: { ...expected, runners: [first, second].map((source) => ({ source, otherSource })) },
  };
}

describe("two generators that leave by a gateway each", () => {
  it("are proven connection by connection, each against its own gateway", async () => {
    const { validity, proof } = (await pair()).measured;
    expect(validity.reasons).toEqual([]);
    expect(proof).toMatchObject({
      connections: 12,
      proven: 12,
      leaked: 0,
      probes: { asked: 48, expected: 48, wrong: 0, failed: 0 },
      otherProbes: { asked: 48, expected: 48, wrong: 0, failed: 0 },
    });
    expect(proof?.sources).toEqual(
      [first, second].map((address) => ({ address, connections: 6, packets: 0, bytes: 0 })),
    );
  });

  it("are invalid when one leaves by the other's, though both addresses are right for somebody", async () => {
    const stays = (text: string): string => text;
    const { validity, proof } = (await pair({ "iperf3-server.jsonl": stays, "probe.csv": stays })).measured;
    expect(proof?.proven).toBe(6);
    expect(validity.reasons).toEqual([
      `6 of 12 measured connections came from ${first} instead of the expected source address ${second}, says the server's iperf3 log`,
      `24 of 48 questions of the load pod to 10.77.1.2 were answered with ${first} instead of ${second}`,
    ]);
  });
});
