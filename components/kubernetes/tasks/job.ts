/** A load's Jobs: waits for their end, fails early when one cannot begin, and gives what the run says of itself. */
import { notLive, type AgentSummary } from "../../load/agents/run.ts";
import { proxyPath, type Api, type KubeObject } from "./api.ts";
import { failure, nameOf, podStatus, restartedSince, stuckPods, type Problem } from "./problems.ts";
import { waitFor, type Look, type Patience } from "./wait.ts";

export interface Store {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
}

/** What makes the configuration that a load waits for before it begins. */
export interface Configured {
  readonly kind: string;
  readonly path: string;
  readonly name: string;
  /** What to do when it has no effect. */
  readonly remedy: string;
}

export interface JobsInput extends Patience {
  readonly namespace: string;
  /** In the order of their runners; each may wait for a configuration of its own. */
  readonly jobs: readonly { readonly name: string; readonly runners: number; readonly configured: Configured | null }[];
  readonly run: string;
  readonly store: Store;
  /** Namespaces whose restarts make the run invalid. */
  readonly watched: readonly string[];
}

export interface RunSummary extends AgentSummary {
  readonly restarted: readonly string[];
  /** The run's folder in the store. */
  readonly folder: string;
  /** Address of each runner's node; empty where they stand outside. */
  readonly nodes: readonly string[];
}

/** @throws Error with the object, its last event and the remedy */
export async function waitForJobs(api: Api, input: JobsInput): Promise<RunSummary> {
  const { namespace, jobs, run, store } = input;
  const stuck = stuckPods(api, input.chance_s);
  const remedy = `kubectl -n ${namespace} get pods, describe and logs say what the load is at`;
  const what = `Job ${jobs.map(({ name }) => name).join(", ")}`;
  const done = await waitFor({ what, remedy, api }, input, async (): Promise<Look<readonly KubeObject[]>> => {
    const found = await Promise.all(
      jobs.map(({ name }) => api.get(`/apis/batch/v1/namespaces/${namespace}/jobs/${name}`)),
    );
    const there = found.flatMap((object) => object ?? []);
    if (there.length < jobs.length) return { missing: "it does not exist yet" };
    if (there.every((object) => conditionOf(object, "Complete") !== undefined)) return { done: there };
    // By uid: a Job that had the same name before may not have taken its pods along yet.
    const pods = await Promise.all(
      there.map(({ metadata }) => api.list(`/api/v1/namespaces/${namespace}/pods`, `${jobUid}=${metadata.uid ?? ""}`)),
    );
    // A second or two before the Job says so itself.
    if (pods.every((own, index) => own.filter(hasSucceeded).length === jobs[index]?.runners)) return { done: there };
    for (const [index, object] of there.entries()) {
      const failed = conditionOf(object, "Failed") ?? conditionOf(object, "FailureTarget");
      if (failed === undefined) continue;
      const text = agentSaid(pods[index] ?? []) ?? failed.message ?? "it failed";
      throw await loadFailure(api, text, jobs[index]?.configured ?? null, { ...object, kind: "Job" }, namespace);
    }
    const all = pods.flat();
    await stuck(all);
    const phases = [...new Set(all.map((pod) => podStatus(pod).phase ?? "unknown"))].join(", ");
    return { missing: all.length === 0 ? "no pod yet" : `pod ${phases}` };
  });
  const folder = `${run}/${done[0]?.metadata.uid ?? ""}`;
  const runners = jobs.reduce((sum, job) => sum + job.runners, 0);
  const summaries = await Promise.all(
    Array.from({ length: runners }, (_, index) =>
      summaryOf(api, store, `${folder}${index === 0 ? "" : `/runner-${index + 1}`}`),
    ),
  );
  const merged = mergeSummaries(summaries);
  const pods = (await Promise.all(input.watched.map((name) => api.list(`/api/v1/namespaces/${name}/pods`)))).flat();
  return {
    ...merged,
    restarted: restartedSince(pods, merged.started_s * 1000),
    folder,
    nodes: await nodesOf(api, pods, jobs, done),
  };
}

/** Label of a Job's pods. */
const jobUid = "batch.kubernetes.io/controller-uid";

