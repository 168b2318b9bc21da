/** Pods that cannot begin, and what only a node can tell. */
import { describe, expect, test } from "vitest";
import { waitForAddress } from "../../../components/kubernetes/tasks/addresses.ts";
import type { Api, KubeObject } from "../../../components/kubernetes/tasks/api.ts";
import { waitForJobs } from "../../../components/kubernetes/tasks/job.ts";
import { waitForGateway } from "../../../components/kubernetes/tasks/gatewayWait.ts";
import { waitForPods, waitForWorkloads } from "../../../components/kubernetes/tasks/waits.ts";
import { fakeApi } from "../../support/fakeApi.ts";

const short = { deadline_s: 0, pause_ms: 1 };

describe("an address of a node", () => {
  const seen = (status: Readonly<Record<string, unknown>>) =>
    fakeApi({ "/api/v1/namespaces/ns/pods/p": { metadata: { name: "p", namespace: "ns" }, status } });
  const ended = seen({
    containerStatuses: [
      { state: { terminated: { exitCode: 0, message: '[["eth0","10.0.0.1"],["eth1","10.1.0.1"]]' } } },
    ],
  });
  const wanted = { namespace: "ns", pod: "p", node: "gateway", interface: "", ip: "", ...short };
  test("by its interface, or as the one that is named", async () => {
    await expect(waitForAddress(ended, { ...wanted, interface: "eth1" })).resolves.toEqual({ address: "10.1.0.1" });
    await expect(waitForAddress(ended, { ...wanted, ip: "10.0.0.1" })).resolves.toEqual({ address: "10.0.0.1" });
  });
  test("that the node does not have is refused with those that it has", async () => {
    await expect(waitForAddress(ended, { ...wanted, ip: "10.9.9.9" })).rejects.toThrow(
      /egress\.ip: .*does not have 10\.9\.9\.9.*It has eth0 10\.0\.0\.1, eth1 10\.1\.0\.1\. Remedy: /,
    );
    await expect(waitForAddress(ended, { ...wanted, interface: "eth7" })).rejects.toThrow(
      /egress\.interface: .*no interface eth7/,
    );
  });
  test("is waited for while the pod has not ended", async () => {
    await expect(waitForAddress(seen({ phase: "Pending" }), { ...wanted, ip: "10.0.0.1" })).rejects.toThrow(
      /it is Pending\. Remedy/,
    );
  });
});

describe("a pod that cannot begin ends every wait early, with its name, its last event and the remedy", () => {
  /** Far from its deadline; a stuck pod has no second chance. */
  const long = { deadline_s: 600, pause_ms: 1, chance_s: 0 };
  const metadata = { name: "p", namespace: "ns", uid: "u" };
  const badImage: KubeObject = {
    metadata,
    status: {
      containerStatuses: [{ name: "c", image: "none:1", state: { waiting: { reason: "ImagePullBackOff" } } }],
    },
  };
  const unschedulable: KubeObject = {
    metadata,
    status: { conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes" }] },
  };
  const pods = [
    ["bad image", badImage, /Pod ns\/p, container c, image none:1: ImagePullBackOff/],
    ["unschedulable", unschedulable, /Pod ns\/p cannot be scheduled: 0\/3 nodes/],
  ] as const;
  const apps = "/apis/apps/v1/namespaces/ns/daemonsets/d";
  const jobs = "/apis/batch/v1/namespaces/ns/jobs/j";
  const waiting: Readonly<Record<string, (api: Api) => Promise<unknown>>> = {
    workload: (api) =>
      waitForWorkloads(api, { workloads: [{ kind: "DaemonSet", namespace: "ns", name: "d" }], ...long }),
    pods: (api) => waitForPods(api, { namespace: "ns", selector: "a=b", count: 1, ...long }),
    gateway: (api) =>
      waitForGateway(api, {
        namespace: "other",
        gateway: "g",
        route: "g",
        className: "c",
        controller: [],
        dataPlane: { namespace: "ns", selector: "a=b", image: null },
        ...long,
      }),
    load: (api) =>
      waitForJobs(api, {
        namespace: "ns",
        jobs: [{ name: "j", runners: 1, configured: null }],
        run: "r",
        store: { namespace: "ns", service: "results", port: 8080 },
        watched: [],
        ...long,
      }),
    address: (api) =>
      waitForAddress(api, { namespace: "ns", pod: "p", node: "gateway", interface: "eth1", ip: "", ...long }),
  };
  const cases = Object.entries(waiting).flatMap(([name, wait]) =>
    pods.map(([problem, pod, words]) => [name, problem, pod, words, wait] as const),
  );
  test.each(cases)("%s: %s", async (_, __, pod, words, wait) => {
    const api = fakeApi(
      {
        [apps]: {
          metadata: { name: "d", generation: 1 },
          spec: { selector: { matchLabels: { a: "b" } } },
          status: { observedGeneration: 1, desiredNumberScheduled: 1 },
        },
        [jobs]: { metadata: { name: "j", namespace: "ns" } },
        "/api/v1/namespaces/ns/pods": [pod],
        "/api/v1/namespaces/ns/pods/p": pod,
      },
      { event: "back-off" },
    );
    const error = await wait(api).then(
      () => "it did not fail",
      (failed: unknown) => (failed instanceof Error ? failed.message : String(failed)),
    );
    expect(error).toMatch(words);
    expect(error).toMatch(/Last event: Seen: back-off\. Remedy: /);
  });
});
