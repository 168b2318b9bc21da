import { describe, expect, it } from "vitest";
import { parseAddressLog } from "../../../analysis/raw/address.ts";
import { readAnswers, type Answer } from "../../../analysis/raw/answers.ts";
import { parseCounters } from "../../../analysis/raw/counters.ts";
import { readCounts } from "../../../analysis/raw/counts.ts";
import { parseGenerator, parseProbes } from "../../../analysis/raw/csv.ts";
import { parseK6Summary } from "../../../analysis/raw/k6Summary.ts";
import { parseNftTable } from "../../../analysis/raw/nft.ts";
import { parsePrometheus } from "../../../analysis/raw/prometheus.ts";
import { parseTimeline } from "../../../analysis/raw/timeline.ts";
import { fixture } from "../../support/fixtures.ts";

const file = { file: "x" };
const egress = (name: string) => fixture(`runs/egress-gateway/${name}`);
const ingress = (name: string) => fixture(`runs/ingress/${name}`);
const nft = (name: string) => parseNftTable(JSON.parse(fixture(`nft/${name}`)), file);

describe("k6", () => {
  it("reads its own count of requests and the dropped iterations", () => {
    expect(parseK6Summary(ingress("k6-closed.json"), file)).toEqual({ requests: 40611, dropped_iterations: 0 });
    expect(parseK6Summary(ingress("k6-open.json"), file)).toEqual({ requests: 898, dropped_iterations: 3 });
  });

  it("merges all flushes into counts that add up to k6's own", async () => {
    const counts = await readCounts(ingress("k6-closed.counts.jsonl").split("\n"), file, 2);
    expect(counts.seconds.reduce((sum, { requests }) => sum + requests, 0)).toBe(40611);
    expect(counts.start_ms).toBe(1795382680414);
    const measured = counts.seconds.filter(({ second }) => second >= 1 && second < 3);
    expect([...counts.histogram.values()].reduce((sum, count) => sum + count, 0)).toBe(
      measured.reduce((sum, { requests }) => sum + requests, 0),
    );
  });

  it("adds the same second and backend of several VUs", async () => {
    const lines = [
      '{"vu":1,"start_ms":5,"c":[[0,0,3,1]],"h":[[4,2]]}',
      '{"vu":2,"start_ms":5,"c":[[0,0,4,0],[1,-1,2,2]],"h":[[4,1]]}',
    ];
    expect(await readCounts(lines, file, 2)).toEqual({
      start_ms: 5,
      seconds: [
        { second: 0, backend: 0, requests: 7, errors: 1 },
        { second: 1, backend: -1, requests: 2, errors: 2 },
      ],
      histogram: new Map([[4, 3]]),
    });
  });

  it.each([
    ['{"vu":1,"start_ms":5,"c":[[0,2,3,0]],"h":[]}', /^x: line 1, c: names backend 2, the run has 2/],
    ['{"vu":1,"start_ms":5,"c":[[0,0,3,4]],"h":[]}', /^x: line 1, c: has 4 errors in 3 requests/],
    ['{"vu":1,"start_ms":5,"c":[[0,0,3]],"h":[]}', /^x: line 1, c\[0\]/],
    ['{"vu":1,"start_ms":5,"c":[[0,0,3,', /^x: line 1.*is not whole JSON/],
  ])("refuses the flush %s", async (line, message) => {
    await expect(readCounts([line], file, 2)).rejects.toThrow(message);
  });

  it("streams the log of every answer", async () => {
    const answers: Answer[] = [];
    for await (const answer of readAnswers(["12 0", "13.5 1", "", "20 -1"], file, 2)) answers.push(answer);
    expect(answers).toEqual([
      { offset_ms: 12, backend: 0 },
      { offset_ms: 13.5, backend: 1 },
      { offset_ms: 20, backend: -1 },
    ]);
    await expect(
      readAnswers(["12 0", "13 x"], file, 2)
        .next()
        .then(() => undefined),
    ).resolves.toBeUndefined();
    const broken = readAnswers(["12 0", "13 x"], file, 2);
    await broken.next();
    await expect(broken.next()).rejects.toThrow(/^x: line 2: is not/);
  });
});

