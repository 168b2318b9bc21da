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
  inexact: (backends) => {
    const shares = percentages(backends.map(({ weight }) => weight));
    const sum = backends.reduce((total, { weight }) => total + weight, 0);
    return backends.flatMap(({ name, weight }, index) => {
      const wanted = (100 * weight) / sum;
      const given = shares[index] ?? 0;
      return Math.abs(given - wanted) < 1e-9
        ? []
        : [
            `weights: NGINX Gateway Fabric cuts shares to 0.01 % and gives the rest to the last backend: ${name} gets ${given.toFixed(2)} % instead of ${wanted.toFixed(4)} %. Weights that add up to 100 are exact.`,
          ];
    });
  },
};

/**
 * Shares in percent as its configuration has them: all but the last are floor(p × 100) / 100 of a floating point p, the last
 * gets what is left.
 */
export function percentages(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const all = weights.slice(0, -1).map((weight) => Math.floor(((weight * 100) / sum) * 100) / 100);
  const rest = 100 - all.reduce((total, share) => total + share, 0);
  return [...all, Math.round(rest * 100) / 100];
}

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
