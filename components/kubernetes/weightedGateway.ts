/** A Gateway with one route whose backends have weights; or, for `direct`, a service straight to the first backend. */
import * as pulumi from "@pulumi/pulumi";
import type { WeightedGateway, WeightedPlan } from "../platform.ts";
import type { KubernetesBackends } from "./backends.ts";
import { ciliumGateway } from "./gateways/cilium.ts";
import { envoyGateway } from "./gateways/envoy.ts";
import { nginxGateway } from "./gateways/nginx.ts";
import type { GatewayFacts, GatewaySpec, Placement } from "./gateways/spec.ts";
import type { Ground } from "./ground.ts";
import { installsCrds } from "./clusters/cluster.ts";
import { makeLoadBalancer } from "./loadBalancer.ts";
import { podSecurity, type Manifest } from "./objects.ts";
import { wholeWeights } from "../weights.ts";
import type { Configured } from "./tasks/job.ts";

/** Gateways by name. A new one is one file and one line here. */
export const gateways: Readonly<Record<Exclude<WeightedPlan["gateway"], "direct">, GatewaySpec>> = {
  cilium: ciliumGateway,
  nginx: nginxGateway,
  envoy: envoyGateway,
};

const gatewayName = "lab";
export const gatewayPort = 80;

/** Annotation by which Azure's load balancer limits who may call. */
const azureRanges = "service.beta.kubernetes.io/azure-allowed-ip-ranges";

export function placementOf(kind: "kind" | "aks" | "existing", namespace: string, gatewayNode: string): Placement {
  const controlPlane = "node-role.kubernetes.io/control-plane";
  switch (kind) {
    case "kind":
      return {
        nodeSelector: { [controlPlane]: "" },
        tolerations: [{ key: controlPlane, operator: "Exists", effect: "NoSchedule" }],
      };
    case "aks":
      return {
        affinity: {
          podAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              {
                topologyKey: "kubernetes.io/hostname",
                namespaces: [namespace],
                labelSelector: { matchLabels: { "cni-traffic-lab/name": "echo-1" } },
              },
            ],
          },
        },
      };
    case "existing":
      return gatewayNode === "" ? {} : { nodeSelector: { "kubernetes.io/hostname": gatewayNode } };
  }
}

export function gatewayObject(
  className: string,
  labels: Readonly<Record<string, string>>,
  spec: GatewaySpec,
): Manifest {
  const { parameters } = spec;
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { name: gatewayName, labels },
    spec: {
      gatewayClassName: className,
      ...(parameters === undefined ? {} : { infrastructure: { parametersRef: parameters } }),
      listeners: [
        { name: "http", protocol: "HTTP", port: gatewayPort, allowedRoutes: { namespaces: { from: "Same" } } },
      ],
    },
  };
}

export function routeObject(
  labels: Readonly<Record<string, string>>,
  { backends, path }: Pick<WeightedPlan, "backends" | "path">,
  port: number,
): Manifest {
  const weights = wholeWeights(backends.map(({ weight }) => weight));
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: gatewayName, labels },
    spec: {
      parentRefs: [{ name: gatewayName }],
      rules: [
        {
          matches: [{ path: { type: "PathPrefix", value: path } }],
          backendRefs: backends.map(({ name }, index) => ({ name, port, weight: weights[index] ?? 0 })),
        },
      ],
    },
  };
}

export interface KubernetesWeightedArgs {
  readonly ground: Ground;
  readonly backends: KubernetesBackends;
  readonly plan: WeightedPlan;
}

export class KubernetesWeightedGateway extends pulumi.ComponentResource implements WeightedGateway {
  readonly resource: pulumi.Resource;
  readonly url: pulumi.Output<string>;
  readonly kind: WeightedPlan["gateway"];

  /** What a load waits for: the route, or the service where nothing splits. */
  configured({ namespace }: Pick<Ground, "namespace">): Configured {
    const remedy = `its backends must answer with 200: kubectl -n ${namespace} get pods, and kubectl -n ${namespace} describe`;
    return this.kind === "direct"
      ? {
          kind: "Service",
          name: "direct",
          path: `/api/v1/namespaces/${namespace}/services/direct`,
          remedy: `${remedy} service direct`,
        }
      : {
          kind: "HTTPRoute",
          name: gatewayName,
          path: `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/httproutes/${gatewayName}`,
          remedy: `${remedy} httproute ${gatewayName}`,
        };
  }

  constructor(name: string, args: KubernetesWeightedArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cni-traffic-lab:kubernetes:WeightedGateway", name, {}, opts);
    const { ground, plan } = args;
    this.kind = plan.gateway;
    const balancer = makeLoadBalancer(ground, { parent: this });
    const { resource, result } =
      plan.gateway === "direct"
        ? this.#direct(name, args, balancer)
        : this.#gateway(name, args, gateways[plan.gateway], balancer);
    this.resource = resource;
    this.url = result.apply(({ address }) => `http://${address}:${gatewayPort}${plan.path}`);
    this.registerOutputs({ url: this.url });
  }