describe("nft", () => {
  it("reads named counters", () => {
    expect(nft("gateway-1.0.6.json").counters).toEqual(
      new Map([
        ["measured", { packets: 104919, bytes: 6158358947 }],
        ["leaked", { packets: 0, bytes: 0 }],
      ]),
    );
  });

  it("reads dynamic sets with counters, plain and concatenated", () => {
    const { sets } = nft("server-1.0.6.json");
    expect(sets.get("sources")).toEqual([{ key: ["10.77.1.9"], packets: 105063, bytes: 6158368499 }]);
    expect(sets.get("connections")?.[1]).toEqual({
      key: ["10.77.1.9", "56228", "5201"],
      packets: 16781,
      bytes: 750735569,
    });
    expect(sets.get("connections")).toHaveLength(30);
  });

  it("takes an empty set as empty and leaves sets without counters out", () => {
    const table = { nftables: [{ table: {} }, { set: { name: "a" } }, { set: { name: "b", elem: ["10.0.0.1"] } }] };
    expect([...parseNftTable(table, file).sets]).toEqual([["a", []]]);
  });

  it("refuses what is no table", () => {
    expect(() => parseNftTable({ nftables: [{ metainfo: {} }] }, file)).toThrow(/^x: nftables: has no table/);
    expect(() => parseNftTable({}, file)).toThrow(/^x: nftables: /);
  });

  it("reads each observation of a run in the order of time", () => {
    const observations = parseCounters(egress("counters.jsonl"), file);
    expect(observations.map(({ moment, name }) => `${moment} ${name}`)).toEqual(
      ["start", "after:idle", "after:unloaded", "after:half", "after:saturated"].flatMap((moment) => [
        `${moment} server`,
        `${moment} gateway`,
      ]),
    );
  });
});

describe("the other files", () => {
  it("reads the address service's log", () => {
    const lines = parseAddressLog(egress("address.log"), file);
    expect(lines).toHaveLength(48);
    expect(new Set(lines.map(({ server, source }) => `${server} ${source}`))).toEqual(
      new Set(["10.77.1.2 10.77.1.9", "10.77.1.3 10.77.1.1"]),
    );
    expect(() => parseAddressLog("1.0 10.0.0.1 80 10.0.0.2\n1.5 10.0.0.1\n", file)).toThrow(/^x: line 2: is not/);
  });

  it("reads probes, failed ones with a blank answer", () => {
    expect(parseProbes(egress("probe.csv"), file)).toHaveLength(48);
    expect(parseProbes("t_s,target,answer\n1.5,10.0.0.1,\n", file)).toEqual([
      { t_s: 1.5, target: "10.0.0.1", answer: "" },
    ]);
    expect(() => parseProbes("t_s,target\n", file)).toThrow(/^x: line 1: has not the header t_s,target,answer/);
    expect(() => parseProbes("t_s,target,answer\n1.5,10.0.0.1\n", file)).toThrow(/^x: line 2: is not whole CSV/);
    expect(() => parseProbes("t_s,target,answer\nsoon,10.0.0.1,\n", file)).toThrow(/^x: line 2, t_s: is not a number/);
  });

  it("reads what the generator used", () => {
    const samples = parseGenerator(ingress("generator.csv"), file);
    expect(new Set(samples.map(({ phase }) => phase))).toEqual(new Set(["closed", "open"]));
    expect(samples.every(({ host_total_s }) => host_total_s > 0)).toBe(true);
  });

  it("reads raw samples of Prometheus, in order", () => {
    const series = parsePrometheus(egress("prometheus.json"), file);
    expect(series.filter(({ name }) => name === "node_cpu_seconds_total")).toHaveLength(16);
    const times = series[0]?.samples.map(([time]) => time) ?? [];
    expect(times.length).toBeGreaterThan(5);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const bad = { schema: 1, series: [{ metric: { __name__: "up" }, values: [[1, "NaN"]] }] };
    expect(() => parsePrometheus(JSON.stringify(bad), file)).toThrow(
      /^x: series\[0\]\.values\[0\]\[1\]: is not a finite number/,
    );
  });

  it("reads the timeline", () => {
    expect(parseTimeline(egress("timeline.json"), file).phases.map(({ phase }) => phase)).toEqual([
      "idle",
      "unloaded",
      "half",
      "saturated",
    ]);
  });
});
