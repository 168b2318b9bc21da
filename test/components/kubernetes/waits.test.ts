/** The waits against answers of an API server: a healthy object ends them, a broken one ends them early with its name and the remedy. */
import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../components/kubernetes/tasks/api.ts";
import { checkServer } from "../../../components/kubernetes/tasks/givenServer.ts";
import { waitForGateway } from "../../../components/kubernetes/tasks/gatewayWait.ts";
import { waitForReach } from "../../../components/kubernetes/tasks/reach.ts";
import { podProblem } from "../../../components/kubernetes/tasks/problems.ts";
import {
  waitForCrds,
  waitForEgress,
  waitForGatewayNodes,
  waitForLoadBalancer,
  waitForNodes,
  waitForWorkloads,
} from "../../../components/kubernetes/tasks/waits.ts";
import { fakeApi } from "../../support/fakeApi.ts";

const short = { deadline_s: 0, pause_ms: 1 };

/** What the wait for Gateway g of class c in the namespace ns is asked. */
const gateway = {
  namespace: "ns",
  gateway: "g",
  route: "g",
  className: "c",
  controller: [],
  dataPlane: null,
  ...short,
};
/** That Gateway as its controller saw it at a generation, with a route of perhaps another one. */
function programmed(seen: number, route = seen): Readonly<Record<string, KubeObject>> {
  const root = "/apis/gateway.networking.k8s.io/v1";
  const holding = (...types: string[]) => types.map((type) => ({ type, status: "True", observedGeneration: seen }));
  const metadata = { name: "g", generation: seen };
  return {
    [`${root}/gatewayclasses/c`]: { metadata, status: { conditions: holding("Accepted") } },
    [`${root}/namespaces/ns/gateways/g`]: {
      metadata,
      status: { conditions: holding("Accepted", "Programmed"), addresses: [{ value: "172.18.255.1" }] },
    },
    [`${root}/namespaces/ns/httproutes/g`]: {
      metadata: { name: "g", generation: route },
      status: { parents: [{ conditions: holding("Accepted", "ResolvedRefs") }] },
    },
  };
}

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
    /: b\.io\. Remedy: /,
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

describe("at the deadline the object to blame is named, with its last event and the remedy", () => {
  const event = "something went wrong";
  test("a workload's pod", async () => {
    const root = "/apis/apps/v1/namespaces/ns/deployments/d";
    const api = fakeApi(
      {
        [root]: {
          metadata: { name: "d", generation: 1 },
          spec: { replicas: 1, selector: { matchLabels: { a: "b" } } },
          status: { observedGeneration: 1 },
        },
        "/api/v1/namespaces/ns/pods": [{ metadata: { name: "p", namespace: "ns" }, status: {} }],
      },
      { event },
    );
    const workloads = [{ kind: "Deployment", namespace: "ns", name: "d" }] as const;
    await expect(waitForWorkloads(api, { workloads, ...short })).rejects.toThrow(
      /Deployment ns\/d: 0 of 1 pods ready\. Last event: Seen: something went wrong\. Remedy: kubectl -n ns get pods/,
    );
  });
  test("a Gateway that nobody programs", async () => {
    const api = fakeApi(
      {
        "/apis/gateway.networking.k8s.io/v1/namespaces/ns/gateways/g": { metadata: { name: "g", generation: 1 } },
        "/apis/gateway.networking.k8s.io/v1/namespaces/ns/httproutes/g": { metadata: { name: "g", generation: 1 } },
      },
      { event },
    );
    await expect(waitForGateway(api, gateway)).rejects.toThrow(
      /the GatewayClass does not exist yet; Gateway is not Accepted yet.*Last event: Seen.*Remedy: the controller of class c/,
    );
    const controller = [{ kind: "Deployment", namespace: "ns", name: "d" }] as const;
    await expect(waitForGateway(api, { ...gateway, controller })).rejects.toThrow(
      /for Gateway g: its controller, Deployment ns\/d does not exist yet; the GatewayClass does not exist yet;/,
    );
  });
  test("a service that gets no address", async () => {
    const api = fakeApi({ "/api/v1/namespaces/ns/services/s": { metadata: { name: "s" } } }, { event });
    await expect(waitForLoadBalancer(api, { namespace: "ns", service: "s", ...short })).rejects.toThrow(
      /gave none yet\. Last event: Seen.*Remedy: .*loadBalancer\.range/,
    );
  });
});

