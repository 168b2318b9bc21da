/** A run on a cluster: its raw files are in the results store, its Prometheus in the cluster; both are reached through the API server. */
import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import type { RunOutput } from "../../analysis/record.ts";
import { openApi, proxyPath, type Api } from "../../components/kubernetes/tasks/api.ts";
import { LabError } from "../errors.ts";
import type { RunSource } from "../sources.ts";
import { askForSamples, keptSeries } from "./samples.ts";

type ClusterOutput = RunOutput & { readonly source: Extract<RunOutput["source"], { kind: "kubernetes" }> };

/** What NGINX says of a folder. */
const listing = z.array(z.object({ name: z.string(), type: z.enum(["file", "directory", "other"]) }));

/** Folders of a run that hold no raw files. */
const ownFolders = new Set(["meeting"]);

/**
 * @param kubeconfig text; undefined when the stack has none any more
 * @param context empty: the kubeconfig's current one
 */
export function clusterSource(
  { run_id, source, load }: ClusterOutput,
  kubeconfig: string | undefined,
  context = "",
): RunSource {
  const open = (): Promise<Api> => {
    if (kubeconfig !== undefined) return openApi(kubeconfig, context);
    throw new LabError(`the cluster of run ${run_id} cannot be reached: the stack has no kubeconfig`, {
      kind: "failed",
      remedy: "collect before the lab is destroyed, or run the load again",
    });
  };
  return {
    copy: async (into) => {
      const api = await open();
      const found = await copyFolder(api, `${proxyPath(source.store)}/${source.folder}`, into);
      if (found === 0) {
        throw new LabError(`the raw files of run ${run_id} are not in the results store`, {
          kind: "failed",
          remedy: "run the load again: npx lab up with another -c run=…",
        });
      }
    },
    samples: async () => {
      const { started_s: start_s, finished_s: end_s } = load;
      const { prometheus } = source;
      if (prometheus === null) return { schema: 1, start_s, end_s, series: [] };
      const api = await open();
      const ask = async (path: string): Promise<string> => {
        const { status, body } = await api.send("GET", `${proxyPath(prometheus)}${path}`);
        if (status !== 200) throw new Error(`Prometheus answered ${status}: ${body.toString("utf8").slice(0, 200)}`);
        return body.toString("utf8");
      };
      return {
        schema: 1,
        start_s,
        end_s,
        series: await askForSamples(ask, { start_s, end_s, names: keptSeries.join("|") }),
      };
    },
  };
}

/** Files that are on their way at the same time: each takes a few round trips through the API server. */
const sideBySide = 6;

/** Copies a folder of the store, and those in it; gives how many files there were. */
async function copyFolder(api: Api, path: string, into: string): Promise<number> {
  const files = await filesOf(api, path, into);
  const left = files.values();
  const copyNext = async (): Promise<void> => {
    for (const { from, to } of left) await pipeline(await api.stream(from), createWriteStream(to));
  };
  await Promise.all(Array.from({ length: sideBySide }, copyNext));
  return files.length;
}

/** Every file of a folder and those in it, with its place here; the folders are made. */
async function filesOf(
  api: Api,
  path: string,
  into: string,
): Promise<readonly { readonly from: string; readonly to: string }[]> {
  const { status, body } = await api.send("GET", `${path}/`);
  if (status === 404) return [];
  if (status !== 200) throw new Error(`the results store answered ${status}: ${body.toString("utf8").slice(0, 200)}`);
  mkdirSync(into, { recursive: true });
  const entries = listing.parse(JSON.parse(body.toString("utf8")));
  const found = await Promise.all(
    entries.map(async ({ name, type }) => {
      const [from, to] = [`${path}/${name}`, join(into, name)];
      if (type === "file") return [{ from, to }];
      return type === "directory" && !ownFolders.has(name) ? await filesOf(api, from, to) : [];
    }),
  );
  return found.flat();
}
