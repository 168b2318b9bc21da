/** Envoy Gateway: usually one Envoy cluster with locality weights, so backends are scheduled, not drawn. */
import type { Sources } from "../../platform.ts";
import { replacement } from "../chartImages.ts";
import { charts } from "../versions.ts";
import type { GatewaySpec } from "./spec.ts";

const controlNamespace = (prefix: string): string => `${prefix}-gateway`;

export const envoyGateway: GatewaySpec = {
  className: ({ prefix }) => `${prefix}-envoy`,
  chart: {
    name: "envoy",
    release: () => "eg",
    namespace: ({ prefix }) => controlNamespace(prefix),
    workloads: ({ prefix }) => [{ kind: "Deployment", namespace: controlNamespace(prefix), name: "envoy-gateway" }],
    crds: ["envoyproxies.gateway.envoyproxy.io"],
    values: ({ prefix, plan }) => {
      const other = replacement("envoy-gateway", plan.sources);
      const image = other?.reference ?? `${other?.repository ?? ""}:v${charts.envoy.version}`;
      return {
        // Also the name of its cluster roles.
        fullnameOverride: `${prefix}-eg`,
        config: { envoyGateway: { gateway: { controllerName: `gateway.envoyproxy.io/${prefix}` } } },
        ...(other === undefined ? {} : { global: { images: { envoyGateway: { image, pullPolicy: "IfNotPresent" } } } }),
      };
    },
  },
  objects: ({ plan, prefix, labels, namespace, placement }) => {
    return [
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "GatewayClass",
        metadata: { name: `${prefix}-envoy`, labels },
        spec: { controllerName: `gateway.envoyproxy.io/${prefix}` },
      },
      {
        apiVersion: "gateway.envoyproxy.io/v1alpha1",
        kind: "EnvoyProxy",
        metadata: { name: "lab", namespace, labels },
        spec: {
          provider: {
            type: "Kubernetes",
            kubernetes: {
              envoyDeployment: {
                replicas: 1,
                pod: { ...placement },
                container: proxyImage(plan.sources),
              },
              envoyService: {
                type: "LoadBalancer",
                externalTrafficPolicy: plan.kind.kind === "kind" ? "Cluster" : "Local",
              },
            },
          },
        },
      },
    ];
  },
  // In its controller's namespace.
  dataPlane: ({ prefix, plan }) => ({
    namespace: controlNamespace(prefix),
    selector: "gateway.envoyproxy.io/owning-gateway-name=lab",
    image: replacement("envoy-proxy", plan.sources) ?? null,
  }),
  parameters: { group: "gateway.envoyproxy.io", kind: "EnvoyProxy", name: "lab" },
};

/** Another registry keeps the tag, which Envoy Gateway chooses itself; the CRD takes at most one of the two fields. */
function proxyImage(sources: Pick<Sources, "images" | "mirror">): object {
  const other = replacement("envoy-proxy", sources);
  if (other === undefined) return {};
  return other.reference === undefined ? { imageRepository: other.repository } : { image: other.reference };
}
