/** A load's Job: waits for its end, fails early when it cannot begin, and gives what the run says of itself. */
import type { AgentSummary } from "../../load/agents/run.ts";
import { proxyPath, type Api, type KubeObject } from "./api.ts";
import { failure, podProblem, podStatus, restartedSince } from "./problems.ts";
import { waitFor, type Look, type Patience } from "./wait.ts";

export interface Store {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
}

export interface JobInput extends Patience {
  readonly namespace: string;
  readonly job: string;
  readonly run: string;
  readonly runners: number;
  readonly store: Store;
  /** Namespaces whose restarts make the run invalid. */
  readonly watched: readonly string[];
}

export interface RunSummary extends AgentSummary {
  readonly restarted: readonly string[];
}

/** Seconds that a pod may be stuck before waiting longer cannot help. */
const grace_s = 20;

/** @throws Error with the object, its last event and the remedy */
export async function waitForJob(api: Api, input: JobInput): Promise<RunSummary> {
  const { namespace, job, run, runners, store } = input;
  const stuckSince = new Map<string, number>();
  await waitFor(`Job ${job}`, input, async (): Promise<Look<true>> => {
    const object = await api.get(`/apis/batch/v1/namespaces/${namespace}/jobs/${job}`);
    if (object === undefined) return { missing: "it does not exist yet" };
    const conditions = (object.status?.["conditions"] ?? []) as { type: string; status: string; message?: string }[];
    const holds = (type: string) => conditions.find((one) => one.type === type && one.status === "True");
    if (holds("Complete") !== undefined) return { done: true };
    const pods = await api.list(`/api/v1/namespaces/${namespace}/pods`, `job-name=${job}`);
    const failed = holds("Failed") ?? holds("FailureTarget");
    if (failed !== undefined) {
      const text = agentSaid(pods) ?? failed.message ?? "it failed";
      throw await failure(
        api,
        { ...object, kind: "Job" },
        {
          text: `Job ${namespace}/${job}: ${text}`,
          remedy: `kubectl -n ${namespace} logs job/${job} --all-containers says more; correct it and run up again`,
        },
      );
    }
    for (const pod of pods) {
      const problem = podProblem(pod);
      if (problem === undefined) {
        stuckSince.delete(pod.metadata.name);
        continue;
      }
      const first = stuckSince.get(pod.metadata.name) ?? Date.now();
      stuckSince.set(pod.metadata.name, first);
      if (Date.now() - first >= grace_s * 1000) throw await failure(api, { ...pod, kind: "Pod" }, problem);
    }
    return {
      missing:
        pods.length === 0
          ? "no pod yet"
          : `pod ${[...new Set(pods.map((pod) => podStatus(pod).phase ?? "unknown"))].join(", ")}`,
    };
  });
  const summaries = await Promise.all(
    Array.from({ length: runners }, (_, index) =>
      summaryOf(api, store, `${run}${index === 0 ? "" : `/runner-${index + 1}`}`),
    ),
  );
  const merged = mergeSummaries(summaries);
  const pods = (await Promise.all(input.watched.map((name) => api.list(`/api/v1/namespaces/${name}/pods`)))).flat();
  return { ...merged, restarted: restartedSince(pods, merged.started_s * 1000) };
}

/** The agent's last words. */
function agentSaid(pods: readonly KubeObject[]): string | undefined {
  return pods
    .flatMap((pod) => podStatus(pod).containerStatuses ?? [])
    .map(({ state }) => state?.terminated)
    .find((end) => end !== undefined && end.exitCode !== 0 && (end.message ?? "") !== "")?.message;
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