  #gateway(
    name: string,
    { ground, backends, plan }: KubernetesWeightedArgs,
    spec: GatewaySpec,
    balancer: readonly pulumi.Resource[],
  ) {
    const labels = ground.labels("gateway", "gateway");
    const { kind } = ground.plan;
    const facts: GatewayFacts = {
      plan: ground.plan,
      prefix: ground.namespace,
      namespace: ground.namespace,
      labels,
      placement: placementOf(kind.kind, ground.namespace, kind.kind === "existing" ? kind.gatewayNode : ""),
    };
    const made: pulumi.Resource[] = [];
    let before: pulumi.Resource[] = [...balancer, backends.resource];
    if (spec.chart !== null) before = [this.#controller(name, ground, spec.chart, facts, before)];
    for (const manifest of spec.objects(facts)) {
      const object = `${name}-${manifest.kind.toLowerCase()}`;
      before = [
        manifest.metadata.namespace === undefined
          ? ground.object(object, manifest, { parent: this, dependsOn: before })
          : ground.inside(object, manifest, { parent: this, dependsOn: before }),
      ];
      made.push(...before);
    }
    const className = spec.className(facts);
    const gateway = gatewayObject(className, labels, spec);
    const annotations =
      ground.cluster.callers === undefined
        ? {}
        : {
            infrastructure: {
              ...(gateway["spec"] as { infrastructure?: object }).infrastructure,
              annotations: { [azureRanges]: ground.cluster.callers },
            },
          };
    const object = ground.inside(
      `${name}-gateway`,
      { ...gateway, spec: { ...(gateway["spec"] as object), ...annotations } },
      { parent: this, dependsOn: before },
    );
    const route = ground.inside(`${name}-route`, routeObject(labels, plan, backends.plan.port), {
      parent: this,
      dependsOn: [object],
    });
    return ground.wait<{ address: string }>(
      `${name}-programmed`,
      "gateway",
      {
        namespace: ground.namespace,
        gateway: gatewayName,
        route: gatewayName,
        className,
        controller: spec.chart?.workloads(facts) ?? [],
        dataPlane: spec.dataPlane?.(facts) ?? null,
        weights: plan.backends.map(({ weight }) => weight),
        deadline_s: 300,
      },
      { parent: this, dependsOn: [...made, object, route] },
    );
  }

  #controller(
    name: string,
    ground: Ground,
    chart: NonNullable<GatewaySpec["chart"]>,
    facts: GatewayFacts,
    dependsOn: pulumi.Resource[],
  ): pulumi.Resource {
    const namespace = ground.object(
      `${name}-namespace`,
      {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: chart.namespace(facts), labels: { ...facts.labels, ...podSecurity("baseline") } },
      },
      { parent: this, dependsOn },
    );
    const release = ground.release(
      `${name}-controller`,
      chart.name,
      // The CRDs of the Gateway API are there already, in the version that the table names.
      {
        name: chart.release(facts),
        namespace: chart.namespace(facts),
        values: chart.values(facts),
        skipCrds: !installsCrds(ground.plan.kind),
      },
      { parent: this, dependsOn: [namespace] },
    );
    return ground.wait(
      `${name}-controller-ready`,
      "workloads",
      { workloads: chart.workloads(facts), deadline_s: 300 },
      { parent: this, dependsOn: [release] },
    ).resource;
  }

  #direct(name: string, { ground, backends, plan }: KubernetesWeightedArgs, balancer: readonly pulumi.Resource[]) {
    const [first] = plan.backends;
    if (first === undefined) throw new RangeError("direct needs a backend");
    const service = ground.inside(
      `${name}-service`,
      directService(first.name, backends.plan.port, ground.labels("gateway", "direct"), ground.cluster.callers),
      {
        parent: this,
        dependsOn: [...balancer, backends.resource],
      },
    );
    return ground.wait<{ address: string }>(
      `${name}-address`,
      "balancer",
      { namespace: ground.namespace, service: "direct", deadline_s: 240 },
      { parent: this, dependsOn: [service] },
    );
  }
}

/** The floor: the way of a LoadBalancer without anybody who splits. */
export function directService(
  backend: string,
  port: number,
  labels: Readonly<Record<string, string>>,
  callers: pulumi.Input<string> | undefined,
): Manifest {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "direct", labels, ...(callers === undefined ? {} : { annotations: { [azureRanges]: callers } }) },
    spec: {
      type: "LoadBalancer",
      selector: { "cni-traffic-lab/name": backend },
      ports: [{ name: "http", port: gatewayPort, targetPort: port }],
    },
  };
}
