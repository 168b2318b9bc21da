/** A run's files come out of the results store through the API server: whole, with those of further generators, and nothing else. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RunOutput } from "../../analysis/record.ts";
import { clusterSource } from "../../runner/sources/kubernetes.ts";
import { egressOutput } from "../support/fixtures.ts";
import { httpServer } from "../support/httpServer.ts";
import { kubeconfigOf } from "../support/kubeconfig.ts";
import { scratchFolder } from "../support/scratch.ts";

const root = "/api/v1/namespaces/lab/services/results:8080/proxy/r1/attempt";
const many = Array.from({ length: 20 }, (_, index) => `file-${index}.json`);
/** Folders of the store; a file's content is its own path. */
const folders: Readonly<Record<string, readonly { name: string; type: string }[]>> = {
  [root]: [
    ...many.map((name) => ({ name, type: "file" })),
    { name: "runner-2", type: "directory" },
    { name: "meeting", type: "directory" },
  ],
  [`${root}/runner-2`]: [{ name: "generator.csv", type: "file" }],
  [`${root}/meeting`]: [{ name: "start", type: "file" }],
};

async function store() {
  const { origin, requests } = await httpServer((request, response) => {
    const path = request.url ?? "";
    const listing = folders[path.replace(/\/$/, "")];
    if (path.endsWith("/")) {
      response.statusCode = listing === undefined ? 404 : 200;
      response.end(JSON.stringify(listing ?? []));
    } else response.end(path);
  });
  return { kubeconfig: kubeconfigOf(origin), requests };
}

const output = (folder: string) => {
  const run: RunOutput = egressOutput();
  const place = { namespace: "lab", service: "results", port: 8080 };
  return { ...run, source: { kind: "kubernetes" as const, folder, store: place, prometheus: null } };
};

describe("files of a run on a cluster", () => {
  it("are copied, each once, with the folders of further generators and without what the generators met by", async () => {
    const { kubeconfig, requests } = await store();
    const into = scratchFolder();
    await clusterSource(output("r1/attempt"), kubeconfig).copy(into);
    expect(readdirSync(into).sort()).toEqual([...many, "runner-2"].sort());
    for (const name of [...many, "runner-2/generator.csv"])
      expect(readFileSync(join(into, name), "utf8")).toBe(`${root}/${name}`);
    const files = requests.filter((request) => !request.endsWith("/"));
    expect(files).toHaveLength(many.length + 1);
  });

  it("that are not there are an error with the remedy", async () => {
    const { kubeconfig } = await store();
    await expect(clusterSource(output("r1/other"), kubeconfig).copy(scratchFolder())).rejects.toThrow(
      /raw files of run .* are not in the results store/,
    );
    await expect(clusterSource(output("r1/attempt"), undefined).copy(scratchFolder())).rejects.toThrow(
      /the stack has no kubeconfig/,
    );
  });
});
