/** Which addresses a node has, by interface: only the node itself can tell, so a short-lived pod on its network looks. */
import { nodeLabel } from "./clusters/kindConfig.ts";
import type { Ground, On, TaskResult } from "./ground.ts";
import { podSecurity, restrictedContainer, restrictedPod, type KubernetesObject, type Manifest } from "./objects.ts";
import type { WantedAddress } from "./tasks/addresses.ts";

/** What the pod runs: IPv4 addresses by interface, as the last words that the API keeps of a container (at most 4 KiB). */
const script = `const all = Object.entries(require("node:os").networkInterfaces()).flatMap(([name, list]) =>
  list.filter(({ family, internal }) => family === "IPv4" && !internal).map(({ address }) => [name, address]));
require("node:fs").writeFileSync("/dev/termination-log", JSON.stringify(all).slice(0, 4096));`;

/** Pure. The node's own network, and nothing else of it: no rights, no mounts. */
export function addressPod(
  name: string,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  { node, image }: { readonly node: string; readonly image: string },
): Manifest {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels },
    spec: {
      hostNetwork: true,
      restartPolicy: "Never",
      // One in its place needs its name at once, and there is nothing to end softly.
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      nodeSelector: { [nodeLabel]: node },
      tolerations: [{ operator: "Exists" }],
      securityContext: restrictedPod,
      containers: [
        {
          name: "addresses",
          image,
          command: ["node", "-e", script],
          resources: { requests: { cpu: "10m", memory: "48Mi" }, limits: { memory: "128Mi" } },
          securityContext: { ...restrictedContainer, readOnlyRootFilesystem: true },
        },
      ],
    },
  };
}

/** Where such pods stand: restricted pod security knows none on a node's network. */
export const nodesNamespace = (ground: Ground, on: On): KubernetesObject =>
  ground.object(
    "nodes-namespace",
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: ground.globalName("nodes"),
        labels: { ...ground.labels("probe", "nodes"), ...podSecurity("privileged") },
      },
    },
    on,
  );

/** The address that the settings name on a node. Refused before any policy is made when the node has no such interface or address. */
export function nodeAddress(
  name: string,
  ground: Ground,
  wanted: WantedAddress,
  on: On,
): TaskResult<{ readonly address: string }> {
  const namespace = ground.globalName("nodes");
  const pod = `addresses-${wanted.node}`;
  const labels = ground.labels("probe", pod);
  const object = ground.object(
    `${name}-pod`,
    addressPod(pod, namespace, labels, { node: wanted.node, image: ground.image("node") }),
    { ...on, replaceFirst: true },
  );
  return ground.wait<{ address: string }>(
    name,
    "addresses",
    object.uid.apply((uid) => ({ ...wanted, namespace, pod, uid, deadline_s: 90 })),
    { parent: on.parent, dependsOn: [object] },
  );
}
