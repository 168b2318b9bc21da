/**
 * Egress: a pod on the worker sends to a server outside the cluster, by the plain path or through an egress gateway
 * node; what another destination sees must not change.
 */
import { egressPolicy } from "./clusterPlan.ts";
import type { Scenario } from "./model.ts";
import { runPlan } from "./runPlan.ts";

const controlPlane = "control-plane";
const worker = "worker";
const server = "server";

/** `client`, `gateway` and `worker`; with several of them `client-2`, `gateway-2` and so on beside them. */
const numbered = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => (index === 0 ? name : `${name}-${index + 1}`));

export const egress: Scenario = {
  build(platform, settings) {
    const count = settings.environment === "netns" ? 1 : settings["egress.gateways"];
    // On other clusters the nodes are there already.
    const workers = numbered(worker, settings.environment === "local" ? settings["kind.workers"] : 1);
    const clients = numbered("client", count);
    const egressNodes = numbered("gateway", count);
    const network = platform.network({
      name: "egress",
      nodes: [controlPlane, ...workers, ...egressNodes],
      controlPlane,
      egressNodes,
      pods: clients.map((name) => ({ name, node: worker })),
      outside: [server],
      mtu: settings.mtu,
    });
    const external = platform.externalServer({ host: server });
    const gateway = platform.egressGateway({
      path: settings.path,
      gateways: egressNodes.map((node, index) => ({ name: node, pods: clients.slice(index, index + 1), node })),
      policy: egressPolicy(settings),
    });
    const monitoring = settings.monitoring
      ? [platform.monitoring({ scrapeSeconds: settings.scrapeInterval, grafana: settings.grafana })]
      : [];
    return platform.load(
      {
        kind: "iperf3",
        clients,
        streams: settings.streams,
        baseRate: settings.baseRate,
        probeSeconds: settings.probeInterval,
      },
      runPlan(settings),
      [network, external, gateway, ...monitoring].map(({ resource }) => resource),
    );
  },
  cell: ({ path }) => ({ path, gateway: "", vus: null, rate: null, weights: "" }),
  backends: () => [],
};
