/** The waits: each one function for one kind of object. They look at the object, at the pods behind it, and name what is missing. */
import type { Api, KubeObject } from "./api.ts";
import { stuckPods } from "./problems.ts";
import { waitFor, type Look, type Patience } from "./wait.ts";

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
}

export const conditionsOf = (object: { readonly conditions?: unknown } | undefined): readonly Condition[] =>
  (object?.conditions ?? []) as readonly Condition[];

export interface NodeAddresses {
  /** By the plan's name of the node (label cni-traffic-lab/node), else by its own. */
  readonly nodes: Readonly<Record<string, string>>;
  /** Those of them that take any pod: not cordoned, no taint in the way. */
  readonly open?: readonly string[];
  readonly kernel: string;
  readonly kubelet: string;
  readonly runtime: string;
}

/** Nodes are Ready. Gives their internal addresses and what they run. */
export function waitForNodes(api: Api, { count, ...patience }: Patience & { count: number }): Promise<NodeAddresses> {
  const remedy = "kubectl describe node says what a node lacks; without a CNI none becomes ready";
  return waitFor({ what: "the nodes", remedy, api }, patience, async (): Promise<Look<NodeAddresses>> => {
    const nodes = await api.list("/api/v1/nodes");
    const notReady = nodes.filter(
      ({ status }) => !conditionsOf(status).some(({ type, status: is }) => type === "Ready" && is === "True"),
    );
    if (nodes.length < count) return { missing: `${nodes.length} of ${count} nodes` };
    const [worst] = notReady;
    if (worst !== undefined) return { missing: notReady.map(whyNotReady).join("; "), object: worst };
    const [first] = nodes;
    const info = (first?.status?.["nodeInfo"] ?? {}) as Record<string, string>;
    return {
      done: {
        nodes: Object.fromEntries(nodes.map((node) => [planName(node), internalAddress(node)])),
        open: nodes.filter((node) => takesPods(node)).map(planName),
        kernel: info["kernelVersion"] ?? "",
        kubelet: info["kubeletVersion"] ?? "",
        runtime: info["containerRuntimeVersion"] ?? "",
      },
    };
  });
}

const planName = ({ metadata }: KubeObject): string => metadata.labels?.["cni-traffic-lab/node"] ?? metadata.name;

/** Taints of a node that has no CNI yet. */
const withoutCni = ["node.kubernetes.io/not-ready", "node.kubernetes.io/network-unavailable"];

/** Whether the scheduler puts a pod without tolerations there, now or once it has its CNI. */
export const takesPods = ({ spec }: KubeObject, cniComes = false): boolean =>
  spec?.["unschedulable"] !== true &&
  !((spec?.["taints"] ?? []) as { key?: string; effect?: string }[]).some(
    ({ key = "", effect }) =>
      (effect === "NoSchedule" || effect === "NoExecute") && !(cniComes && withoutCni.includes(key)),
  );

function internalAddress({ status }: KubeObject): string {
  const addresses = (status?.["addresses"] ?? []) as { type: string; address: string }[];
  return addresses.find(({ type, address }) => type === "InternalIP" && !address.includes(":"))?.address ?? "";
}

function whyNotReady({ metadata, status }: KubeObject): string {
  const ready = conditionsOf(status).find(({ type }) => type === "Ready");
  return `node ${metadata.name} is not ready${ready?.message === undefined ? "" : ` (${ready.message.slice(0, 120)})`}`;
}

