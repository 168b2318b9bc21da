/** Envoy Gateway: usually one Envoy cluster with locality weights, so backends are scheduled, not drawn. */
import { replacement } from "../chartImages.ts";
import type { GatewaySpec } from "./spec.ts";

const controlNamespace = (prefix: string): string => `${prefix}-gateway`;

export const envoyGateway: GatewaySpec = {
  className: ({ prefix }) => `${prefix}-envoy`,
  chart: {
    name: "envoy",
    release: () => "eg",
    namespace: ({ prefix }) => controlNamespace(prefix),
    workloads: ({ prefix }) => [{ kind: "Deployment", namespace: controlNamespace(prefix), name: "envoy-gateway" }],
    values: ({ prefix, plan }) => {
      const image = replacement("envoy-gateway", plan.sources)?.reference;
      const [, registry = "", repository = "", tag = ""] = /^([^/]+)\/(.+?):([^:@]+)$/.exec(image ?? "") ?? [];
      const mirrored = image === undefined ? replacement("envoy-gateway", plan.sources) : undefined;
      return {
        config: { envoyGateway: { gateway: { controllerName: `gateway.envoyproxy.io/${prefix}` } } },
        ...(image === undefined
          ? mirrored === undefined
            ? {}
            : { global: { imageRegistry: mirrored.registry } }
          : {
              global: {
                images: { envoyGateway: { image: `${registry}/${repository}:${tag}`, pullPolicy: "IfNotPresent" } },
              },
            }),
      };
    },
  },
  objects: ({ plan, prefix, labels, namespace, placement }) => {
    const image = replacement("envoy-proxy", plan.sources);
    const reference = image?.reference;
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
                container: reference === undefined ? {} : { image: reference },
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
  parameters: { group: "gateway.envoyproxy.io", kind: "EnvoyProxy", name: "lab" },
};
