/** NGINX Gateway Fabric: `split_clients` on a random request id, so a backend is drawn at random for each request. */
import { replacement, type ChartImage } from "../chartImages.ts";
import type { GatewayFacts, GatewaySpec } from "./spec.ts";

const chartName = "nginx-gateway-fabric";

export const nginxGateway: GatewaySpec = {
  className: ({ prefix }) => `${prefix}-nginx`,
  chart: {
    name: "nginx",
    release: () => "ngf",
    namespace: ({ prefix }) => `${prefix}-gateway`,
    workloads: ({ prefix }) => [{ kind: "Deployment", namespace: `${prefix}-gateway`, name: `ngf-${chartName}` }],
    values: (facts) => {
      const { prefix, placement, plan } = facts;
      return {
        nginxGateway: {
          gatewayClassName: `${prefix}-nginx`,
          gatewayControllerName: `gateway.nginx.org/${prefix}`,
          productTelemetry: { enable: false },
          ...control(placement),
          ...imageOf("nginx-gateway", facts),
        },
        // A hook's Job makes the certificates first.
        certGenerator: control(placement),
        nginx: {
          ...imageOf("nginx-gateway-data", facts),
          service: {
            type: "LoadBalancer",
            // The announcing node need not be the gateway's.
            externalTrafficPolicy: plan.kind.kind === "kind" ? "Cluster" : "Local",
          },
          pod: placement,
        },
      };
    },
  },
  objects: () => [],
};

/** The control plane's own pods stand where the data plane does, so that workers hold backends only. */
const control = ({ nodeSelector, tolerations }: GatewayFacts["placement"]): object => ({
  ...(nodeSelector === undefined ? {} : { nodeSelector }),
  ...(tolerations === undefined ? {} : { tolerations }),
});

function imageOf(name: ChartImage, { plan }: GatewayFacts): object {
  const other = replacement(name, plan.sources);
  return other === undefined
    ? {}
    : { image: { repository: other.repository, ...(other.tag === undefined ? {} : { tag: other.tag }) } };
}
