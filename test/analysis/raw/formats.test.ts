import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAddressLog } from "../../../analysis/raw/address.ts";
import { parseCounters } from "../../../analysis/raw/counters.ts";
import { parseGenerator, parseProbes } from "../../../analysis/raw/csv.ts";
import { parseNftTable } from "../../../analysis/raw/nft.ts";
import { readPrometheus } from "../../../analysis/raw/prometheus.ts";
import { parseTimeline } from "../../../analysis/raw/timeline.ts";
import { fixture } from "../../support/fixtures.ts";

const file = { file: "x" };
const egress = (name: string) => fixture(`runs/egress-gateway/${name}`);
const ingress = (name: string) => fixture(`runs/ingress/${name}`);
const prometheus = (text: string) => readPrometheus([Buffer.from(text)], file);
const nft = (name: string) => parseNftTable(JSON.parse(fixture(`nft/${name}`)), file);

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
    // Other tools' line ends and quotes are read too, to the same numbers.
    expect(parseGenerator(ingress("generator.csv").replaceAll("\n", "\r\n"), file)).toEqual(samples);
    expect(parseGenerator(ingress("generator.csv").replaceAll("closed", '"closed"'), file)).toEqual(samples);
    expect(() => parseGenerator(ingress("generator.csv").replace(/\d+\n$/, "-1\n"), file)).toThrow(
      new RegExp(`^x: line ${samples.length + 1}, host_total_s: is not a number`),
    );
  });

  it("reads raw samples of Prometheus, in order", async () => {
    const series = await prometheus(egress("prometheus.json"));
    expect(series.filter(({ name }) => name === "node_cpu_seconds_total")).toHaveLength(16);
    const times = series[0]?.samples.map(([time]) => time) ?? [];
    expect(times.length).toBeGreaterThan(5);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const backwards = {
      schema: 1,
      series: [
        {
          metric: { __name__: "up", a: "b" },
          values: [
            [2, "1"],
            [1, "-0.5"],
          ],
        },
      ],
    };
    expect(await prometheus(JSON.stringify(backwards))).toEqual([
      {
        name: "up",
        labels: { a: "b" },
        samples: [
          [1, -0.5],
          [2, 1],
        ],
      },
    ]);
  });

  it("reads them the same however the file comes in pieces", async () => {
    const bytes = Buffer.from(JSON.stringify({ schema: 1, series: series(3), end_s: 5 }, undefined, 1));
    const whole = await readPrometheus([bytes], file);
    expect(whole).toHaveLength(3);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 6 }), async (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const pieces = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
        expect(await readPrometheus(pieces, file)).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  const series = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      metric: { __name__: "up", odd: 'a "quoted\\" ] } é', index: String(index) },
      values: [[1.5, "2"]],
    }));

  it.each([
    [
      { schema: 1, series: [...series(2), { metric: { __name__: "up" }, values: [[1, "NaN"]] }] },
      /^x: series\[2\]\.values\[0\]\[1\]: is not a finite number/,
    ],
    [{ schema: 1, series: [{ metric: {}, values: [] }] }, /^x: series\[0\]\.metric\.__name__: /],
    [{ schema: 1, series: [...series(1), 5] }, /^x: series\[1\]: is no object/],
    [{ schema: 1, series: [[1]] }, /^x: series\[0\]: /],
    [{ schema: 2, series: [] }, /^x: schema: /],
    [{ schema: 1 }, /^x: series: /],
    [{ schema: 1, other: { series: series(1) } }, /^x: series: /],
    [[{ series: [] }], /^x: /],
  ])("refuses %j with its place", async (content, message) => {
    await expect(prometheus(JSON.stringify(content))).rejects.toThrow(message);
  });

  it("names the byte where a file is cut off", async () => {
    const text = egress("prometheus.json");
    await expect(prometheus(text.slice(0, 1234))).rejects.toThrow(/^x: byte 1234: is not whole JSON/);
    await expect(prometheus("")).rejects.toThrow(/^x: is empty/);
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
