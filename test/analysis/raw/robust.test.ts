import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AnalysisError } from "../../../analysis/errors.ts";
import { parseAddressLog } from "../../../analysis/raw/address.ts";
import { parseCounters } from "../../../analysis/raw/counters.ts";
import { parseGenerator, parseProbes } from "../../../analysis/raw/csv.ts";
import { parseIperfClient } from "../../../analysis/raw/iperf3Client.ts";
import { parseIperfServer } from "../../../analysis/raw/iperf3Server.ts";
import { readK6Log } from "../../../analysis/raw/k6Log.ts";
import { readK6Stream } from "../../../analysis/raw/k6Stream.ts";
import { parseK6Summary } from "../../../analysis/raw/k6Summary.ts";
import { readPrometheus } from "../../../analysis/raw/prometheus.ts";
import type { Source } from "../../../analysis/raw/text.ts";
import { parseTimeline } from "../../../analysis/raw/timeline.ts";
import { parseRecord } from "../../../analysis/readRecord.ts";
import { fixture } from "../../support/fixtures.ts";

type Parser = (text: string, source: Source) => unknown;

/** Name, parser, a real output, whether every cut of it must be noticed (one JSON document). */
const formats: readonly (readonly [string, Parser, string, boolean])[] = [
  ["iperf3 client", parseIperfClient, fixture("runs/egress-gateway/iperf3-saturated.json"), true],
  ["iperf3 client 3.21", parseIperfClient, fixture("iperf3/client-3.21.json"), true],
  ["iperf3 client that failed", parseIperfClient, fixture("iperf3/server-killed.json"), true],
  ["iperf3 server", parseIperfServer, fixture("iperf3/server-3.12.log"), false],
  ["k6 summary", parseK6Summary, fixture("runs/ingress/k6-open.json"), true],
  [
    "k6 counts",
    (text, source) => readK6Log([Buffer.from(text)], source, 2),
    fixture("runs/ingress/k6-closed.counts.jsonl"),
    false,
  ],
  ["log of every answer", (text, source) => readK6Log([Buffer.from(text)], source, 2), "12 0\n13.5 1\n20 -1\n", false],
  [
    "k6 stream",
    (text, source) => readK6Stream([Buffer.from(text)], source, ["echo-1", "echo-2"], { from: 1, to: 3 }),
    fixture("k6/k6-stream-1.1.0.jsonl"),
    false,
  ],
  ["counters", parseCounters, fixture("runs/egress-gateway/counters.jsonl"), false],
  ["address log", parseAddressLog, fixture("runs/egress-gateway/address.log"), false],
  ["probes", parseProbes, fixture("runs/egress-gateway/probe.csv"), false],
  ["generator", parseGenerator, fixture("runs/egress-gateway/generator.csv"), false],
  [
    "prometheus",
    (text, source) => readPrometheus([Buffer.from(text)], source),
    fixture("runs/egress-gateway/prometheus.json"),
    true,
  ],
  ["timeline", parseTimeline, fixture("runs/egress-gateway/timeline.json"), true],
  ["record", (text, { file }) => parseRecord(text, file), fixture("runs/egress-gateway/timeline.json"), true],
];

/** The error that a parser gives, null when it takes the text. Anything but an AnalysisError fails the test. */
async function errorOf(parse: Parser, text: string): Promise<AnalysisError | null> {
  try {
    await parse(text, { file: "raw-file" });
    return null;
  } catch (error) {
    if (!(error instanceof AnalysisError)) throw error;
    expect(error.message).toMatch(/^raw-file: .+\. \S/);
    expect(error.remedy).not.toBe("");
    return error;
  }
}

describe.each(formats)("%s", (_, parse, real, mustNotice) => {
  it("never crashes on a cut file", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: real.trimEnd().length - 1 }), async (length) => {
        const error = await errorOf(parse, real.slice(0, length));
        if (mustNotice) expect(error).not.toBeNull();
      }),
      { numRuns: 60 },
    );
  });

  it("never crashes on a changed file", async () => {
    const junk = fc.constantFrom(
      "",
      "{",
      "}",
      "[",
      "]",
      '"',
      ",",
      ":",
      "0",
      "-1",
      "1e999",
      "null",
      "\u0000",
      "é",
      "\n",
      "NaN",
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(real.length), fc.nat(9), junk), { minLength: 1, maxLength: 4 }),
        async (edits) => {
          const text = edits.reduce(
            (before, [at, drop, put]) => before.slice(0, at) + put + before.slice(at + drop),
            real,
          );
          await errorOf(parse, text);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("never crashes on foreign JSON", async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), async (text) => {
        await errorOf(parse, text);
      }),
      { numRuns: 60 },
    );
  });
});