/** CRDs are established: the API server serves their kinds. */
export function waitForCrds(api: Api, { names, ...patience }: Patience & { names: readonly string[] }): Promise<true> {
  const remedy = "who makes them says why not: the CNI's operator in kube-system, or the gateway's controller";
  return waitFor({ what: "custom resource definitions", remedy, api }, patience, async (): Promise<Look<true>> => {
    const found = await Promise.all(
      names.map((name) => api.get(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`)),
    );
    const missing = names.filter(
      (_, index) =>
        !conditionsOf(found[index]?.status).some(({ type, status }) => type === "Established" && status === "True"),
    );
    return missing.length === 0 ? { done: true } : { missing: missing.join(", ") };
  });
}

export interface Workload {
  readonly kind: "Deployment" | "DaemonSet" | "StatefulSet";
  readonly namespace: string;
  readonly name: string;
}

/** Workloads are rolled out: every pod of the newest generation is ready. Fails early for a pod that cannot start. */
export function waitForWorkloads(
  api: Api,
  { workloads, ...patience }: Patience & { workloads: readonly Workload[] },
): Promise<true> {
  const stuck = stuckPods(api, patience.chance_s);
  const what = workloads.map(({ kind, name }) => `${kind} ${name}`).join(", ");
  const places = [...new Set(workloads.map(({ namespace }) => namespace))];
  const remedy = `${places.map((place) => `kubectl -n ${place} get pods`).join(", ")} shows which pod is not ready; kubectl describe and logs say why`;
  return waitFor({ what, remedy, api }, patience, async (): Promise<Look<true>> => {
    const missing = await lacksOf(api, workloads);
    if (missing.length === 0) return { done: true };
    await stuck(await podsOf(api, ...workloads));
    const object = missing.find((one) => one.object !== undefined)?.object;
    return {
      missing: missing.map(({ text }) => text).join("; "),
      ...(object === undefined ? {} : { object }),
    };
  });
}

const workloadPath = ({ kind, namespace, name }: Workload): string =>
  `/apis/apps/v1/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`;

/** Pods of the workloads, by their selectors. */
export async function podsOf(api: Api, ...workloads: readonly Workload[]): Promise<readonly KubeObject[]> {
  const lists = workloads.map(async (workload) => {
    const object = await api.get(workloadPath(workload));
    const selector = object?.spec?.["selector"] as { matchLabels?: Record<string, string> } | undefined;
    if (selector?.matchLabels === undefined) return [];
    const labels = Object.entries(selector.matchLabels).map(([key, value]) => `${key}=${value}`);
    return api.list(`/api/v1/namespaces/${workload.namespace}/pods`, labels.join(","));
  });
  return (await Promise.all(lists)).flat();
}

interface Lack {
  readonly text: string;
  /** Whose last event says more. */
  readonly object?: KubeObject;
}

/** What the workloads still lack, each in a few words; empty when all are rolled out. */
export async function lacksOf(api: Api, workloads: readonly Workload[]): Promise<readonly Lack[]> {
  return (await Promise.all(workloads.map((workload) => lackOf(api, workload)))).flatMap((one) => one ?? []);
}

/** The object is that of a pod that is not ready, else the workload itself. */
async function lackOf(api: Api, workload: Workload): Promise<Lack | undefined> {
  const object = await api.get(workloadPath(workload));
  const text = lackText(workload, object);
  if (text === "") return undefined;
  const unready = object === undefined ? undefined : (await podsOf(api, workload)).find((pod) => !isReady(pod));
  const blamed = unready ?? object;
  return { text, ...(blamed === undefined ? {} : { object: blamed }) };
}

export const isReady = ({ status }: KubeObject): boolean =>
  conditionsOf(status).some(({ type, status: is }) => type === "Ready" && is === "True");

function lackText(workload: Workload, object: KubeObject | undefined): string {
  const place = `${workload.kind} ${workload.namespace}/${workload.name}`;
  if (object === undefined) return `${place} does not exist yet`;
  const status = (object.status ?? {}) as Record<string, number | undefined>;
  if ((status["observedGeneration"] ?? 0) < (object.metadata.generation ?? 0)) return `${place} is being updated`;
  const daemon = workload.kind === "DaemonSet";
  const wanted = daemon ? status["desiredNumberScheduled"] : ((object.spec?.["replicas"] as number | undefined) ?? 1);
  const ready = (daemon ? status["numberReady"] : status["readyReplicas"]) ?? 0;
  const updated = (daemon ? status["updatedNumberScheduled"] : status["updatedReplicas"]) ?? 0;
  if (wanted === undefined || wanted === 0) return `${place} has no pod yet`;
  return ready >= wanted && updated >= wanted ? "" : `${place}: ${ready} of ${wanted} pods ready`;
}

/** Pods by label are ready, at least `count` of them. Gives their addresses by name. */
export function waitForPods(
  api: Api,
  { namespace, selector, count, ...patience }: Patience & { namespace: string; selector: string; count: number },
): Promise<Readonly<Record<string, string>>> {
  const stuck = stuckPods(api, patience.chance_s);
  const remedy = `kubectl -n ${namespace} describe pods -l ${selector} says what they lack`;
  const wanted = { what: `pods ${selector}`, remedy, api };
  return waitFor(wanted, patience, async (): Promise<Look<Readonly<Record<string, string>>>> => {
    const all = await api.list(`/api/v1/namespaces/${namespace}/pods`, selector);
    const ready = all.filter(isReady);
    if (ready.length >= count) {
      const address = (pod: KubeObject) => (pod.status?.["podIP"] as string | undefined) ?? "";
      return { done: Object.fromEntries(ready.map((pod) => [pod.metadata.name, address(pod)])) };
    }
    await stuck(all);
    const unready = all.find((pod) => !isReady(pod));
    return { missing: `${ready.length} of ${count} ready`, ...(unready === undefined ? {} : { object: unready }) };
  });
}

/** Nodes that an egress policy may choose as its gateway exist and are Ready: without one the CNI drops the traffic. */
export function waitForGatewayNodes(
  api: Api,
  { selector, ...patience }: Patience & { selector: string },
): Promise<true> {
  const remedy = "kubectl describe node says what it lacks; a gateway node that is not ready takes no traffic";
  return waitFor({ what: "a gateway node", remedy, api }, patience, async (): Promise<Look<true>> => {
    const nodes = await api.list("/api/v1/nodes", selector);
    if (nodes.length === 0) {
      throw new Error(
        `the egress policy has no gateway node: no node has the label ${selector}, so the CNI drops the traffic. Remedy: label a node, or choose the path base.`,
      );
    }
    const [first] = nodes;
    if (nodes.some(isReady)) return { done: true };
    return { missing: nodes.map(whyNotReady).join("; "), ...(first === undefined ? {} : { object: first }) };
  });
}

/** An Antrea Egress has an address on a node. Gives the address. */
export function waitForEgress(
  api: Api,
  { name, ...patience }: Patience & { name: string },
): Promise<{ address: string }> {
  const remedy = `the address must be on a node that is ready and labelled as an egress node, or its pool must have a free one: kubectl describe egress ${name}`;
  return waitFor({ what: `Egress ${name}`, remedy, api }, patience, async (): Promise<Look<{ address: string }>> => {
    const egress = await api.get(`/apis/crd.antrea.io/v1beta1/egresses/${name}`);
    const status = egress?.status as { egressIP?: string; egressNode?: string } | undefined;
    if ((status?.egressIP ?? "") !== "" && (status?.egressNode ?? "") !== "")
      return { done: { address: status?.egressIP ?? "" } };
    const unhappy = conditionsOf(status as { conditions?: unknown } | undefined).filter(
      ({ status: is }) => is === "False",
    );
    return {
      missing:
        unhappy.map(({ type, message }) => `${type}: ${message ?? "no"}`).join("; ") || "no address on a node yet",
      ...(egress === undefined ? {} : { object: egress }),
    };
  });
}

/** A service of type LoadBalancer has an address. Gives it. */
export function waitForLoadBalancer(
  api: Api,
  { namespace, service, ...patience }: Patience & { namespace: string; service: string },
): Promise<{ address: string }> {
  const remedy = `nobody gives addresses to services of type LoadBalancer here, or the range is used up: see loadBalancer.kind and loadBalancer.range, and kubectl -n ${namespace} describe service ${service}`;
  const wanted = { what: `an address of service ${service}`, remedy, api };
  return waitFor(wanted, patience, async (): Promise<Look<{ address: string }>> => {
    const object = await api.get(`/api/v1/namespaces/${namespace}/services/${service}`);
    const balancer = object?.status?.["loadBalancer"] as { ingress?: { ip?: string; hostname?: string }[] } | undefined;
    const [first] = balancer?.ingress ?? [];
    const address = first?.ip ?? first?.hostname;
    if (address !== undefined) return { done: { address } };
    return { missing: "the load balancer gave none yet", ...(object === undefined ? {} : { object }) };
  });
}
