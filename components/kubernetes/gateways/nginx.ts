/** NGINX Gateway Fabric: `split_clients` on a random request id, so a backend is drawn at random for each request. */
import { imageValues, replacement } from "../chartImages.ts";
import { charts } from "../versions.ts";
import type { GatewayFacts, GatewaySpec } from "./spec.ts";

/** Full name of what the chart makes: also of its cluster roles, so the lab's prefix is in it. */
const fullName = (prefix: string): string => `${prefix}-ngf`;

export const nginxGateway: GatewaySpec = {
  className: ({ prefix }) => `${prefix}-nginx`,
  chart: {
    name: "nginx",
    release: () => "ngf",
    namespace: ({ prefix }) => `${prefix}-gateway`,
    workloads: ({ prefix }) => [{ kind: "Deployment", namespace: `${prefix}-gateway`, name: fullName(prefix) }],
    crds: ["nginxproxies.gateway.nginx.org"],
    values: ({ prefix, placement, plan }) => {
      return {
        fullnameOverride: fullName(prefix),
        nginxGateway: {
          gatewayClassName: `${prefix}-nginx`,
          gatewayControllerName: `gateway.nginx.org/${prefix}`,
          productTelemetry: { enable: false },
          ...control(placement),
          ...imageValues("nginx-gateway", plan.sources, charts.nginx.version),
        },
        // A hook's Job makes the certificates first.
        certGenerator: control(placement),
        nginx: {
          ...imageValues("nginx-gateway-data", plan.sources, charts.nginx.version),
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
  // In the Gateway's own namespace.
  dataPlane: ({ namespace, plan }) => ({
    namespace,
    selector: "gateway.networking.k8s.io/gateway-name=lab",
    image: replacement("nginx-gateway-data", plan.sources) ?? null,
  }),
};

/** The control plane's own pods stand where the data plane does, so that workers hold backends only. */
const control = ({ nodeSelector, tolerations }: GatewayFacts["placement"]): object => ({
  ...(nodeSelector === undefined ? {} : { nodeSelector }),
  ...(tolerations === undefined ? {} : { tolerations }),
});
