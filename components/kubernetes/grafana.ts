/** Grafana with the lab's data source and one dashboard. Pure. */
import type { Sources } from "../platform.ts";
import { replacement } from "./chartImages.ts";

/** One graph of the dashboard. */
interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly expression: string;
  readonly legend: string;
}

const panels: readonly Panel[] = [
  {
    title: "CPU of the nodes",
    unit: "short",
    expression: 'sum by (node) (rate(node_cpu_seconds_total{mode!~"idle|iowait|steal"}[15s]))',
    legend: "{{node}}",
  },
  {
    title: "Memory of the nodes",
    unit: "bytes",
    expression: "node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes",
    legend: "{{node}}",
  },
  {
    title: "CPU by role",
    unit: "short",
    expression: "sum by (role) (rate(container_cpu_usage_seconds_total[1m]))",
    legend: "{{role}}",
  },
  {
    title: "Memory by role",
    unit: "bytes",
    expression: "sum by (role) (container_memory_working_set_bytes)",
    legend: "{{role}}",
  },
];

export function dashboard(): object {
  return {
    title: "cni-traffic-lab",
    uid: "cni-traffic-lab",
    refresh: "5s",
    time: { from: "now-15m", to: "now" },
    panels: panels.map(({ title, unit, expression, legend }, index) => ({
      type: "timeseries",
      title,
      gridPos: { x: (index % 2) * 12, y: Math.floor(index / 2) * 9, w: 12, h: 9 },
      fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
      targets: [{ expr: expression, legendFormat: legend, refId: "A" }],
    })),
  };
}

/** Nothing public: it is reached by a port-forward, and its password stays in a Secret of the chart. */
export function grafanaValues(sources: Sources): object {
  const other = replacement("grafana", sources);
  const [registry = "", ...path] = other?.repository.split("/") ?? [];
  return {
    ...(other === undefined
      ? {}
      : {
          image: {
            registry,
            repository: path.join("/"),
            ...(other.tag === undefined ? {} : { tag: other.tag }),
            ...(other.digest === undefined ? {} : { sha: other.digest.replace("sha256:", "") }),
          },
        }),
    // It reads its own files only: no role, no token.
    rbac: { create: false },
    serviceAccount: { automountServiceAccountToken: false },
    automountServiceAccountToken: false,
    service: { type: "ClusterIP" },
    persistence: { enabled: false },
    testFramework: { enabled: false },
    datasources: {
      "datasources.yaml": {
        apiVersion: 1,
        datasources: [
          { name: "Prometheus", type: "prometheus", access: "proxy", url: "http://prometheus-server", isDefault: true },
        ],
      },
    },
    dashboardProviders: {
      "dashboardproviders.yaml": {
        apiVersion: 1,
        providers: [
          {
            name: "lab",
            orgId: 1,
            folder: "",
            type: "file",
            disableDeletion: true,
            options: { path: "/var/lib/grafana/dashboards/lab" },
          },
        ],
      },
    },
    dashboards: { lab: { lab: { json: JSON.stringify(dashboard()) } } },
    resources: { requests: { cpu: "20m", memory: "96Mi" }, limits: { memory: "512Mi" } },
  };
}
