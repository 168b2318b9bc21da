/** Ingress: k6 outside sends to a gateway node, which splits the requests over one echo pod for each worker, by weight. */
import type { Scenario } from "./model.ts";
import { runPlan } from "./runPlan.ts";
import type { Settings } from "./settings.ts";

const gatewayNode = "gateway";
const client = "client";

const backends = ({ weights }: Settings) => weights.map((weight, index) => ({ name: `echo-${index + 1}`, weight }));

export const ingress: Scenario = {
  build(platform, settings) {
    const echo = backends(settings);
    const workers = echo.map((_, index) => `worker-${index + 1}`);
    const network = platform.network({
      name: "ingress",
      nodes: [gatewayNode, ...workers],
      controlPlane: gatewayNode,
      egressNodes: [],
      pods: echo.map(({ name }, index) => ({ name, node: workers[index] ?? "" })),
      outside: [client],
      mtu: settings.mtu,
    });
    const pods = platform.backends({
      pods: echo.map(({ name }) => name),
      path: settings["route.path"],
      port: settings["backend.port"],
    });
    const gateway = platform.weightedGateway({
      client,
      gateway: settings.gateway,
      node: gatewayNode,
      backends: echo,
      keepalive: settings.keepalive,
      workers: settings.workers,
      path: settings["route.path"],
    });
    const monitoring = settings.monitoring
      ? [platform.monitoring({ scrapeSeconds: settings.scrapeInterval, grafana: settings.grafana })]
      : [];
    return platform.load(
      {
        kind: "k6",
        client,
        vus: settings.vus,
        rate: settings.rate,
        timeoutSeconds: settings.requestTimeout,
        countAnswers: settings.countAnswers,
        logAnswers: settings.logAnswers,
        backends: echo,
        gateway,
      },
      runPlan(settings),
      [network, pods, gateway, ...monitoring].map(({ resource }) => resource),
    );
  },
  cell: (settings) => {
    const closed = settings.phases.some(({ phase }) => phase === "closed");
    return {
      path: "",
      gateway: settings.gateway,
      vus: closed || settings.rate === 0 ? settings.vus : null,
      rate: settings.rate > 0 ? settings.rate : null,
      weights: settings.weights.join("/"),
    };
  },
  // Without a gateway nothing is split: everything goes to the first backend.
  backends: (settings) =>
    settings.gateway === "direct"
      ? backends(settings).map(({ name }, index) => ({ name, weight: index === 0 ? 1 : 0 }))
      : backends(settings),
};
