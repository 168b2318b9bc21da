/** What is wrong with an object, in one sentence: its own state, its last event, the remedy. */
import type { Api, KubeObject } from "./api.ts";

/** States of a waiting container that do not go away by waiting, and what to do about them. */
const hopeless: Readonly<Record<string, string>> = {
  ErrImagePull: "check the image's name, the registry and, behind a mirror, the settings images and imagesMirror",
  ImagePullBackOff: "check the image's name, the registry and, behind a mirror, the settings images and imagesMirror",
  ErrImageNeverPull: "load the image into the nodes: kind load docker-image …",
  InvalidImageName: "correct the setting images",
  CreateContainerConfigError: "look at the pod's events: a ConfigMap, a Secret or a security rule is in the way",
  CreateContainerError: "look at the pod's events",
  CrashLoopBackOff: "look at its log: kubectl logs --previous",
};

interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: { readonly exitCode: number; readonly reason?: string; readonly message?: string };
  };
  readonly lastState?: { readonly terminated?: { readonly finishedAt?: string; readonly reason?: string } };
}

export interface PodStatus {
  readonly phase?: string;
  readonly conditions?: readonly { type: string; status: string; reason?: string; message?: string }[];
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
}

export const podStatus = (pod: KubeObject): PodStatus => pod.status ?? {};

export interface Problem {
  readonly text: string;
  readonly remedy: string;
}

/** Why a pod will not become ready; undefined while it still may. */
export function podProblem(pod: KubeObject): Problem | undefined {
  const status = podStatus(pod);
  const scheduled = status.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False" && scheduled.reason === "Unschedulable") {
    return {
      text: `${nameOf(pod)} cannot be scheduled: ${scheduled.message ?? "no node fits"}`,
      remedy: "give the cluster the node that it asks for, or free one: labels, taints and resources decide",
    };
  }
  for (const container of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
    const { waiting } = container.state ?? {};
    const remedy = hopeless[waiting?.reason ?? ""];
    if (waiting !== undefined && remedy !== undefined) {
      return {
        text: `${nameOf(pod)}, container ${container.name}, image ${container.image}: ${waiting.reason ?? ""} ${waiting.message ?? ""}`.trim(),
        remedy,
      };
    }
  }
  return undefined;
}

/** A pod that is stuck for this long is stuck for good: images are pulled anew for a while after a first error. */
const grace_s = 20;

/**
 * Watches pods from look to look.
 * @returns looks at them: throws for one that cannot become ready, after it had its chance
 */
export function stuckPods(api: Api, chance_s = grace_s): (pods: readonly KubeObject[]) => Promise<void> {
  const since = new Map<string, number>();
  return async (pods) => {
    for (const pod of pods) {
      const problem = podProblem(pod);
      const key = pod.metadata.uid ?? pod.metadata.name;
      if (problem === undefined) {
        since.delete(key);
        continue;
      }
      const first = since.get(key) ?? Date.now();
      since.set(key, first);
      if (Date.now() - first >= chance_s * 1000) throw await failure(api, { ...pod, kind: "Pod" }, problem);
    }
  };
}

/** Containers of these pods that ended after `since` (milliseconds since the epoch) and were started again. */
export function restartedSince(pods: readonly KubeObject[], since: number): string[] {
  return pods.flatMap((pod) =>
    (podStatus(pod).containerStatuses ?? []).flatMap(({ name, lastState }) => {
      const { finishedAt, reason } = lastState?.terminated ?? {};
      return finishedAt !== undefined && Date.parse(finishedAt) >= since
        ? [`${pod.metadata.name}/${name}${reason === undefined ? "" : ` (${reason})`}`]
        : [];
    }),
  );
}

export function nameOf({ kind = "Pod", metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}`;
}

/** The newest event of an object as `reason: message`; empty when there is none. */
export async function lastEvent(api: Api, object: KubeObject): Promise<string> {
  const { namespace = "default", uid, name } = object.metadata;
  const field = uid === undefined ? `involvedObject.name=${name}` : `involvedObject.uid=${uid}`;
  const path = `/api/v1/namespaces/${namespace}/events?fieldSelector=${encodeURIComponent(field)}`;
  const found = await api.get<{
    items?: { reason?: string; message?: string; lastTimestamp?: string | null; eventTime?: string | null }[];
  }>(path);
  const time = (event: { lastTimestamp?: string | null; eventTime?: string | null }) =>
    Date.parse(event.lastTimestamp ?? event.eventTime ?? "") || 0;
  const newest = (found?.items ?? []).toSorted((a, b) => time(b) - time(a))[0];
  return newest === undefined ? "" : `${newest.reason ?? ""}: ${newest.message ?? ""}`;
}

/** One error for one object: what is wrong, its last event, the remedy. Without an object: no event. */
export async function failure(api: Api, object: KubeObject | undefined, { text, remedy }: Problem): Promise<Error> {
  const event = object === undefined ? "" : await lastEvent(api, object).catch(() => "");
  const sentences = [text, ...(event === "" ? [] : [`Last event: ${event}`]), `Remedy: ${remedy}`];
  return new Error(sentences.map((sentence) => `${sentence.replace(/\.+$/, "")}.`).join(" "));
}
