/** Prometheus by its chart, node exporters, the kubelets' cAdvisor, the CNI's and the gateway's own metrics; Grafana on request. */
import * as pulumi from "@pulumi/pulumi";
import type { ClusterPlan, Monitoring, MonitoringPlan } from "../platform.ts";
import { replacement, type ChartImage } from "./chartImages.ts";
import { grafanaValues } from "./grafana.ts";
import type { Ground } from "./ground.ts";
import { podSecurity, restrictedContainer, type Manifest } from "./objects.ts";
import type { Store } from "./tasks/job.ts";

export interface MonitoringFacts {
  readonly plan: Pick<ClusterPlan, "cni" | "gateway" | "sources"> & {
    readonly kind: Pick<ClusterPlan["kind"], "kind">;
  };
  /** The lab's own namespace, and those of monitoring and of the gateway's controller. */
  readonly namespaces: {
    readonly lab: string;
    readonly monitoring: string;
    /** The node exporter's: it alone needs the node's files and network. */
    readonly nodes: string;
    readonly gateway: string;
  };
  readonly scrapeSeconds: number;
}

/** Jobs that the chart has on its own: none of them is what a run needs. */
const chartJobs = [
  "prometheus",
  "kubernetes-api-servers",
  "kubernetes-nodes",
  "kubernetes-nodes-cadvisor",
  "kubernetes-service-endpoints",
  "kubernetes-service-endpoints-slow",
  "prometheus-pushgateway",
  "kubernetes-services",
  "kubernetes-pods",
  "kubernetes-pods-slow",
];

/** Which pods belong to which role: namespace and name as `namespace;pod`. The first that matches counts. */
export function roleRules({
  namespaces: { lab, monitoring, nodes, gateway },
}: Pick<MonitoringFacts, "namespaces">): readonly (readonly [string, string])[] {
  return [
    ["client", `${lab};load-.*`],
    ["server", `${lab};echo-.*`],
    ["gateway", `${lab};lab-.*|${gateway};.*|kube-system;cilium-envoy-.*`],
    ["monitoring", `(${monitoring}|${nodes});.*|${lab};results-.*`],
    ["cni", "kube-system;(cilium|antrea)-.*"],
    ["control-plane", "kube-system;(kube-apiserver|kube-controller-manager|kube-scheduler|etcd|coredns)-.*"],
  ];
}

/** What kubelets and Antrea ask for: Prometheus' own token, whose role the chart allows to read /metrics; their certificates are their own. */
const withToken = {
  scheme: "https",
  authorization: { credentials_file: "/var/run/secrets/kubernetes.io/serviceaccount/token" },
  tls_config: { insecure_skip_verify: true },
};
const kubelet = { ...withToken, kubernetes_sd_configs: [{ role: "node" }] };

/** The same jobs, asked with the token. */
const secured = (jobs: Readonly<Record<string, object>>): Record<string, object> =>
  Object.fromEntries(Object.entries(jobs).map(([job, config]) => [job, { ...config, ...withToken }]));

/** What is scraped, by job. */
export function scrapeConfigs(facts: MonitoringFacts): Record<string, object> {
  const { plan } = facts;
  const roles = roleRules(facts).toReversed();
  const nodeName = { source_labels: ["__meta_kubernetes_pod_node_name"], target_label: "node" };
  const pods = (job: string, selector: string, port: number, keep: string): Record<string, object> => ({
    [job]: {
      kubernetes_sd_configs: [{ role: "pod", selectors: [{ role: "pod", label: selector }] }],
      relabel_configs: [
        { source_labels: ["__meta_kubernetes_pod_ip"], target_label: "__address__", replacement: `$1:${port}` },
        // A pod with several ports would be scraped once for each of them.
        { source_labels: ["__meta_kubernetes_pod_container_init"], regex: "true", action: "drop" },
        nodeName,
      ],
      metric_relabel_configs: [{ source_labels: ["__name__"], regex: keep, action: "keep" }],
    },
  });
  return {
    ...Object.fromEntries(chartJobs.map((job) => [job, { enabled: false }])),
    nodes: {
      kubernetes_sd_configs: [
        { role: "pod", selectors: [{ role: "pod", label: "app.kubernetes.io/name=prometheus-node-exporter" }] },
      ],
      relabel_configs: [
        nodeName,
        // On kind every node shows the same machine: one is enough, and adding them up would be wrong.
        ...(plan.kind.kind === "kind"
          ? [{ source_labels: ["__meta_kubernetes_pod_node_name"], regex: ".*-control-plane", action: "keep" }]
          : []),
      ],
      metric_relabel_configs: [
        {
          source_labels: ["__name__"],
          regex: "node_cpu_seconds_total|node_memory_(MemTotal|MemAvailable)_bytes",
          action: "keep",
        },
      ],
    },
    containers: {
      ...kubelet,
      metrics_path: "/metrics/cadvisor",
      relabel_configs: [{ source_labels: ["__meta_kubernetes_node_name"], target_label: "node" }],
      metric_relabel_configs: [
        {
          source_labels: ["__name__"],
          regex: "container_cpu_usage_seconds_total|container_memory_working_set_bytes",
          action: "keep",
        },
        // Without a container's name it is the pod's sum or its sandbox.
        { source_labels: ["container"], regex: ".+", action: "keep" },
        ...roles.map(([role, regex]) => ({
          source_labels: ["namespace", "pod"],
          separator: ";",
          regex,
          target_label: "role",
          replacement: role,
        })),
        { source_labels: ["role"], regex: ".+", action: "keep" },
        { regex: "id|image|name", action: "labeldrop" },
      ],
    },
    ...(plan.cni.name === "cilium"
      ? pods(
          "cilium",
          "k8s-app=cilium",
          9962,
          "cilium_(drop_count_total|forward_count_total|bpf_map_pressure|nodes_all_.*)",
        )
      : {}),
    ...(plan.cni.name === "antrea"
      ? {
          ...secured(pods("antrea-agent", "component=antrea-agent", 10_350, "antrea_agent_ovs_.*")),
          ...secured(pods("antrea-controller", "component=antrea-controller", 10_349, "antrea_controller_.*")),
        }
      : {}),
    ...(plan.gateway === "cilium"
      ? pods(
          "cilium-envoy",
          "k8s-app=cilium-envoy",
          9964,
          "envoy_(cluster_upstream_rq_total|http_downstream_rq_total|cluster_upstream_cx_overflow)",
        )
      : {}),
    ...(plan.gateway === "nginx"
      ? pods("nginx-gateway", "gateway.networking.k8s.io/gateway-name=lab", 9113, "nginx_.*")
      : {}),
    ...(plan.gateway === "envoy"
      ? pods(
          "envoy-gateway",
          "gateway.envoyproxy.io/owning-gateway-name=lab",
          19_001,
          "envoy_(cluster_upstream_rq_total|http_downstream_rq_total|cluster_upstream_cx_overflow)",
        )
      : {}),
  };
}

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
    this.resource = ground.task(
      `${name}-ready`,
      "workloads",
      { workloads, deadline_s: 300 },
      { parent: this, dependsOn: [release, ...board] },
    ).resource;
    this.registerOutputs({ place: this.place });
  }
}
