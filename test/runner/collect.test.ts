import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RunOutput } from "../../analysis/record.ts";
import { readRecords, removeUnfinished } from "../../runner/bundleFolder.ts";
import { assertSameVersions, collectRun } from "../../runner/collect.ts";
import { fingerprintOf } from "../../runner/fingerprint.ts";
import { sourceOf, type RunSource } from "../../runner/sources.ts";
import type { SampleFile } from "../../runner/sources/samples.ts";
import { egressOutput, fixturePath } from "../support/fixtures.ts";
import { copyRun } from "../support/runs.ts";
import { scratchFolder } from "../support/scratch.ts";

/** A lab's run: the raw files in a folder of their own, without the samples that collect asks for. */
async function labRun(change: Partial<RunOutput> = {}): Promise<RunOutput> {
  const folder = scratchFolder();
  await copyRun("egress-gateway", folder, { "prometheus.json": null });
  const output = egressOutput();
  const prometheus = { netns: "nl1-monitor", url: "http://127.0.0.1:9090", holder: null };
  return { ...output, ...change, source: { kind: "netns", folder, prometheus } };
}

const recorded = (): Promise<SampleFile> =>
  Promise.resolve(JSON.parse(readFileSync(fixturePath("runs/egress-gateway/prometheus.json"), "utf8")) as SampleFile);

/** Where a run's files are, with samples that somebody else gives. */
async function from(output: RunOutput, samples: RunSource["samples"] = recorded): Promise<RunSource> {
  return { ...(await sourceOf(output, () => Promise.resolve(undefined))), samples };
}

test("a run is copied whole, with its samples, its record and the bundle's fingerprint", async () => {
  const bundle = scratchFolder();
  const output = await labRun();
  const record = await collectRun(output, bundle, await from(output));
  expect(record.measured.validity).toMatchObject({ valid: true, reasons: [] });
  expect(record.files["prometheus"]).toBe("prometheus.json");
  const folder = join(bundle, "runs", output.run_id);
  expect(readdirSync(folder).sort()).toEqual(
    [...readdirSync(output.source.folder), "prometheus.json", "record.json"].sort(),
  );
  expect(readRecords(bundle)).toEqual([record]);
  const environment = JSON.parse(readFileSync(join(bundle, "environment.json"), "utf8")) as {
    bed: Record<string, unknown>;
  };
  expect(environment.bed).toMatchObject({ environment: "netns", "egress.phases": output.settings["phases"] });
});

test("collected twice is collected once: the second time nothing is asked and nothing changes", async () => {
  const bundle = scratchFolder();
  const output = await labRun();
  const first = await collectRun(output, bundle, await from(output));
  const gone: RunOutput = { ...output, source: { ...output.source, folder: "/gone" } };
  const again = await collectRun(gone, bundle, await from(gone, () => Promise.reject(new Error("asked again"))));
  expect(again).toEqual(first);
});

test("monitoring that does not answer voids metrics, but the run is kept", async () => {
  const bundle = scratchFolder();
  const output = await labRun();
  const record = await collectRun(
    output,
    bundle,
    await from(output, () => Promise.reject(new Error("connection refused"))),
  );
  expect(record.measured.validity.valid).toBe(true);
  expect(record.measured.validity.voids.map(({ metric }) => metric)).toContain("cpu");
});

test("raw files that are gone are told with a remedy, and nothing is left in the bundle", async () => {
  const bundle = scratchFolder();
  const output = await labRun();
  const gone = { ...output, source: { ...output.source, folder: join(bundle, "nowhere") } };
  await expect(collectRun(gone, bundle, await from(gone))).rejects.toMatchObject({
    kind: "failed",
    remedy: /run the load again/,
  });
  expect(existsSync(join(bundle, "runs")) ? readdirSync(join(bundle, "runs")) : []).toEqual([]);
});

test("a collection that fails half-way leaves no run", async () => {
  const bundle = scratchFolder();
  const output = await labRun();
  writeFileSync(join(output.source.folder, "iperf3-saturated.json"), "{");
  await collectRun(output, bundle, await from(output)).catch(() => undefined);
  const left = readdirSync(join(bundle, "runs")).filter((name) => name.startsWith("."));
  expect(left).toEqual([]);
});

