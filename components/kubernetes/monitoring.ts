/** Prometheus by its chart, node exporters, the kubelets' cAdvisor, the CNI's and the gateway's own metrics; Grafana on request. */
import * as pulumi from "@pulumi/pulumi";
import type { Monitoring, MonitoringPlan } from "../platform.ts";
import { replacement, type ChartImage } from "./chartImages.ts";
import { grafanaValues } from "./grafana.ts";
import type { Ground } from "./ground.ts";
import { podSecurity, restrictedContainer, type Manifest } from "./objects.ts";
import { scrapeConfigs, type MonitoringFacts } from "./scraping.ts";
import type { Store } from "./tasks/job.ts";

/** Port of the node exporter where 9100 may be taken. */
const ownPort = 29_100;

/** Values of the chart `prometheus`. */
export function prometheusValues(facts: MonitoringFacts): object {
  const interval = `${facts.scrapeSeconds}s`;
  const image = (name: ChartImage): object => {
    const other = replacement(name, facts.plan.sources);
    if (other === undefined) return {};
    const [registry = "", ...path] = other.repository.split("/");
    return {
      image: {
        registry,
        repository: name === "prometheus" ? other.repository : path.join("/"),
        ...(other.tag === undefined ? {} : { tag: other.tag }),
        ...(other.digest === undefined ? {} : { digest: other.digest }),
      },
    };
  };
  return {
    // The role that it has is our own: it reads nodes, pods and the kubelets' metrics, and nothing else.
    rbac: { create: false },
    alertmanager: { enabled: false },
    "prometheus-pushgateway": { enabled: false },
    "kube-state-metrics": { enabled: false },
    configmapReload: { prometheus: { enabled: false } },
    server: {
      ...image("prometheus"),
      global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: "1m" },
      persistentVolume: { enabled: false },
      containerSecurityContext: restrictedContainer,
      retention: "2d",
      // Not on the workers where there is another place.
      tolerations: [{ key: "node-role.kubernetes.io/control-plane", operator: "Exists", effect: "NoSchedule" }],
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 100,
              preference: { matchExpressions: [{ key: "node-role.kubernetes.io/control-plane", operator: "Exists" }] },
            },
          ],
        },
      },
      resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "1Gi" } },
    },
    "prometheus-node-exporter": {
      ...image("node-exporter"),
      namespaceOverride: facts.namespaces.nodes,
      // It is the node's own port, and there a cluster of others often has an exporter already.
      ...(facts.plan.kind.kind === "existing" ? { service: { port: ownPort, targetPort: ownPort } } : {}),
      resources: { requests: { cpu: "10m", memory: "24Mi" }, limits: { memory: "64Mi" } },
      // Only what is read: every other collector is a cost on the machine that is measured.
      extraArgs: ["--collector.disable-defaults", "--collector.cpu", "--collector.meminfo"],
      tolerations: [{ operator: "Exists" }],
    },
    scrapeConfigs: scrapeConfigs(facts),
  };
}

const namespaceObject = (name: string, labels: Readonly<Record<string, string>>): Manifest => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels },
});

/** What Prometheus may: find nodes and pods, and read the kubelets' metrics and those of agents that ask who reads them. */
export function prometheusRole(
  name: string,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): readonly [Manifest, Manifest] {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  return [
    {
      apiVersion,
      kind: "ClusterRole",
      metadata: { name, labels },
      rules: [
        { apiGroups: [""], resources: ["nodes", "pods"], verbs: ["get", "list", "watch"] },
        { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
        { nonResourceURLs: ["/metrics"], verbs: ["get"] },
      ],
    },
    {
      apiVersion,
      kind: "ClusterRoleBinding",
      metadata: { name, labels },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name: "prometheus-server", namespace }],
    },
  ];
}

export class KubernetesMonitoring extends pulumi.ComponentResource implements Monitoring {
  readonly resource: pulumi.Resource;
  /** Where Prometheus is asked, through the API server. */
  readonly place: Store;

  constructor(
    name: string,
    ground: Ground,
    { scrapeSeconds, grafana }: MonitoringPlan,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("cni-traffic-lab:kubernetes:Monitoring", name, {}, opts);
    const namespace = ground.globalName("monitoring");
    this.place = { namespace, service: "prometheus-server", port: 80 };
    const labels = ground.labels("monitoring", "monitoring");
    const nodes = ground.globalName("node-exporter");
    const made = (short: string, manifest: Manifest): pulumi.Resource =>
      ground.object(`${name}-${short}`, manifest, { parent: this });
    const place = [
      made("namespace", namespaceObject(namespace, { ...labels, ...podSecurity("restricted") })),
      // It reads the node's own files and network.
      made("nodes", namespaceObject(nodes, { ...labels, ...podSecurity("privileged") })),
      ...prometheusRole(ground.globalName("prometheus"), namespace, labels).map((manifest) =>
        made(manifest.kind.toLowerCase(), manifest),
      ),
    ];
    const namespaces = { lab: ground.namespace, monitoring: namespace, nodes, gateway: ground.globalName("gateway") };
    const values = prometheusValues({ plan: ground.plan, namespaces, scrapeSeconds });
    const on = { parent: this, dependsOn: place };
    const release = ground.release(`${name}-prometheus`, "prometheus", { name: "prometheus", namespace, values }, on);
    const board = grafana
      ? [
          ground.release(
            `${name}-grafana`,
            "grafana",
            { name: "grafana", namespace, values: grafanaValues(ground.plan.sources) },
            on,
          ),
        ]
      : [];
    const workloads = [
      { kind: "Deployment", namespace, name: "prometheus-server" },
      { kind: "DaemonSet", namespace: nodes, name: "prometheus-prometheus-node-exporter" },
      ...(grafana ? [{ kind: "Deployment", namespace, name: "grafana" }] : []),
    ];
    this.resource = ground.wait(
      `${name}-ready`,
      "workloads",
      { workloads, deadline_s: 300 },
      { parent: this, dependsOn: [release, ...board] },
    ).resource;
    this.registerOutputs({ place: this.place });
  }
}
