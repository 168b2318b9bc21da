/**
 * Manifests from an address or a file, applied as `kubectl apply --server-side` does. Not as objects of the engine, which carries each
 * through itself several times in every update: the CRDs of the Gateway API alone are two megabytes.
 */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import type { Api } from "./api.ts";

export interface FileInput {
  /** An address that begins with https://, or a path. */
  readonly file: string;
}

const appliedSchema = z.object({ paths: z.array(z.string()) });
export type Applied = z.infer<typeof appliedSchema>;

const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});
type AppliedManifest = z.infer<typeof manifestSchema>;

/**
 * Applies all objects in their order. Gives their paths, and those of `before`, when it was another file that is applied now.
 * @throws Error with the object that the cluster does not take, or when the file cannot be read
 */
export async function applyFile(api: Api, { file }: FileInput, before: unknown): Promise<Applied> {
  const manifests = manifestsOf(await textOf(file), file);
  const paths: string[] = [];
  for (const manifest of manifests) {
    const path = await pathOf(api, manifest);
    const { status, body } = await api.apply(path, manifest);
    if (status >= 300) throw refused(manifest, file, `${status} ${body.toString("utf8").slice(0, 300)}`);
    paths.push(path);
  }
  return { paths: [...new Set([...appliedBefore(before), ...paths])] };
}

/** Deletes what was applied, the last first; what is gone already is fine. */
export async function removeApplied(api: Api, before: unknown): Promise<void> {
  for (const path of appliedBefore(before).reverse()) {
    const { status, body } = await api.send("DELETE", path);
    if (status >= 300 && status !== 404) {
      throw new Error(`DELETE ${path}: ${status} ${body.toString("utf8").slice(0, 300)}. Remedy: kubectl delete it.`);
    }
  }
}

const appliedBefore = (before: unknown): string[] => appliedSchema.safeParse(before).data?.paths ?? [];

const tries = 3;
const pause_ms = 2000;

async function textOf(file: string): Promise<string> {
  if (!/^https?:/.test(file)) return readFile(file, "utf8");
  const fail = (why: string, cause?: unknown): Error =>
    new Error(
      `${file} cannot be fetched: ${why}. Remedy: without a way out put the file into a folder that charts.folder names.`,
      { cause },
    );
  for (let left = tries - 1; ; left--) {
    try {
      const answer = await fetch(file, { signal: AbortSignal.timeout(60_000) });
      if (answer.ok) return await answer.text();
      // What is not there or not allowed will not be a moment later.
      if (left === 0 || answer.status < 500) throw fail(`${answer.status} ${answer.statusText}`);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof DOMException)) throw error;
      if (left === 0) throw fail(error.cause instanceof Error ? error.cause.message : error.message, error);
    }
    await sleep(pause_ms);
  }
}

function manifestsOf(text: string, file: string): AppliedManifest[] {
  return parseAllDocuments(text).flatMap((document, index) => {
    const [problem] = document.errors;
    const value: unknown = problem === undefined ? document.toJS() : undefined;
    if (problem === undefined && (value === null || value === undefined)) return [];
    const parsed = manifestSchema.safeParse(value);
    if (parsed.success) return [parsed.data];
    const why = problem?.message.split("\n")[0] ?? "it is no object of Kubernetes";
    throw new Error(`${file}, document ${index + 1}: ${why}. Remedy: put the release's own file there.`);
  });
}

/** Where the API server serves an object, by its own list of kinds. */
async function pathOf(api: Api, manifest: AppliedManifest): Promise<string> {
  const { apiVersion, kind, metadata } = manifest;
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const served = await api.get<{ resources?: { name: string; kind: string; namespaced: boolean }[] }>(root);
  const found = served?.resources?.find((one) => one.kind === kind && !one.name.includes("/"));
  if (found === undefined)
    throw new Error(`the cluster does not serve ${kind} of ${apiVersion}: it is too old for this file`);
  const place = found.namespaced ? `/namespaces/${metadata.namespace ?? "default"}` : "";
  return `${root}${place}/${found.name}/${metadata.name}`;
}

function refused({ kind, metadata }: AppliedManifest, file: string, why: string): Error {
  return new Error(
    `${kind} ${metadata.name} of ${file} was refused: ${why}. Remedy: a newer cluster, or an older version.`,
  );
}