test("a run of another bed is refused with what differs; another gateway version is not", async () => {
  const bundle = scratchFolder();
  const output = { ...egressOutput(), versions: { iperf3: "3.12", kernel: "6.18" } };
  const first = await labRun({ versions: output.versions });
  await collectRun(first, bundle, await from(first));
  const other = await labRun({
    run_id: "other",
    settings: { ...output.settings, phases: "idle:1s,saturated:1s" },
    versions: { ...output.versions, iperf3: "3.99" },
  });
  await expect(collectRun(other, bundle, await from(other))).rejects.toMatchObject({
    kind: "input",
    details: [
      "iperf3: 3.99 here, 3.12 in the bundle",
      `egress.phases: idle:1s,saturated:1s here, ${output.settings["phases"] ?? ""} in the bundle`,
    ],
  });
  expect(readdirSync(join(bundle, "runs"))).toEqual([output.run_id]);
  const newer = await labRun({ run_id: "newer", versions: { ...output.versions, kernel: "7.0" } });
  await collectRun(newer, bundle, await from(newer));
  const { under_test } = JSON.parse(readFileSync(join(bundle, "environment.json"), "utf8")) as {
    under_test: Record<string, string>;
  };
  expect(under_test["cni.kernel"]).toBe("6.18 | 7.0");
});

test("a campaign goes on with the same versions under test: another one is refused, before and after the load", async () => {
  const bundle = scratchFolder();
  const versions = { iperf3: "3.12", kernel: "6.18", lab: "0.1.0" };
  const first = await labRun({ versions });
  const record = await collectRun(first, bundle, await from(first), { sameVersions: true });
  const newer = await labRun({ run_id: "newer", versions: { ...versions, kernel: "7.0" } });
  const refusal = { kind: "input", details: ["cni.kernel: 7.0 now, 6.18 in the bundle"] };
  const again = async () => collectRun(newer, bundle, await from(newer), { sameVersions: true });
  await expect(again()).rejects.toMatchObject(refusal);
  expect(readdirSync(join(bundle, "runs"))).toEqual([first.run_id]);
  assertSameVersions(bundle, [record], {
    netns: { iperf3: "3.12", lab: "0.1.0", k6: "2.0" },
    local: { iperf3: "3.20" },
  });
  expect(() => {
    assertSameVersions(bundle, [record], { netns: { iperf3: "3.20", lab: "0.2.0" } });
  }).toThrow(
    expect.objectContaining({
      kind: "input",
      details: ["iperf3: 3.20 now, 3.12 in the bundle", "lab: 0.2.0 now, 0.1.0 in the bundle"],
    }),
  );
});

test("runs that are collected at the same time all leave their facts", async () => {
  const bundle = scratchFolder();
  const outputs = await Promise.all(
    ["cilium", "antrea"].map((cni) => {
      const { cell } = egressOutput();
      return labRun({ run_id: cni, cell: { ...cell, cni: cni }, versions: { [cni]: "1", iperf3: "3.12" } });
    }),
  );
  await Promise.all(outputs.map(async (output) => collectRun(output, bundle, await from(output))));
  const { under_test } = JSON.parse(readFileSync(join(bundle, "environment.json"), "utf8")) as { under_test: object };
  expect(under_test).toMatchObject({ "cni.cilium": "1", "cni.antrea": "1" });
});

test("half-made run folders are removed, whole runs and strangers stay", () => {
  const bundle = scratchFolder();
  for (const name of [".tmp-a", ".tmp-b", "c"]) mkdirSync(join(bundle, "runs", name), { recursive: true });
  writeFileSync(join(bundle, "plan.json.tmp-123"), "{");
  expect(removeUnfinished(bundle)).toBe(2);
  expect(readdirSync(bundle)).toEqual(["runs"]);
  expect(readdirSync(join(bundle, "runs"))).toEqual(["c"]);
  expect(removeUnfinished(join(bundle, "none"))).toBe(0);
});

test.each([
  ["{", /is broken: is no JSON/],
  ['{"schema": 99}', /written by a newer version \(schema 99, this one reads 1\)/],
  ['{"schema": 1}', /is broken: run_id: /],
])("the record %j is refused with its file and a remedy", async (text, message) => {
  const bundle = scratchFolder();
  const output = await labRun();
  mkdirSync(join(bundle, "runs", output.run_id), { recursive: true });
  writeFileSync(join(bundle, "runs", output.run_id, "record.json"), text);
  await expect(collectRun(output, bundle, await from(output))).rejects.toMatchObject({
    kind: "input",
    message: message as unknown,
  });
});

test("a run in a cloud is on the bed of its nodes, whichever machine collects it", () => {
  const output = egressOutput();
  const cloud: RunOutput = {
    ...output,
    cell: { ...output.cell, environment: "aks", cni: "cilium" },
    settings: { ...output.settings, "aks.vmSize": "Standard_D4s_v5" },
    versions: { ...output.versions, kernel: "6.8.0-azure", kubelet: "v1.36.4", cilium: "1.20.2" },
  };
  const here = fingerprintOf(cloud, { cpu: "mine", cores: 2 });
  expect(here).toEqual(fingerprintOf(cloud, { cpu: "yours", cores: 64 }));
  expect(here.bed).toMatchObject({ kernel: "6.8.0-azure", kubelet: "v1.36.4", node_size: "Standard_D4s_v5" });
  expect(here.under_test).toMatchObject({ "cni.cilium": "1.20.2" });
});
