/** The waits against answers of an API server: a healthy object ends them, a broken one ends them early with its name and the remedy. */
import { describe, expect, test } from "vitest";
import type { Api, KubeObject } from "../../../components/kubernetes/tasks/api.ts";
import { checkServer } from "../../../components/kubernetes/tasks/givenServer.ts";
import { podProblem } from "../../../components/kubernetes/tasks/problems.ts";
import {
  waitForCrds,
  waitForEgress,
  waitForGatewayNodes,
  waitForNodes,
} from "../../../components/kubernetes/tasks/waits.ts";

/** An API server that knows these paths. */
function fakeApi(objects: Readonly<Record<string, KubeObject | readonly KubeObject[]>>): Api {
  return {
    // The test gives what the path holds.
    get: <T>(path: string) => Promise.resolve(objects[path] as T | undefined),
    list: (path) => {
      const found = objects[path];
      return Promise.resolve(Array.isArray(found) ? (found as readonly KubeObject[]) : []);
    },
    send: () => Promise.reject(new Error("not in this test")),
    stream: () => Promise.reject(new Error("not in this test")),
  };
}

const short = { deadline_s: 0, pause_ms: 1 };
const node = (name: string, ready: boolean, labels = {}): KubeObject => ({
  metadata: { name, labels },
  status: {
    conditions: [{ type: "Ready", status: ready ? "True" : "False", message: "cni plugin not initialized" }],
    addresses: [{ type: "InternalIP", address: "172.18.0.2" }],
    nodeInfo: { kernelVersion: "6.1" },
  },
});

describe("nodes", () => {
  test("by the plan's names, with addresses", async () => {
    const api = fakeApi({
      "/api/v1/nodes": [node("n1", true, { "cni-traffic-lab/node": "worker" }), node("n2", true)],
    });
    const { nodes, kernel } = await waitForNodes(api, { count: 2, ...short });
    expect({ nodes, kernel }).toEqual({ nodes: { worker: "172.18.0.2", n2: "172.18.0.2" }, kernel: "6.1" });
  });
  test("one that is not ready is named with the reason", async () => {
    const waiting = waitForNodes(fakeApi({ "/api/v1/nodes": [node("n1", false)] }), { count: 1, ...short });
    await expect(waiting).rejects.toThrow("node n1 is not ready (cni plugin not initialized)");
  });
});

describe("a gateway node", () => {
  test("ready", async () => {
    await expect(
      waitForGatewayNodes(fakeApi({ "/api/v1/nodes": [node("n", true)] }), { selector: "a=b", ...short }),
    ).resolves.toBe(true);
  });
  test("none: told at once, whatever the deadline", async () => {
    const waiting = waitForGatewayNodes(fakeApi({}), { selector: "a=b", deadline_s: 600 });
    await expect(waiting).rejects.toThrow(/no node has the label a=b.*Remedy: label a node/);
  });
});

test("CRDs that are not established are named", async () => {
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/a.io";
  const crd = { metadata: { name: "a.io" }, status: { conditions: [{ type: "Established", status: "True" }] } };
  await expect(waitForCrds(fakeApi({ [path]: crd }), { names: ["a.io"], ...short })).resolves.toBe(true);
  await expect(waitForCrds(fakeApi({ [path]: crd }), { names: ["a.io", "b.io"], ...short })).rejects.toThrow(
    /: b\.io$/,
  );
});

describe("an Antrea Egress", () => {
  const path = "/apis/crd.antrea.io/v1beta1/egresses/e";
  const egress = (status: Readonly<Record<string, unknown>>) =>
    fakeApi({ [path]: { metadata: { name: "e" }, status } });
  test("gives its address when it is on a node", async () => {
    const api = egress({ egressIP: "172.18.254.10", egressNode: "n" });
    await expect(waitForEgress(api, { name: "e", ...short })).resolves.toEqual({ address: "172.18.254.10" });
  });
  test("says why it has none", async () => {
    const api = egress({ conditions: [{ type: "IPAssigned", status: "False", message: "no Node available" }] });
    await expect(waitForEgress(api, { name: "e", ...short })).rejects.toThrow("IPAssigned: no Node available");
  });
});

describe("pods", () => {
  const pod = (status: Readonly<Record<string, unknown>>): KubeObject => ({
    metadata: { name: "p", namespace: "ns" },
    status,
  });
  const waiting = (reason: string) =>
    pod({ containerStatuses: [{ name: "c", image: "i:1", state: { waiting: { reason } } }] });
  test("a wrong image and a missing node are problems with a remedy, starting is none", () => {
    expect(podProblem(waiting("ErrImagePull"))?.text).toBe("Pod ns/p, container c, image i:1: ErrImagePull");
    expect(podProblem(waiting("ContainerCreating"))).toBeUndefined();
    const conditions = [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes" }];
    expect(podProblem(pod({ conditions }))?.text).toBe("Pod ns/p cannot be scheduled: 0/3 nodes");
  });
});

test("a server that does not answer the address service is refused with the remedy", async () => {
  await expect(checkServer({ address: "127.0.0.1" })).rejects.toThrow(
    /server\.address: .*does not answer.*Remedy: start iperf3/,
  );
});
