/**
 * Bundles in which something went wrong, from their files to the report: each is a sentence that is read there, or an error with
 * place and remedy. Never a number that is none, never a crash, never something left out in silence.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AnalysisError } from "../../analysis/errors.ts";
import { analyzeBundle } from "../../analysis/main.ts";
import { completeRecord } from "../../analysis/measure.ts";
import type { RunOutput, RunRecord } from "../../analysis/record.ts";
import { egressOutput, ingressOutput } from "../support/fixtures.ts";
import { copyRun, type Edits } from "../support/runs.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bad-bundles-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Run {
  readonly output?: RunOutput;
  readonly name?: "egress-gateway" | "ingress";
  readonly edits?: Edits;
  /** Changes the record after it was measured. */
  readonly record?: (record: RunRecord) => object;
}

/** Runs of a bundle as `collect` leaves them, each under an id of its own. */
async function bundleOf(name: string, runs: readonly Run[]): Promise<string> {
  const dir = join(folder, name.replaceAll(" ", "-"));
  await mkdir(join(dir, "runs"), { recursive: true });
  for (const [
    index,
    { name: files = "egress-gateway", edits = {}, record = (same: RunRecord) => same, output },
  ] of runs.entries()) {
    const own = output ?? (files === "ingress" ? ingressOutput() : egressOutput());
    const run_id = `run-${String(index + 1)}`;
    const path = join(dir, "runs", run_id);
    await copyRun(files, path, edits);
    const measured = await completeRecord(
      { ...own, run_id, load: { ...own.load, started_s: own.load.started_s + index / 1000 } },
      path,
    );
    await writeFile(join(path, "record.json"), JSON.stringify(record(measured)));
  }
  await writeFile(
    join(dir, "environment.json"),
    JSON.stringify({ schema: 1, bed: { cores: 2 }, under_test: { cni: "kernel" } }),
  );
  return dir;
}

const elsewhere = (output: RunOutput, environment: string): RunOutput => ({
  ...output,
  cell: { ...output.cell, environment, id: output.cell.id.replace("netns", environment) },
});
const path = (output: RunOutput, name: "base" | "gateway"): RunOutput => ({
  ...output,
  cell: { ...output.cell, path: name, id: `netns/kernel/egress/${name}` },
});
const invalid = (record: RunRecord): RunRecord => ({
  ...record,
  measured: { ...record.measured, validity: { valid: false, reasons: ["it leaked"], voids: [], labels: [] } },
});

