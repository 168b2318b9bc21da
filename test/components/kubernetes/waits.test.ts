/** The waits against answers of an API server: a healthy object ends them, a broken one ends them early with its name and the remedy. */
import { describe, expect, test } from "vitest";
import type { Api, KubeObject } from "../../../components/kubernetes/tasks/api.ts";
import { checkServer } from "../../../components/kubernetes/tasks/givenServer.ts";
import { waitForAddress } from "../../../components/kubernetes/tasks/addresses.ts";
import { waitForJobs, type Configured } from "../../../components/kubernetes/tasks/job.ts";
import { waitForReach } from "../../../components/kubernetes/tasks/reach.ts";
import { podProblem } from "../../../components/kubernetes/tasks/problems.ts";
import {
  waitForCrds,
  waitForEgress,
  waitForGatewayNodes,
  waitForGateway,
  waitForLoadBalancer,
  waitForNodes,
  waitForPods,
  waitForWorkloads,
} from "../../../components/kubernetes/tasks/waits.ts";

/** An API server that knows these paths, and one last event of every object. */
function fakeApi(
  objects: Readonly<Record<string, KubeObject | readonly KubeObject[]>>,
  { event = "", answers = {} }: { event?: string; answers?: Readonly<Record<string, unknown>> } = {},
): Api {
  const events = {
    items: event === "" ? [] : [{ reason: "Seen", message: event, lastTimestamp: "2026-01-01T00:00:00Z" }],
  };
  return {
    // The test gives what the path holds.
    get: <T>(path: string) => Promise.resolve((path.includes("/events?") ? events : objects[path]) as T | undefined),
    list: (path) => {
      const found = objects[path];
      return Promise.resolve(Array.isArray(found) ? (found as readonly KubeObject[]) : []);
    },
    send: (_, path) => {
      const answer = Object.entries(answers).find(([known]) => path.startsWith(known))?.[1];
      const body = Buffer.from(JSON.stringify(answer ?? ""));
      return Promise.resolve({ status: answer === undefined ? 404 : 200, body });
    },
    upload: () => Promise.reject(new Error("not in this test")),
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
    const options = { namespace: "ns", gateway: "g", route: "g", className: "c", dataPlane: null, ...short };
    await expect(waitForGateway(api, options)).rejects.toThrow(
      /the GatewayClass does not exist yet; Gateway is not Accepted yet.*Last event: Seen.*Remedy: the controller of class c/,
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

describe("Jobs of a load", () => {
  const store = { namespace: "ns", service: "results", port: 8080 };
  const configured: Configured = { kind: "Policy", name: "gw", path: "/policies/gw", remedy: "look at it" };
  const input = {
    namespace: "ns",
    jobs: [
      { name: "j", runners: 1, configured: null },
      { name: "j-2", runners: 1, configured },
    ],
    run: "r1",
    store,
    watched: ["ns"],
    ...short,
  };
  const job = (name: string, condition: string): KubeObject => ({
    metadata: { name, namespace: "ns", uid: `uid-${name}` },
    status: { conditions: [{ type: condition, status: "True" }] },
  });
  const jobs = (first: string, second: string) => ({
    "/apis/batch/v1/namespaces/ns/jobs/j": job("j", first),
    "/apis/batch/v1/namespaces/ns/jobs/j-2": job("j-2", second),
  });
  const pod = (name: string, node: string, message = ""): KubeObject => ({
    metadata: { name, namespace: "ns", labels: { "job-name": name, "batch.kubernetes.io/job-completion-index": "0" } },
    spec: { nodeName: node },
    status: message === "" ? {} : { containerStatuses: [{ state: { terminated: { exitCode: 1, message } } }] },
  });
  const summary = {
    started_s: 1,
    finished_s: 2,
    phases: [],
    outcome: { ok: true, error: "" },
    versions: { iperf3: "3.21" },
  };

  test("give one summary, from the folder of this attempt, and where their pods stood", async () => {
    const nodes = [
      { metadata: { name: "n1" }, status: { addresses: [{ type: "InternalIP", address: "10.0.0.1" }] } },
      { metadata: { name: "n2" }, status: { addresses: [{ type: "InternalIP", address: "10.0.0.2" }] } },
    ];
    const folder = "/api/v1/namespaces/ns/services/results:8080/proxy/r1/uid-j";
    const api = fakeApi(
      {
        ...jobs("Complete", "Complete"),
        "/api/v1/namespaces/ns/pods": [pod("j", "n2"), pod("j-2", "n1")],
        "/api/v1/nodes": nodes,
      },
      { answers: { [`${folder}/summary.json`]: summary, [`${folder}/runner-2/summary.json`]: summary } },
    );
    await expect(waitForJobs(api, input)).resolves.toMatchObject({
      folder: "r1/uid-j",
      nodes: ["10.0.0.2", "10.0.0.1"],
      versions: { iperf3: "3.21" },
    });
  });

  const failing = (message: string, more: Readonly<Record<string, KubeObject>> = {}) =>
    waitForJobs(
      fakeApi(
        { ...jobs("Complete", "Failed"), "/api/v1/namespaces/ns/pods": [pod("j-2", "n1", message)], ...more },
        { event: "it was looked at" },
      ),
      input,
    );
  test("one that fails ends the wait with its own words", async () => {
    await expect(failing("iperf3 is not there")).rejects.toThrow(
      /^Job ns\/j-2: iperf3 is not there\. Last event: Seen: it was looked at\. Remedy: .*another -c run=/,
    );
  });
  test("a configuration without effect is named by the object that makes it", async () => {
    const words = "the configuration was not live within 60 s: http://s:8080/: no answer";
    await expect(failing(words, { "/policies/gw": { metadata: { name: "gw" } } })).rejects.toThrow(
      /^Policy gw has no effect: the configuration was not live.*Last event: Seen.*Remedy: look at it/,
    );
    await expect(failing(words)).rejects.toThrow(/^there is no Policy gw: /);
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
        dataPlane: { namespace: "ns", selector: "a=b" },
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
    const root = "/apis/gateway.networking.k8s.io/v1";
    const holding = (...types: string[]) => types.map((type) => ({ type, status: "True", observedGeneration: 3 }));
    const metadata = { name: "g", generation: 3 };
    const route = (generation: number): KubeObject => ({
      metadata: { name: "g", generation },
      status: { parents: [{ conditions: holding("Accepted", "ResolvedRefs") }] },
    });
    const api = (generation: number) =>
      fakeApi({
        [`${root}/gatewayclasses/c`]: { metadata, status: { conditions: holding("Accepted") } },
        [`${root}/namespaces/ns/gateways/g`]: {
          metadata,
          status: { conditions: holding("Accepted", "Programmed"), addresses: [{ value: "172.18.255.1" }] },
        },
        [`${root}/namespaces/ns/httproutes/g`]: route(generation),
      });
    const options = { namespace: "ns", gateway: "g", route: "g", className: "c", dataPlane: null, ...short };
    await expect(waitForGateway(api(3), options)).resolves.toEqual({ address: "172.18.255.1" });
    await expect(waitForGateway(api(4), options)).rejects.toThrow(/HTTPRoute is being looked at again/);
  });
  test("a service with an address", async () => {
    const status = { loadBalancer: { ingress: [{ ip: "172.18.255.2" }] } };
    const api = fakeApi({ "/api/v1/namespaces/ns/services/s": { metadata: { name: "s" }, status } });
    await expect(waitForLoadBalancer(api, { namespace: "ns", service: "s", ...short })).resolves.toEqual({
      address: "172.18.255.2",
    });
  });
});
