/** A wait runs again when what it waits for changes, and only then: on a lab that stands, the engine runs a command whose input changed. */
import { expect, test } from "vitest";
import { lab, type Raw } from "../../support/rendered.ts";

const local = { environment: "local", cni: "cilium" };
const ingress = { ...local, scenario: "ingress", gateway: "envoy" };
const egress = { ...local, scenario: "egress", path: "gateway" };

/** Names of the commands whose input differs between two settings of one stack; those that only one has are left out. */
async function anew(before: Raw, after: Raw): Promise<string[]> {
  const inputs = async (raw: Raw): Promise<Map<string, string>> => {
    const { resources } = await lab(raw);
    const commands = resources.filter(({ type }) => type === "command:local:Command");
    return new Map(commands.map(({ name, inputs: { stdin } }) => [name, JSON.stringify(stdin)]));
  };
  const [first, second] = [await inputs(before), await inputs(after)];
  return [...second].flatMap(([name, stdin]) => (first.has(name) && first.get(name) !== stdin ? [name] : [])).sort();
}

test.each<[what: string, before: Raw, change: Raw, waits: string[]]>([
  ["nothing", ingress, {}, []],
  [
    "the image that the gateway's traffic goes through",
    ingress,
    { images: "envoy-proxy=r.io/envoy:2" },
    ["gateway-programmed"],
  ],
  ["weights: the load too", ingress, { weights: "90/10" }, ["gateway-programmed", "load-outside"]],
  ["the image of backends and store", ingress, { images: "nginx=r.io/nginx:2" }, ["backends-ready", "store-ready"]],
  [
    "the CNI's version: all that is asked of a CNI",
    egress,
    { cniVersion: "1.19.7" },
    ["cni-crds", "cni-nodes", "cni-reaches", "cni-workloads"],
  ],
  ["the image of Prometheus", egress, { images: "prometheus=r.io/prometheus:3" }, ["monitoring-ready"]],
])("%s", async (_, before, change, waits) => {
  expect(await anew(before, { ...before, ...change })).toEqual(waits);
});
