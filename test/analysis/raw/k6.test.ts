import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { histogramQuantile } from "../../../analysis/latency.ts";
import { readK6Log, type K6Log } from "../../../analysis/raw/k6Log.ts";
import { readK6Stream } from "../../../analysis/raw/k6Stream.ts";
import { parseK6Summary } from "../../../analysis/raw/k6Summary.ts";
import { eachLine } from "../../../analysis/raw/lines.ts";
import { readRawRun } from "../../../analysis/raw/readRun.ts";
import { fixture, ingressOutput } from "../../support/fixtures.ts";
import { temporaryFolder } from "../../support/runs.ts";

const file = { file: "x" };
const ingress = (name: string) => fixture(`runs/ingress/${name}`);
const log = (text: string, backends = 2): Promise<K6Log> => readK6Log([Buffer.from(text)], file, backends);
const lines = (...texts: string[]): string => texts.map((text) => `${text}\n`).join("");

/** Bytes cut at the given places. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}

describe("lines of large files", () => {
  it("are those of the text, however it comes in pieces", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.stringMatching(/^[a-zé ]{0,6}\r?$/u), { maxLength: 8 }),
        fc.array(fc.nat(60), { maxLength: 6 }),
        async (texts, cuts) => {
          const bytes = Buffer.from(lines(...texts));
          const found: [number, string][] = [];
          const inside = cuts.map((cut) => Math.min(cut, bytes.length));
          await eachLine(pieces(bytes, inside), file, (piece, start, end, line) => {
            found.push([line, piece.toString("utf8", start, end)]);
          });
          expect(found).toEqual(texts.map((text, index) => [index + 1, text.replace(/\r$/, "")]));
        },
      ),
      { numRuns: 100 },
    );
  });

  it("end with an error where the file does not end with a line", async () => {
    const read = eachLine([Buffer.from("12 0\n13")], file, () => undefined);
    await expect(read).rejects.toThrow(/^x: line 2, byte 7: has no end: the file is cut off\. /);
  });

  it("may be at most 64 MiB long", async () => {
    const piece = Buffer.alloc(2 ** 20, "x");
    const read = eachLine(
      Array.from({ length: 70 }, () => piece),
      file,
      () => undefined,
    );
    await expect(read).rejects.toThrow(/^x: line 1: is longer than 64 MiB/);
  });
});

describe("k6's summary", () => {
  it("has its own count of requests and the dropped iterations", () => {
    expect(parseK6Summary(ingress("k6-closed.json"), file)).toEqual({ requests: 40611, dropped_iterations: 0 });
    expect(parseK6Summary(ingress("k6-open.json"), file)).toEqual({ requests: 898, dropped_iterations: 3 });
  });

  it("is read in the other forms that k6 writes", () => {
    const wanted = { requests: 7, dropped_iterations: 0 };
    const [exported, listed] = [
      { metrics: { http_reqs: { count: 7, rate: 2 } } },
      { version: "1.0.0", results: { metrics: [{ name: "http_reqs", type: "counter", values: { count: 7 } }] } },
    ];
    expect(parseK6Summary(JSON.stringify(exported), file)).toEqual(wanted);
    expect(parseK6Summary(JSON.stringify(listed), file)).toEqual(wanted);
    expect(() => parseK6Summary('{"results":{"metrics":[{"name":1}]}}', file)).toThrow(
      /^x: results\.metrics\[0\]\.name: /,
    );
    expect(() => parseK6Summary('{"metrics":{"http_reqs":{"count":"7"}}}', file)).toThrow(/^x: metrics\.http_reqs/);
  });
});

describe("k6's counts", () => {
  it("add up to k6's own", async () => {
    const { counts, answers } = await log(ingress("k6-closed.counts.jsonl"));
    expect(counts.seconds.reduce((sum, { requests }) => sum + requests, 0)).toBe(40611);
    expect(counts.start_ms).toBe(1795382680414);
    const measured = counts.seconds.filter(({ second }) => second >= 1 && second < 3);
    expect([...counts.histogram.values()].reduce((sum, count) => sum + count, 0)).toBe(
      measured.reduce((sum, { requests }) => sum + requests, 0),
    );
    expect(answers).toEqual([]);
  });

  it("add the same second and backend of several virtual users", async () => {
    const text = lines(
      '{"vu":1,"start_ms":5,"c":[[0,0,3,1]],"h":[[4,2]]}',
      '{"vu":2,"start_ms":5,"c":[[0,0,4,0],[1,-1,2,2]],"h":[[4,1]]}',
    );
    expect((await log(text)).counts).toEqual({
      start_ms: 5,
      seconds: [
        { second: 0, backend: 0, requests: 7, errors: 1 },
        { second: 1, backend: -1, requests: 2, errors: 2 },
      ],
      histogram: new Map([[4, 3]]),
    });
  });

  it("are the same in any form of JSON", async () => {
    const count = fc.nat(1000);
    const row = fc.tuple(count, fc.integer({ min: -1, max: 1 }), count, fc.constant(0));
    const flush = fc.record({
      vu: count,
      start_ms: fc.nat(),
      c: fc.array(row, { maxLength: 4 }),
      h: fc.array(fc.tuple(count, count), { maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(flush, { minLength: 1, maxLength: 3 }), async (flushes) => {
        const usual = await log(lines(...flushes.map((one) => JSON.stringify(one))));
        const spaced = flushes.map(({ vu, ...rest }) => JSON.stringify({ ...rest, vu }).replaceAll(",", ", "));
        expect(usual).toEqual(await log(lines(...spaced)));
        const all = flushes.flatMap(({ c }) => c).reduce((sum, [, , requests]) => sum + requests, 0);
        expect(usual.counts.seconds.reduce((sum, { requests }) => sum + requests, 0)).toBe(all);
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ['{"vu":1,"start_ms":5,"c":[[0,2,3,0]],"h":[]}', /^x: line 1, c: names backend 2, the run has 2/],
    ['{"vu":1,"start_ms":5,"c":[[0,0,3,4]],"h":[]}', /^x: line 1, c: has 4 errors in 3 requests/],
    ['{"vu":1,"start_ms":5,"c":[[0,0,3]],"h":[]}', /^x: line 1, c\[0\]/],
    ['{"vu":1,"start_ms":5,"c":[[0,-2,3,0]],"h":[]}', /^x: line 1, c\[0\]\[1\]/],
    ['{"vu":1,"start_ms":5,"c":[[0,0,1.5,0]],"h":[]}', /^x: line 1, c\[0\]\[2\]/],
    ['{"vu":1,"start_ms":5,"c":[[00,0,1,0]],"h":[]}', /^x: line 1.*is not whole JSON/],
    ['{"vu":1,"start_ms":5,"c":[],"h":[]} ]', /^x: line 1.*is not whole JSON/],
    ['{"vu":1,"start_ms":5,"c":[[0,0,3,', /^x: line 1.*is not whole JSON/],
  ])("are refused as %s", async (line, message) => {
    await expect(log(lines(line))).rejects.toThrow(message);
  });
});

describe("the log of every answer", () => {
  it("comes out as the same counts, beside the flushes in one file", async () => {
    const text = lines('{"vu":1,"start_ms":5,"c":[[2,0,1,0]],"h":[]}', "2000 0", "2999.5 1", "", "3500 -1", "3000 0");
    const { counts, answers } = await log(text);
    expect(counts.seconds).toEqual([{ second: 2, backend: 0, requests: 1, errors: 0 }]);
    expect(answers).toEqual([
      { second: 2, backend: 0, requests: 1, errors: 0 },
      { second: 2, backend: 1, requests: 1, errors: 0 },
      { second: 3, backend: -1, requests: 1, errors: 1 },
      { second: 3, backend: 0, requests: 1, errors: 0 },
    ]);
  });

  it("is read as a pattern would read it", async () => {
    const part = fc.constantFrom("0", "12", "-1", "-2", ".", " ", "x", "1", "");
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 6 }), async (parts) => {
        const line = parts.join("");
        const right = /^\d+(\.\d+)? (-1|\d+)$/.test(line);
        const wrong = await log(lines(line), 1e9).then(
          () => false,
          () => true,
        );
        expect(wrong).toBe(line !== "" && !right);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ["13 x", /^x: line 2: is not `<offset_ms> <backend>`/],
    ["13 2", /^x: line 2: names backend 2, the run has 2/],
    ["13", /^x: line 2: is not/],
  ])("is refused with %s", async (line, message) => {
    await expect(log(lines("12 0", line))).rejects.toThrow(message);
  });
});

describe("k6's stream", () => {
  const real = fixture("k6/k6-stream-1.1.0.jsonl");
  const stream = (text: string, names = ["echo-1", "echo-2"]) =>
    readK6Stream([Buffer.from(text)], file, names, { from: 1, to: 3 });

  it("adds up to k6's own summary", async () => {
    const { counts, summary } = await stream(real);
    expect(summary).toEqual(parseK6Summary(fixture("k6/k6-stream-1.1.0.json"), file));
    expect(summary).toEqual({ requests: 60, dropped_iterations: 1 });
    const total = (backend: number) =>
      counts.seconds.filter((one) => one.backend === backend).reduce((sum, { requests }) => sum + requests, 0);
    expect([total(-1), total(0), total(1)]).toEqual([4, 35, 21]);
    const p50 = histogramQuantile(counts.histogram, 0.5) ?? 0;
    expect(p50).toBeGreaterThan(0.0005);
    expect(p50).toBeLessThan(0.1);
  });

  it("is the same with the keys of a line in another order", async () => {
    const turned = real
      .trimEnd()
      .split("\n")
      .map((line) => Object.fromEntries(Object.entries(JSON.parse(line) as object).reverse()))
      .map((line) => JSON.stringify(line));
    expect(await stream(lines(...turned))).toEqual(await stream(real));
  });

  it.each([
    [(text: string) => text.replaceAll('"echo-2"', '"echo-3"'), /^x: line \d+, data\.tags: names the backend "echo-3"/],
    [(text: string) => text.slice(0, -3), /^x: line 860, byte \d+: has no end/],
    [(text: string) => text.replace('"value":1,', '"value":"1",'), /^x: line 2.*data\.value/],
    [() => "hello\n", /^x: line 1.*is not whole JSON/],
  ])("is refused where it is broken (%#)", async (edit, message) => {
    await expect(stream(edit(real))).rejects.toThrow(message);
  });

  it("stands in for counts and summary of a run, packed or not; a packed one that is cut off is named", async () => {
    const folder = await temporaryFolder();
    const output = ingressOutput();
    const read = (name: string) => readRawRun({ ...output, files: { "k6.open.stream": name } }, folder);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "s.jsonl"), real);
    await writeFile(join(folder, "s.jsonl.gz"), gzipSync(real));
    await writeFile(join(folder, "cut.jsonl.gz"), gzipSync(real).subarray(0, 2000));
    const plain = await read("s.jsonl");
    expect(plain.problems).toEqual([]);
    expect(plain.k6.get("open")).toEqual({ requests: 60, dropped_iterations: 1 });
    expect(plain.counts.get("open")?.seconds.length).toBeGreaterThan(3);
    expect((await read("s.jsonl.gz")).counts).toEqual(plain.counts);
    expect((await read("cut.jsonl.gz")).problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/cut\.jsonl\.gz: is cut off\. /),
    ]);
  });
});

it("windows come out of the log of every answer where there are no counts", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "log"), lines("500 0", "1500 1", "1600 1"));
  const { counts } = await readRawRun({ ...ingressOutput(), files: { "k6.closed.answers": "log" } }, folder);
  expect(counts.get("closed")).toEqual({
    start_ms: null,
    histogram: new Map(),
    seconds: [
      { second: 0, backend: 0, requests: 1, errors: 0 },
      { second: 1, backend: 1, requests: 2, errors: 0 },
    ],
  });
});