const hasSucceeded = (pod: KubeObject): boolean => podStatus(pod).phase === "Succeeded";

function conditionOf({ status }: KubeObject, type: string): { readonly message?: string } | undefined {
  const conditions = (status?.["conditions"] ?? []) as { type: string; status: string; message?: string }[];
  return conditions.find((one) => one.type === type && one.status === "True");
}

/** Address of the node of each Job's pods, in the runners' order; what the cluster says, not what the pods say. */
async function nodesOf(
  api: Api,
  pods: readonly KubeObject[],
  jobs: JobsInput["jobs"],
  objects: readonly KubeObject[],
): Promise<string[]> {
  const addresses = new Map(
    (await api.list("/api/v1/nodes")).map(({ metadata, status }) => {
      const all = (status?.["addresses"] ?? []) as { type: string; address: string }[];
      const own = all.find(({ type, address }) => type === "InternalIP" && !address.includes(":"));
      return [metadata.name, own?.address ?? ""] as const;
    }),
  );
  return jobs.flatMap(({ runners }, at) =>
    Array.from({ length: runners }, (_, index) => {
      const pod = pods.find(
        ({ metadata: { labels = {} } }) =>
          labels[jobUid] === objects[at]?.metadata.uid &&
          labels["batch.kubernetes.io/job-completion-index"] === String(index),
      );
      const node = pod?.spec?.["nodeName"];
      return typeof node === "string" ? (addresses.get(node) ?? "") : "";
    }),
  );
}

/** The agent's last words. */
function agentSaid(pods: readonly KubeObject[]): string | undefined {
  return pods
    .flatMap((pod) => podStatus(pod).containerStatuses ?? [])
    .map(({ state }) => state?.terminated)
    .find((end) => end !== undefined && end.exitCode !== 0 && (end.message ?? "") !== "")?.message;
}

/** Why a load failed: where the configuration had no effect, what makes it is named; else whoever carried the load. */
export async function loadFailure(
  api: Api,
  text: string,
  configured: Configured | null,
  carrier: KubeObject | undefined,
  namespace: string,
): Promise<Error> {
  const who = carrier === undefined ? "the load" : nameOf(carrier);
  const others = `correct it and run up again with another -c run=…`;
  if (configured !== null && text.startsWith(notLive)) {
    const object = await api.get(configured.path);
    const problem: Problem = {
      text:
        object === undefined
          ? `there is no ${configured.kind} ${configured.name}: ${text}`
          : `${configured.kind} ${configured.name} has no effect: ${text}`,
      remedy: `${configured.remedy}; ${others}`,
    };
    return failure(api, object, problem);
  }
  const remedy =
    carrier === undefined
      ? others
      : `kubectl -n ${namespace} logs job/${carrier.metadata.name} --all-containers says more; ${others}`;
  return failure(api, carrier, { text: `${who}: ${text}`, remedy });
}

async function summaryOf(api: Api, store: Store, folder: string): Promise<AgentSummary> {
  const { status, body } = await api.send("GET", `${proxyPath(store)}/${folder}/summary.json`);
  if (status !== 200)
    throw new Error(
      `the results store has no summary of ${folder} (${status}). Remedy: run the load again with another -c run=….`,
    );
  return JSON.parse(body.toString("utf8")) as AgentSummary;
}

/** Runners that stood side by side: phases from the first start to the last end, the first error. */
export function mergeSummaries(summaries: readonly AgentSummary[]): AgentSummary {
  const [first] = summaries;
  if (first === undefined) throw new Error("a run without a runner");
  const failed = summaries.find(({ outcome }) => !outcome.ok);
  return {
    started_s: Math.min(...summaries.map(({ started_s }) => started_s)),
    finished_s: Math.max(...summaries.map(({ finished_s }) => finished_s)),
    phases: first.phases.map(({ phase }, index) => {
      const same = summaries.flatMap(({ phases }) => phases.slice(index, index + 1));
      return {
        phase,
        start_s: Math.min(...same.map(({ start_s }) => start_s)),
        end_s: Math.max(...same.map(({ end_s }) => end_s)),
      };
    }),
    outcome: failed?.outcome ?? first.outcome,
    versions: first.versions,
  };
}
