/** A kind cluster: nodes are containers of one machine on one docker network. */
import * as pulumi from "@pulumi/pulumi";
import type { ClusterKind } from "../../platform.ts";
import { runTask, type Ground } from "../ground.ts";
import { kindNetwork, type KindInput, type KindOutput } from "../tasks/kind.ts";
import type { Cluster } from "./cluster.ts";
import type { Range } from "./dockerNetwork.ts";
import { kindConfig, nodeCount, replacesKubeProxy } from "./kindConfig.ts";

/** Name of a lab's own cluster; `lab sweep` knows labs by it. */
export const ownKindName = (labId: string): string => `ctl-${labId}`;

export function kindCluster(ground: Ground, plan: Extract<ClusterKind, { kind: "kind" }>): Cluster {
  const { labId, project } = ground.context;
  const { cni, podCidr, serviceCidr } = ground.plan;
  const name = plan.name === "" ? ownKindName(labId) : plan.name;
  const config = kindConfig(ground.network, { cni: cni.name, podCidr, serviceCidr });
  const input: KindInput = {
    name,
    image: plan.image === "" ? ground.image("kind-node") : plan.image,
    config,
    ownName: plan.name === "",
    slot: Number.parseInt(labId.slice(-2), 16) % 8,
  };
  const { resource, result } = runTask<KindOutput>(
    "cluster",
    "kind",
    { input, project, removes: "first" },
    { parent: ground, customTimeouts: { create: "15m", delete: "6m" } },
  );
  const range = (read: (ranges: KindOutput["ranges"]) => Range): pulumi.Output<string> =>
    result.apply(({ ranges }) => `${read(ranges).start}-${read(ranges).end}`);
  const host = result.apply(({ ranges }) => ranges.gateway);
  return {
    resource,
    own: resource,
    kubeconfig: pulumi.secret(result.apply(({ kubeconfig }) => kubeconfig)),
    apiServer: replacesKubeProxy(cni.name) ? { host: `${name}-control-plane`, port: 6443 } : null,
    nodes: nodeCount(config),
    ranges: { balancer: range(({ balancer }) => balancer), egress: range(({ egress }) => egress) },
    // Nothing listens there: a refusal shows that packets come and go.
    outside: pulumi.interpolate`${host}:9`,
    host,
    callers: undefined,
    dockerNetwork: kindNetwork,
    limits: [
      "kind's nodes share one machine: CPU and memory of the host are those of all nodes together, and softirq work is charged to no container",
      "kind's nodes share one kernel and no wire: throughput is the machine's, not a network's",
    ],
  };
}
