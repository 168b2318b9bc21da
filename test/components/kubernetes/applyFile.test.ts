/** Files of manifests: what is sent where, what is taken away again, and what a user hears when it cannot be. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Api } from "../../../components/kubernetes/tasks/api.ts";
import { applyFile, removeApplied } from "../../../components/kubernetes/tasks/applyFile.ts";
import { fakeApi } from "../../support/fakeApi.ts";
import { httpServer } from "../../support/httpServer.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "apply-"))));
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const crd =
  "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: gateways.g.io }\nspec: { group: g.io }\n";
const map = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: m, namespace: ns }\n";
const crdPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gateways.g.io";
const mapPath = "/api/v1/namespaces/ns/configmaps/m";

function written(text: string): string {
  const file = join(folder, "crds.yaml");
  writeFileSync(file, text);
  return file;
}

/** A server that serves both kinds; `status` answers what is applied or deleted. */
function cluster(status = 200) {
  const asked: [method: string, path: string, manifest?: object][] = [];
  const body = Buffer.from("denied");
  const served: Readonly<Record<string, unknown>> = {
    "/apis/apiextensions.k8s.io/v1": {
      resources: [
        { name: "customresourcedefinitions/status", kind: "CustomResourceDefinition", namespaced: false },
        { name: "customresourcedefinitions", kind: "CustomResourceDefinition", namespaced: false },
      ],
    },
    "/api/v1": { resources: [{ name: "configmaps", kind: "ConfigMap", namespaced: true }] },
  };
  const api: Api = {
    ...fakeApi({}),
    get: <T>(path: string) => Promise.resolve(served[path] as T | undefined),
    apply: (path, manifest) => {
      asked.push(["PATCH", path, manifest]);
      return Promise.resolve({ status, body });
    },
    send: (method, path) => {
      asked.push([method, path]);
      return Promise.resolve({ status, body });
    },
  };
  return { api, asked };
}

test("each object goes to its own path, in order, and is taken away in the other order", async () => {
  const { api, asked } = cluster();
  const made = await applyFile(api, { file: written(`# comment\n---\n${crd}---\n${map}---\n`) }, undefined);
  expect(made).toEqual({ paths: [crdPath, mapPath] });
  expect(asked).toMatchObject([
    ["PATCH", crdPath, { kind: "CustomResourceDefinition", spec: { group: "g.io" } }],
    ["PATCH", mapPath, { kind: "ConfigMap" }],
  ]);
  asked.length = 0;
  await removeApplied(api, made);
  expect(asked).toEqual([
    ["DELETE", mapPath],
    ["DELETE", crdPath],
  ]);
});

test("what another file brought before is still taken away at the end; what is gone already is no error", async () => {
  const { api } = cluster();
  expect(await applyFile(api, { file: written(map) }, { paths: [crdPath] })).toEqual({ paths: [crdPath, mapPath] });
  await expect(removeApplied(cluster(404).api, { paths: [crdPath] })).resolves.toBeUndefined();
  await expect(removeApplied(cluster(403).api, { paths: [crdPath] })).rejects.toThrow(/DELETE .*: 403 denied\. Remedy/);
  await expect(removeApplied(api, undefined)).resolves.toBeUndefined();
});

test("from an address", async () => {
  const { origin } = await httpServer(({ url }, response) => {
    response.writeHead(url === "/crds.yaml" ? 200 : 404).end(url === "/crds.yaml" ? crd : "");
  });
  expect(await applyFile(cluster().api, { file: `${origin}/crds.yaml` }, undefined)).toEqual({ paths: [crdPath] });
  await expect(applyFile(cluster().api, { file: `${origin}/other.yaml` }, undefined)).rejects.toThrow(
    /other\.yaml cannot be fetched: 404 .*Remedy: .*charts\.folder/,
  );
});

test.each([
  [
    "refused by the cluster",
    crd,
    422,
    /CustomResourceDefinition gateways\.g\.io of .*crds\.yaml was refused: 422 denied\. Remedy/,
  ],
  ["no YAML", "a: [", 200, /crds\.yaml, document 1: .*Remedy/],
  ["no object", "a: 1\n", 200, /crds\.yaml, document 1: it is no object of Kubernetes/],
  ["a kind that is not served", map.replace("ConfigMap", "Other"), 200, /does not serve Other of v1/],
])("%s: told with the place", async (_, text, status, words) => {
  await expect(applyFile(cluster(status).api, { file: written(text) }, undefined)).rejects.toThrow(words);
});