describe("reach", () => {
  const pod: KubeObject = {
    metadata: { name: "p", namespace: "ns" },
    status: { podIP: "10.0.0.1", conditions: [{ type: "Ready", status: "True" }] },
  };
  const asked = (answers: Readonly<Record<string, string>>) =>
    waitForReach(
      fakeApi(
        { "/api/v1/namespaces/ns/pods": [pod] },
        { answers: { "/api/v1/namespaces/ns/pods/p:80/proxy": answers } },
      ),
      { namespace: "ns", selector: "a=b", count: 1, port: 80, outside: "172.18.0.1:9", ...short },
    );
  test("holds when pods connect and the outside at least refuses", async () => {
    await expect(asked({ "10.0.0.1:80": "connected", "172.18.0.1:9": "refused" })).resolves.toBe(true);
  });
  test("a dead network that answers for a pod with a refusal is none", async () => {
    await expect(asked({ "10.0.0.1:80": "refused", "172.18.0.1:9": "refused" })).rejects.toThrow(
      /p does not reach 10\.0\.0\.1:80: refused\. Remedy: the CNI/,
    );
  });
});

describe("what is as it must be ends its wait", () => {
  test("a workload whose newest pods are ready", async () => {
    const api = fakeApi({
      "/apis/apps/v1/namespaces/ns/deployments/d": {
        metadata: { name: "d", generation: 2 },
        spec: { replicas: 1 },
        status: { observedGeneration: 2, readyReplicas: 1, updatedReplicas: 1 },
      },
    });
    const workloads = [{ kind: "Deployment", namespace: "ns", name: "d" }] as const;
    await expect(waitForWorkloads(api, { workloads, ...short })).resolves.toBe(true);
  });
  test("a Gateway that is programmed for its newest generation, with its route", async () => {
    await expect(waitForGateway(fakeApi(programmed(3)), gateway)).resolves.toEqual({ address: "172.18.255.1" });
    await expect(waitForGateway(fakeApi(programmed(3, 4)), gateway)).rejects.toThrow(
      /HTTPRoute is being looked at again/,
    );
  });
  test("a Gateway whose traffic only the pods carry that were asked for", async () => {
    const pod = (name: string, image: string, ready: boolean, more = {}): KubeObject => ({
      metadata: { name, namespace: "p", ...more },
      spec: { containers: [{ image: "side:1" }, { image }] },
      status: { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
    });
    const wait = (pods: readonly KubeObject[], tag?: string) => {
      const image = { repository: "r/envoy", registry: "r", ...(tag === undefined ? {} : { tag }) };
      const dataPlane = { namespace: "p", selector: "a=b", image };
      const api = fakeApi({ ...programmed(1), "/api/v1/namespaces/p/pods": pods });
      return waitForGateway(api, { ...gateway, dataPlane });
    };
    const [old, fresh] = [pod("old", "r/envoy:1", true), pod("new", "r/envoy:2", true)];
    await expect(wait([fresh], "2")).resolves.toEqual({ address: "172.18.255.1" });
    await expect(wait([old])).resolves.toEqual({ address: "172.18.255.1" });
    await expect(wait([])).rejects.toThrow(/no pod that carries its traffic yet/);
    await expect(wait([old], "2")).rejects.toThrow(/pod old still runs side:1, r\/envoy:1, not r\/envoy/);
    await expect(wait([old, pod("new", "r/envoy:2", false)], "2")).rejects.toThrow(/pod new is not ready/);
    const ending = pod("old", "r/envoy:1", true, { deletionTimestamp: "2026-01-01T00:00:00Z" });
    await expect(wait([ending, fresh], "2")).rejects.toThrow(/pod old is still ending/);
  });
  test("a service with an address", async () => {
    const status = { loadBalancer: { ingress: [{ ip: "172.18.255.2" }] } };
    const api = fakeApi({ "/api/v1/namespaces/ns/services/s": { metadata: { name: "s" }, status } });
    await expect(waitForLoadBalancer(api, { namespace: "ns", service: "s", ...short })).resolves.toEqual({
      address: "172.18.255.2",
    });
  });
});
