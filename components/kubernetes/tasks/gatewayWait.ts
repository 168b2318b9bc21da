/** The wait for a weighted gateway: its class, the Gateway, its route, and the pods that carry its traffic. */
import { imageParts, type Replacement } from "../chartImages.ts";
import type { Api, KubeObject } from "./api.ts";
import { stuckPods } from "./problems.ts";
import { waitFor, type Look, type Patience } from "./wait.ts";
import { conditionsOf, isReady, lacksOf, podsOf, type Condition, type Workload } from "./waits.ts";

/** The pods that a gateway's controller makes to carry its traffic. */
export interface DataPlane {
  readonly namespace: string;
  readonly selector: string;
  /** What one of their containers has in place of the chart's own image; null where that stands. */
  readonly image: Replacement | null;
}

export interface GatewayInput extends Patience {
  readonly namespace: string;
  readonly gateway: string;
  readonly route: string;
  readonly className: string;
  /** Workloads of its controller; none where the CNI brings it. */
  readonly controller: readonly Workload[];
  /** null: the CNI's own pods carry it. */
  readonly dataPlane: DataPlane | null;
}

/**
 * A Gateway is programmed and has an address, its route is accepted with all references resolved, and only the pods that were asked for
 * carry its traffic: in a rollout it stays programmed by those of before. Gives the address.
 */
export function waitForGateway(api: Api, input: GatewayInput): Promise<{ address: string }> {
  const { namespace, gateway, route, className, controller, dataPlane, ...patience } = input;
  const root = "/apis/gateway.networking.k8s.io/v1";
  const stuck = stuckPods(api, patience.chance_s);
  const remedy = `the controller of class ${className} must run and accept it, and somebody must give its service an address: kubectl -n ${namespace} describe gateway,httproute,service says which`;
  const wanted = { what: `Gateway ${gateway}`, remedy, api };
  return waitFor(wanted, patience, async (): Promise<Look<{ address: string }>> => {
    const [classObject, object, routeObject] = await Promise.all([
      api.get(`${root}/gatewayclasses/${className}`),
      api.get(`${root}/namespaces/${namespace}/gateways/${gateway}`),
      api.get(`${root}/namespaces/${namespace}/httproutes/${route}`),
    ]);
    const parents = (routeObject?.status?.["parents"] ?? []) as { conditions?: readonly Condition[] }[];
    const missing = [
      ...lacking("GatewayClass", classObject, conditionsOf(classObject?.status), ["Accepted"]),
      ...lacking("Gateway", object, conditionsOf(object?.status), ["Accepted", "Programmed"]),
      ...lacking("HTTPRoute", routeObject, parents[0]?.conditions ?? [], ["Accepted", "ResolvedRefs"]),
    ];
    const addresses = (object?.status?.["addresses"] ?? []) as { value: string }[];
    const [first] = addresses;
    const pods =
      dataPlane === null ? [] : await api.list(`/api/v1/namespaces/${dataPlane.namespace}/pods`, dataPlane.selector);
    const unfit = dataPlane === null ? undefined : unfitPod(pods, dataPlane);
    if (missing.length === 0 && first !== undefined && unfit === undefined) return { done: { address: first.value } };
    // Who programs it comes first: without its controller all the rest stays as it is.
    const [idle] = await lacksOf(api, controller);
    await stuck([...pods, ...(await podsOf(api, ...controller))]);
    if (idle === undefined && missing.length === 0 && unfit !== undefined) return unfit;
    const lacks = [...(idle === undefined ? [] : [`its controller, ${idle.text}`]), ...new Set(missing)];
    const blamed = idle?.object ?? object ?? routeObject ?? classObject;
    return {
      missing: lacks.length > 0 ? lacks.join("; ") : "it has no address yet",
      ...(blamed === undefined ? {} : { object: blamed }),
    };
  });
}

/** What is in the way of a data plane of just those pods that were asked for; undefined when nothing is. */
function unfitPod(
  pods: readonly KubeObject[],
  { image }: DataPlane,
): { missing: string; object?: KubeObject } | undefined {
  if (pods.length === 0) return { missing: "it has no pod that carries its traffic yet" };
  const lackOf = (pod: KubeObject): string => {
    if (pod.metadata.deletionTimestamp !== undefined) return "is still ending";
    const images = ((pod.spec?.["containers"] ?? []) as { image?: string }[]).map((one) => one.image ?? "");
    if (image !== null && !images.some((own) => isImage(own, image)))
      return `still runs ${images.join(", ")}, not ${image.reference ?? image.repository}`;
    return isReady(pod) ? "" : "is not ready";
  };
  const lacks = pods.map((pod) => ({ lack: lackOf(pod), object: pod })).filter(({ lack }) => lack !== "");
  // One that is not ready holds up those that wait for it.
  const worst = lacks.find(({ object }) => !isReady(object)) ?? lacks[0];
  if (worst === undefined) return undefined;
  return { missing: `pod ${worst.object.metadata.name} ${worst.lack}`, object: worst.object };
}

/** Tag and digest count where they were asked for: a chart adds its own. */
function isImage(reference: string, asked: Replacement): boolean {
  const own = imageParts(reference);
  return (
    own.repository === asked.repository &&
    (asked.tag === undefined || own.tag === asked.tag) &&
    (asked.digest === undefined || own.digest === asked.digest)
  );
}

/** Conditions of an object that do not hold for its newest generation. */
function lacking(
  kind: string,
  object: KubeObject | undefined,
  conditions: readonly Condition[],
  wanted: readonly string[],
): string[] {
  if (object === undefined) return [`the ${kind} does not exist yet`];
  return wanted.flatMap((type) => {
    const found = conditions.find((condition) => condition.type === type);
    if (found === undefined) return [`${kind} is not ${type} yet`];
    if ((found.observedGeneration ?? 0) < (object.metadata.generation ?? 0))
      return [`${kind} is being looked at again`];
    return found.status === "True"
      ? []
      : [`${kind} is not ${type}: ${found.reason ?? ""} ${found.message ?? ""}`.trim()];
  });
}
