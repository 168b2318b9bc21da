import { describe, expect, it } from "vitest";
import { runRecordSchema, type RunOutput } from "../../analysis/record.ts";
import { egressOutput, ingressOutput } from "../support/fixtures.ts";
import { recordOf, type Edits } from "../support/runs.ts";

const egress = (edits: Edits = {}, output: RunOutput = egressOutput()) => recordOf(output, "egress-gateway", edits);
const ingress = (edits: Edits = {}, output: RunOutput = ingressOutput()) => recordOf(output, "ingress", edits);

describe("a real egress run", () => {
  it("is valid, with every connection proven by the server's log and its kernel", async () => {
    const record = await egress();
    expect(runRecordSchema.parse(record)).toEqual(record);
    const { validity, proof } = record.measured;
    expect(validity).toEqual({
      valid: true,
      reasons: [],
      voids: [],
      labels: [{ phase: "saturated", label: "end-host bound" }],
    });
    expect(proof).toMatchObject({
      connections: 6,
      proven: 6,
      leaked: 0,
      probes: { asked: 24, expected: 24, wrong: 0, failed: 0 },
      otherProbes: { asked: 24, expected: 24, wrong: 0, failed: 0 },
      gateway_packets: 104919,
      gateway_bytes: 6158358947,
    });
    expect(proof?.sources).toEqual([{ address: "10.77.1.9", connections: 30, packets: 105063, bytes: 6158368499 }]);
    const [, , half] = record.measured.windows;
    expect((half?.end_s ?? 0) - (half?.start_s ?? 0)).toBeCloseTo(2, 3);
  });

  // The gateway lost its source NAT between the second and the third test, as the server saw it.
  const broken = (text: string) => {
    const third = text.split("\n}\n").slice(0, 2).join("\n}\n").length;
    return text.slice(0, third) + text.slice(third).replaceAll("10.77.1.9", "10.77.0.2");
  };

  it.each<[string, Edits, RegExp]>([
    [
      "the source NAT broke in the middle",
      { "iperf3-server.jsonl": broken },
      /^2 of 6 measured connections came from 10\.77\.0\.2 instead of the expected source address 10\.77\.1\.9, says the server's iperf3 log$/,
    ],
    [
      "the kernel saw another source",
      { "counters.jsonl": (text) => text.replaceAll(/\["10\.77\.1\.9", (\d+), 5201\]/g, '["10.77.0.2", $1, 5201]') },
      /^6 of 6 measured connections came from 10\.77\.0\.2 .*, says the server's kernel$/,
    ],
    [
      "packets leaked",
      {
        "counters.jsonl": (text) =>
          text.replaceAll(
            '"elem": [{"elem": {"val": "10.77.1.9"',
            '"elem": [{"elem": {"val": "10.77.1.1", "counter": {"packets": 7, "bytes": 420}}}, {"elem": {"val": "10.77.1.9"',
          ),
      },
      /^7 packets reached the server from 10\.77\.1\.1 instead of 10\.77\.1\.9$/,
    ],
    [
      "packets left the gateway untranslated",
      {
        "counters.jsonl": (text) =>
          lastLine(text, (line) => line.replace('"handle": 4, "packets": 0', '"handle": 4, "packets": 12')),
      },
      /^12 packets of the measured flow left the translating node with another source than 10\.77\.1\.9$/,
    ],
    [
      "a connection is missing in the server's log",
      { "iperf3-server.jsonl": (text) => text.slice(text.indexOf("\n}\n") + 3) },
      /^the source address is not proven for every connection: iperf3 opened 6, the server's iperf3 log has 4$/,
    ],
    [
      "a probe was answered wrongly",
      { "probe.csv": (text) => text.replace(",10.77.1.2,10.77.1.9\n", ",10.77.1.2,10.77.1.1\n") },
      /^1 of 24 questions of the load pod to 10\.77\.1\.2 were answered with 10\.77\.1\.1 instead of 10\.77\.1\.9$/,
    ],
    [
      "a probe failed",
      { "probe.csv": (text) => text.replace(",10.77.1.3,10.77.1.1\n", ",10.77.1.3,\n") },
      /^1 of 24 questions of the load pod to 10\.77\.1\.3 got no answer$/,
    ],
    [
      "the pod asked nobody",
      { "probe.csv": () => "t_s,target,answer\n" },
      /^the load pod did not ask 10\.77\.1\.2 for its address/,
    ],
    [
      "the other destination's address changed",
      {
        "address.log": (text) =>
          lastLine(text, (line) => line.replace(/10\.77\.1\.1 (\d+) 10\.77\.1\.3/, "10.77.1.9 $1 10.77.1.3")),
      },
      /^the address service at 10\.77\.1\.3 saw 1 question from 10\.77\.1\.9 instead of 10\.77\.1\.1$/,
    ],
    [
      "the gateway counted fewer bytes than the tool sent",
      {
        "counters.jsonl": (text) =>
          lastLine(text, (line) => line.replace(/"measured"(.*?)"bytes": \d+/, '"measured"$1"bytes": 5800000000')),
      },
      /^the translating node counted 5,794,544,212 bytes of payload, iperf3 sent 6,153,175,040: 5\.8 % apart, at most 5 % are allowed$/,
    ],
    [
      "a counter was reset",
      {
        "counters.jsonl": (text) =>
          lastLine(text, (line) =>
            line.replace(/"measured"(.*?)"packets": \d+, "bytes": \d+/, '"measured"$1"packets": 3, "bytes": 200'),
          ),
      },
      /^counter measured of the gateway was reset during the run/,
    ],
    [
      "a raw file is cut off",
      { "iperf3-half.json": (text) => text.slice(0, 900) },
      /^iperf3-half\.json: line \d+.*is not whole JSON$/,
    ],
    ["a raw file is missing", { "address.log": null }, /^address\.log: is missing$/],
  ])("is invalid when %s", async (_, edits, reason) => {
    const { validity } = (await egress(edits)).measured;
    expect(validity.valid).toBe(false);
    expect(validity.reasons).toContainEqual(expect.stringMatching(reason));
  });

  it("is invalid when the tool failed, a component restarted or no file was left", async () => {
    const output = egressOutput();
    const files = without(output.files, "iperf3.half");
    const { validity } = (
      await egress(
        {},
        { ...output, files, outcome: { ok: false, error: "iperf3 was killed by SIGKILL" }, restarted: ["gateway"] },
      )
    ).measured;
    expect(validity.reasons).toEqual([
      "the load failed: iperf3 was killed by SIGKILL",
      "restarted or out of memory during the run: gateway",
      "the run left no file for iperf3.half",
    ]);
  });

  it("is invalid by iperf3's own error, whatever its exit status was", async () => {
    const error = () =>
      JSON.stringify({ start: { connected: [] }, intervals: [], end: {}, error: "unable to connect" });
    const { validity } = (await egress({ "iperf3-half.json": error })).measured;
    expect(validity.reasons).toEqual(["iperf3 failed in phase half: unable to connect"]);
  });

  it("has the same proof on the base path, where the worker translates", async () => {
    const output = egressOutput();
    const other = {
      ...output,
      expected: output.expected === null ? null : { ...output.expected, source: "10.77.1.1" },
    };
    expect((await egress({}, other)).measured.validity.reasons[0]).toMatch(
      /^6 of 6 measured connections came from 10\.77\.1\.9/,
    );
  });

  it("voids CPU and memory where the monitoring has a gap, and only there", async () => {
    const record = await egress({
      "prometheus.json": (text) => {
        const file = JSON.parse(text) as { series: { values: [number, string][] }[] };
        const window = { from: 1795382644.8, to: 1795382647.9 };
        for (const entry of file.series) entry.values = entry.values.filter(([t]) => t < window.from || t > window.to);
        return JSON.stringify(file);
      },
    });
    expect(record.measured.validity.valid).toBe(true);
    expect(record.measured.validity.voids).toEqual(
      ["cpu", "memory"].map((metric) => ({ metric, phase: "idle", reason: "monitoring has no sample in the window" })),
    );
  });

  it("voids CPU and memory of all phases without monitoring", async () => {
    const output = egressOutput();
    const files = without(output.files, "prometheus");
    const { voids, valid } = (await egress({}, { ...output, files })).measured.validity;
    expect(valid).toBe(true);
    expect(voids).toHaveLength(8);
  });
});

