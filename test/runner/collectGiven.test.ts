import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { collectCommand } from "../../cli/commands/collect.ts";
import { readGivenRecord } from "../../runner/collectGiven.ts";
import { egressOutput } from "../support/fixtures.ts";
import { httpServer } from "../support/httpServer.ts";
import { copyRun } from "../support/runs.ts";
import { scratchFolder } from "../support/scratch.ts";

let folder = "";
beforeEach(() => {
  folder = scratchFolder();
});

const store = { namespace: "local-nl01234567", service: "results", port: 8080 };
/** A run that a plain `pulumi up` on a cluster left, its record and kubeconfig as files. */
async function foreignRun() {
  const raw = join(folder, "store");
  mkdirSync(raw);
  await copyRun("egress-gateway", raw, { "prometheus.json": null });
  const output = egressOutput();
  const prefix = `/api/v1/namespaces/${store.namespace}/services/${store.service}:${store.port}/proxy/run-1/`;
  const { origin, requests } = await httpServer((request, response) => {
    const url = request.url ?? "";
    if (!url.startsWith(prefix)) response.writeHead(404).end();
    else if (url === prefix) {
      response.end(JSON.stringify(readdirSync(raw).map((name) => ({ name, type: "file" }))));
    } else response.end(readFileSync(join(raw, basename(url))));
  });
  const record = join(folder, "record.json");
  const source = { kind: "kubernetes" as const, folder: "run-1", store, prometheus: null };
  writeFileSync(record, JSON.stringify({ ...output, source }));
  const cluster = { name: "c", cluster: { server: origin, "insecure-skip-tls-verify": true } };
  const context = (name: string, of: string) => ({ name, context: { cluster: of, user: "u" } });
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      clusters: [cluster, { name: "dead", cluster: { server: "http://127.0.0.1:9" } }],
      users: [{ name: "u", user: {} }],
      contexts: [context("lab", "c"), context("other", "dead")],
      "current-context": "other",
    }),
  );
  return { record, kubeconfig, requests, raw, bundle: join(folder, "bundle") };
}

describe("lab collect for a stack of another backend", () => {
  it("needs the record and the kubeconfig alone; collected twice is collected once", async () => {
    vi.spyOn(process.stdout, "write").mockReturnValue(true);
    const { record, kubeconfig, requests, raw, bundle } = await foreignRun();
    const flags = { stack: "local", record, kubeconfig, context: "lab", bundle };
    expect(await collectCommand(folder, flags)).toBe(0);
    const { run_id } = egressOutput();
    const files = readdirSync(join(bundle, "runs", run_id)).sort();
    expect(files).toEqual([...readdirSync(raw), "record.json"].sort());
    const asked = requests.length;
    expect(asked).toBe(files.length);
    const before = readFileSync(join(bundle, "runs", run_id, "record.json"), "utf8");
    expect(await collectCommand(folder, flags)).toBe(0);
    expect(requests).toHaveLength(asked);
    expect(readdirSync(join(bundle, "runs"))).toEqual([run_id]);
    expect(readFileSync(join(bundle, "runs", run_id, "record.json"), "utf8")).toBe(before);
    vi.restoreAllMocks();
  });

  it("says what is missing and how to get it", async () => {
    const { record, kubeconfig } = await foreignRun();
    const flags = { stack: "local", record, bundle: join(folder, "b") };
    await expect(collectCommand(folder, flags)).rejects.toMatchObject({
      message: expect.stringContaining("no kubeconfig was given") as string,
      remedy: expect.stringContaining("pulumi stack output kubeconfig --show-secrets") as string,
    });
    await expect(collectCommand(folder, { ...flags, kubeconfig: "/nowhere" })).rejects.toThrow(/there is no such file/);
    await expect(collectCommand(folder, { ...flags, kubeconfig, context: "none" })).rejects.toThrow(
      /no cluster for the context "none"/,
    );
  });

  it("takes the output alone or all outputs, and refuses what is no record", () => {
    const file = join(folder, "outputs.json");
    writeFileSync(file, JSON.stringify({ record: egressOutput(), kubeconfig: "[secret]" }));
    expect(readGivenRecord(file).run_id).toBe(egressOutput().run_id);
    writeFileSync(file, JSON.stringify({ schema: 1 }));
    expect(() => readGivenRecord(file)).toThrow(/is no record of a run/);
    expect(() => readGivenRecord(join(folder, "none.json"))).toThrow(/cannot be read/);
  });
});
