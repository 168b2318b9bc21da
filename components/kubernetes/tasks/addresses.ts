/** Which of a node's addresses the settings mean, from what a pod on the node's network saw there. */
import { z } from "zod";
import type { Api } from "./api.ts";
import { failure, podStatus, stuckPods } from "./problems.ts";
import { waitFor, type Look, type Patience } from "./wait.ts";

export interface WantedAddress {
  /** The plan's name of the node. */
  readonly node: string;
  /** By interface: its first address. By itself: the node must have it. At most one of the two is not empty. */
  readonly interface: string;
  readonly ip: string;
}

export interface AddressesInput extends WantedAddress, Patience {
  readonly namespace: string;
  readonly pod: string;
}

/** Interface and address. */
const seenSchema = z.array(z.tuple([z.string(), z.string()]));

/** @throws Error when the node has no such interface or address, with those that it has */
export async function waitForAddress(api: Api, input: AddressesInput): Promise<{ address: string }> {
  const { namespace, pod } = input;
  const stuck = stuckPods(api, input.chance_s);
  const remedy = `kubectl -n ${namespace} describe pod ${pod} says why it does not end`;
  return waitFor({ what: `pod ${pod}`, remedy, api }, input, async (): Promise<Look<{ address: string }>> => {
    const object = await api.get(`/api/v1/namespaces/${namespace}/pods/${pod}`);
    if (object === undefined) return { missing: "it does not exist yet" };
    const end = podStatus(object).containerStatuses?.[0]?.state?.terminated;
    if (end?.exitCode === 0) return { done: { address: pick(input, seenSchema.parse(JSON.parse(end.message ?? ""))) } };
    if (end !== undefined) {
      const text = `pod ${namespace}/${pod} ended with ${end.exitCode}: ${end.message ?? end.reason ?? ""}`;
      throw await failure(api, object, { text, remedy: `kubectl -n ${namespace} logs ${pod} says more` });
    }
    await stuck([object]);
    return { missing: `it is ${podStatus(object).phase ?? "unknown"}`, object };
  });
}

/** Pure. @throws Error */
export function pick(wanted: WantedAddress, seen: readonly (readonly [string, string])[]): string {
  const listed = seen.map(([name, address]) => `${name} ${address}`).join(", ");
  if (wanted.ip !== "") {
    if (seen.some(([, address]) => address === wanted.ip)) return wanted.ip;
    throw new Error(
      `egress.ip: the gateway node ${wanted.node} does not have ${wanted.ip}, so the CNI would drop the traffic. It has ${listed}. Remedy: set egress.ip to one of them, or add the address to the node.`,
    );
  }
  const found = seen.find(([name]) => name === wanted.interface)?.[1];
  if (found !== undefined) return found;
  throw new Error(
    `egress.interface: the gateway node ${wanted.node} has no interface ${wanted.interface} with an IPv4 address. It has ${listed}. Remedy: set egress.interface to one of them.`,
  );
}