/** What is read in the report of a bundle that went wrong. */
const told: Readonly<Record<string, readonly [make: () => Promise<string>, ...sentences: RegExp[]]>> = {
  "one run": [
    () => bundleOf("one run", [{}]),
    /The one run is valid/,
    /Egress, gateway|There is no cell to compare it with/,
  ],
  "one run on each side": [
    () => bundleOf("one run on each side", [{ output: path(egressOutput(), "base") }, {}]),
    /too few runs to tell apart/,
    /only one value of netns\/kernel\/egress\/gateway counts|two runs a side whose value counts/,
  ],
  "no valid run": [
    () => bundleOf("no valid run", [{ record: invalid }, { record: invalid }]),
    /None of the 2 runs is valid: no number in this report counts/,
    /it leaked/,
  ],
  "runs of two environments": [
    () => bundleOf("two environments", [{}, { output: elsewhere(egressOutput(), "local") }]),
    /Runs of local and netns stand in this bundle: side by side, without a verdict/,
  ],
  "versions that changed within a cell": [
    () =>
      bundleOf("changed versions", [
        {},
        { record: (record) => ({ ...record, versions: { ...record.versions, kernel: "9.9.9" } }) },
      ]),
    /Versions changed while the campaign ran: kernel \(6\.18\.0 and 9\.9\.9\)/,
  ],
  "runs that were half collected": [
    async () => {
      const dir = await bundleOf("half collected", [{}]);
      await mkdir(join(dir, "runs", ".tmp-run-9"));
      await mkdir(join(dir, "runs", "run-8"));
      return dir;
    },
    /runs\/\.tmp-run-9 is not a whole run and was left out/,
    /runs\/run-8 has no record and was left out/,
  ],
  "an invalid run with a broken file": [
    async () => {
      const dir = await bundleOf("broken file", [{}, { record: invalid }]);
      await writeFile(join(dir, "runs", "run-2", "iperf3-half.json"), "{");
      return dir;
    },
    /run-2 is invalid and a file of it was left out: .*iperf3-half\.json/,
  ],
  "a cell that never ran": [
    async () => {
      const dir = await bundleOf("never ran", [{}]);
      const { cell } = path(egressOutput(), "base");
      const plan = {
        ...{ schema: 1, name: "bad", description: "", seed: 1, replication: "reuse", comparisons: [], limits: {} },
        stopping: { rule: "fixed", blocks: 1 },
        cells: [{ ...cell, lab: "lab" }],
      };
      await writeFile(join(dir, "plan.json"), JSON.stringify(plan));
      return dir;
    },
    /netns\/kernel\/egress\/base/,
    /it was planned and never ran/,
  ],
  "no variance": [
    () =>
      bundleOf("no variance", [
        { output: path(egressOutput(), "base") },
        { output: path(egressOutput(), "base") },
        {},
        {},
      ]),
    /no value differs between the runs of a side/,
  ],
  "a backend that got nothing": [
    () =>
      bundleOf("starved backend", [
        {
          name: "ingress",
          output: { ...ingressOutput(), backends: [...ingressOutput().backends, { name: "echo-3", weight: 10 }] },
        },
      ]),
    /echo-3 got none of [\d,]+ requests/,
  ],
  "counters that were reset": [
    () =>
      bundleOf("reset counters", [
        {
          edits: {
            "counters.jsonl": (text) => {
              const lines = text.trim().split("\n");
              return `${[...lines.slice(0, -1), (lines.at(-1) ?? "").replaceAll(/("(?:bytes|packets)": ?)\d+/g, "$10")].join("\n")}\n`;
            },
          },
        },
      ]),
    /was reset during the run|counted/,
  ],
  "a clock that jumped back": [
    () =>
      bundleOf("clock back", [
        {
          record: (record) => ({
            ...record,
            measured: {
              ...record.measured,
              windows: record.measured.windows.map((window) =>
                window.phase === "saturated" ? { ...window, end_s: window.start_s - 3600 } : window,
              ),
            },
          }),
        },
      ]),
    /The clock jumped in 1 run: a phase ends before it begins/,
  ],
  "a clock that jumped on": [
    () =>
      bundleOf("clock on", [
        {
          edits: {
            "prometheus.json": (text) =>
              text.replaceAll(/\[(1\d{9}(?:\.\d+)?),/g, (_, time: string) => `[${String(Number(time) + 3600)},`),
          },
        },
      ]),
    /monitoring has no sample in the window/,
  ],
};

/** What is refused, with the file and what to do. */
const refused: Readonly<Record<string, readonly [make: () => Promise<string>, message: RegExp]>> = {
  "no folder of runs": [() => Promise.resolve(folder), /is no bundle: it has no folder runs\/\. Give a folder/],
  "no whole run": [() => bundleOf("empty", []), /holds no whole run\. Give a folder/],
  "a valid run without one of its files": [
    async () => {
      const dir = await bundleOf("file gone", [{}]);
      await rm(join(dir, "runs", "run-1", "iperf3-saturated.json"));
      return dir;
    },
    /iperf3-saturated\.json: is missing\. Take the run's folder out of runs\/ or run the cell again/,
  ],
  "a record of a newer version": [
    () => bundleOf("newer record", [{ record: (record) => ({ ...record, schema: 2 }) }]),
    /record\.json: was written by a newer version \(schema 2, this one reads 1\)\. Update the lab/,
  ],
  "a plan of a newer version": [
    async () => {
      const dir = await bundleOf("newer plan", [{}]);
      await writeFile(join(dir, "plan.json"), JSON.stringify({ schema: 99 }));
      return dir;
    },
    /plan\.json: was written by a newer version/,
  ],
  "a record that was cut off": [
    async () => {
      const dir = await bundleOf("cut record", [{}]);
      const file = join(dir, "runs", "run-1", "record.json");
      await writeFile(file, (await readFile(file, "utf8")).slice(0, 200));
      return dir;
    },
    /record\.json: line 1/,
  ],
  "a run that is there twice": [
    async () => {
      const dir = await bundleOf("twice", [{}]);
      await cp(join(dir, "runs", "run-1"), join(dir, "runs", "copy"), { recursive: true });
      return dir;
    },
    /holds the run run-1, which is in another folder of runs\/ too: it would count twice\. Take one/,
  ],
};

const noNumber = /\bNaN\b|\bundefined\b|Infinity|\[object/;

describe("the report tells of", () => {
  test.each(Object.entries(told))("%s", async (_, [make, ...sentences]) => {
    const dir = await make();
    const { findings } = await analyzeBundle(dir);
    expect(findings.length).toBeGreaterThan(0);
    const report = await readFile(join(dir, "report.html"), "utf8");
    const words = report
      .replace(/<script>[\s\S]*?<\/script>/, "")
      .replaceAll(/<[^>]+>/g, " ")
      .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
      .replaceAll(/\s+/g, " ");
    for (const sentence of sentences) expect(words).toMatch(sentence);
    expect(words).not.toMatch(noNumber);
    expect(words).not.toMatch(/\bnull\b/);
    const files = (await readdir(dir, { recursive: true })).filter((name) => /^[^/]+\.(csv|md)$|\.svg$/.test(name));
    expect(files.length).toBeGreaterThan(7);
    for (const file of files) expect(await readFile(join(dir, file), "utf8"), file).not.toMatch(noNumber);
  });
});

describe("the analysis refuses", () => {
  test.each(Object.entries(refused))("%s", async (_, [make, message]) => {
    const dir = await make();
    const error: unknown = await analyzeBundle(dir).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AnalysisError);
    expect((error as AnalysisError).message).toMatch(message);
    expect((error as AnalysisError).remedy).not.toBe("");
  });
});
