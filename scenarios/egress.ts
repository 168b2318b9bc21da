/**
 * Egress: a pod on the worker sends to a server outside the cluster, by the plain path or through an egress gateway
 * node; what another destination sees must not change.
 */
import type { Scenario } from "./model.ts";
import { runPlan } from "./runPlan.ts";

const nodes = { controlPlane: "control-plane", worker: "worker", gateway: "gateway" } as const;
const client = "client";
const server = "server";

export const egress: Scenario = {
  build(platform, settings) {
    const network = platform.network({
      name: "egress",
      nodes: Object.values(nodes),
      pods: [{ name: client, node: nodes.worker }],
      outside: [server],
      mtu: settings.mtu,
    });
    const external = platform.externalServer({ host: server });
    const gateway = platform.egressGateway({
      path: settings.path,
      gateways: [{ name: "gateway", pods: [client], node: nodes.gateway }],
    });
    const monitoring = settings.monitoring ? [platform.monitoring({ scrapeSeconds: settings.scrapeInterval })] : [];
    return platform.load(
      {
        kind: "iperf3",
        client,
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
