/** What Prometheus scrapes, and which pods belong to which role. Pure. */
import type { ClusterPlan } from "../platform.ts";

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
  const { plan, namespaces } = facts;
  const roles = roleRules(facts).toReversed();
  const nodeName = { source_labels: ["__meta_kubernetes_pod_node_name"], target_label: "node" };
  // A cluster of others may have pods with the same labels: another lab's, or an exporter of its own.
  const found = (label: string, namespace: string) => ({
    kubernetes_sd_configs: [{ role: "pod", namespaces: { names: [namespace] }, selectors: [{ role: "pod", label }] }],
  });
  const pods = (job: string, selector: string, namespace: string, port: number, keep: string) => ({
    [job]: {
      ...found(selector, namespace),
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
      ...found("app.kubernetes.io/name=prometheus-node-exporter", namespaces.nodes),
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
          "kube-system",
          9962,
          "cilium_(drop_count_total|forward_count_total|bpf_map_pressure|nodes_all_.*)",
        )
      : {}),
    ...(plan.cni.name === "antrea"
      ? {
          ...secured(pods("antrea-agent", "component=antrea-agent", "kube-system", 10_350, "antrea_agent_ovs_.*")),
          ...secured(
            pods("antrea-controller", "component=antrea-controller", "kube-system", 10_349, "antrea_controller_.*"),
          ),
        }
      : {}),
    ...(plan.gateway === "cilium"
      ? pods(
          "cilium-envoy",
          "k8s-app=cilium-envoy",
          "kube-system",
          9964,
          "envoy_(cluster_upstream_rq_total|http_downstream_rq_total|cluster_upstream_cx_overflow)",
        )
      : {}),
    ...(plan.gateway === "nginx"
      ? pods("nginx-gateway", "gateway.networking.k8s.io/gateway-name=lab", namespaces.lab, 9113, "nginx_.*")
      : {}),
    ...(plan.gateway === "envoy"
      ? pods(
          "envoy-gateway",
          "gateway.envoyproxy.io/owning-gateway-name=lab",
          namespaces.gateway,
          19_001,
          "envoy_(cluster_upstream_rq_total|http_downstream_rq_total|cluster_upstream_cx_overflow)",
        )
      : {}),
  };
}