describe("a real ingress run", () => {
  it("is valid, its requests and latency void where the end hosts were the bottleneck", async () => {
    const record = await ingress();
    expect(runRecordSchema.parse(record)).toEqual(record);
    expect(record.measured).toMatchObject({ proof: null, requests: 41509, errors: 0, dropped_iterations: 3 });
    const { valid, voids, labels } = record.measured.validity;
    expect(valid).toBe(true);
    expect(voids.map(({ metric, phase }) => `${phase} ${metric}`)).toEqual(
      ["closed", "open"].flatMap((phase) =>
        ["requests", "latency_p50", "latency_p99"].map((metric) => `${phase} ${metric}`),
      ),
    );
    expect(voids[0]?.reason).toBe("end-host bound: the host was idle 0.0 % of the time, at least 5 % are needed");
    expect(voids[3]?.reason).toBe("end-host bound: 3 iterations could not be started in time");
    expect(labels).toEqual(["closed", "open"].map((phase) => ({ phase, label: "end-host bound" })));
  });

  it.each<[string, Edits, RegExp]>([
    [
      "a flush of the counts is lost",
      { "k6-closed.counts.jsonl": (text) => text.slice(text.indexOf("\n") + 1) },
      /^the counts per second of phase closed add up to 33,941 requests, k6 made 40,611$/,
    ],
    [
      "k6 made no request",
      { "k6-open.json": () => '{"metrics":{}}', "k6-open.counts.jsonl": () => "" },
      /^k6 made no request in phase open$/,
    ],
    [
      "too many requests failed",
      { "k6-closed.counts.jsonl": (text) => text.replace("[0,0,3945,0]", "[0,0,3945,45]") },
      /^45 of 41,509 requests failed \(0\.11 %\), at most 0\.1 % are allowed$/,
    ],
    [
      "the counts are cut off",
      { "k6-open.counts.jsonl": (text) => text.slice(0, -9) },
      /^k6-open\.counts\.jsonl: line \d+/,
    ],
  ])("is invalid when %s", async (_, edits, reason) => {
    const { validity } = (await ingress(edits)).measured;
    expect(validity.valid).toBe(false);
    expect(validity.reasons).toContainEqual(expect.stringMatching(reason));
  });

  it("keeps a few errors within the limit", async () => {
    const few = { "k6-closed.counts.jsonl": (text: string) => text.replace("[0,0,3945,0]", "[0,0,3945,41]") };
    expect((await ingress(few)).measured.validity.valid).toBe(true);
  });

  it("needs no counts when they are switched off", async () => {
    const output = ingressOutput();
    const files = Object.fromEntries(Object.entries(output.files).filter(([key]) => !key.endsWith(".counts")));
    const off = { ...output, files, settings: { ...output.settings, countAnswers: "false" } };
    const record = await ingress({}, off);
    expect(record.measured.validity.reasons).toEqual([]);
    expect(record.measured.requests).toBe(41509);
  });

  it("checks the log of every answer, in the counts' own file", async () => {
    const output = ingressOutput();
    const logging = { ...output, files: { ...output.files, "k6.open.answers": "k6-open.counts.jsonl" } };
    const answers = Array.from({ length: 898 }, (_, index) => `${index * 3} ${index % 2}\n`);
    const log = (lines: readonly string[]): Edits => ({ "k6-open.counts.jsonl": (text) => text + lines.join("") });
    expect((await ingress(log(answers), logging)).measured.validity.reasons).toEqual([]);
    expect((await ingress(log(answers.slice(1)), logging)).measured.validity.reasons).toEqual([
      "the log of every answer of phase open has 897 lines, k6 made 898 requests",
    ]);
  });
});

/** Changes the last line of a text. */
function lastLine(text: string, change: (line: string) => string): string {
  const lines = text.trimEnd().split("\n");
  return `${[...lines.slice(0, -1), change(lines.at(-1) ?? "")].join("\n")}\n`;
}

function without(files: RunOutput["files"], key: string): RunOutput["files"] {
  return Object.fromEntries(Object.entries(files).filter(([name]) => name !== key));
}
