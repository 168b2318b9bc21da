/**
 * Prometheus, node_exporter and the exporter of the roles' CPU and memory, in a namespace of their own. Only the
 * collectors that the analysis reads are on: the monitoring must not become the load.
 */
import * as pulumi from "@pulumi/pulumi";
import type { Monitoring, MonitoringPlan } from "../platform.ts";
import { agentFile } from "./agents.ts";
import { roles, type Ground } from "./ground.ts";
import { Process } from "./netlab.ts";
import type { NetnsNetwork } from "./network.ts";

const ports = { prometheus: 9090, node: 9100, roles: 9101 } as const;
export const prometheusUrl = `http://127.0.0.1:${ports.prometheus}`;

/** Prometheus' configuration; JSON is YAML. */
export function prometheusConfig(scrapeSeconds: number): object {
  const target = (port: number) => [{ targets: [`127.0.0.1:${port}`] }];
  return {
    global: { scrape_interval: `${scrapeSeconds}s`, scrape_timeout: `${scrapeSeconds}s` },
    scrape_configs: [
      { job_name: "node", static_configs: target(ports.node) },
      { job_name: "roles", static_configs: target(ports.roles) },
    ],
  };
}

export interface NetnsMonitoringArgs {
  readonly ground: Ground;
  readonly network: NetnsNetwork;
  readonly plan: MonitoringPlan;
}

export class NetnsMonitoring extends pulumi.ComponentResource implements Monitoring {
  readonly resource = this;
  readonly netns: pulumi.Output<string>;
  readonly prometheus: Process;
  readonly nodeExporter: Process;
  readonly roleExporter: Process;

  constructor(name: string, args: NetnsMonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cni-traffic-lab:netns:Monitoring", name, {}, opts);
    const { lab, cgroups } = args.ground;
    this.netns = args.network.netns("monitor");
    const own = { parent: this };
    const common = { lab, netns: this.netns, role: "monitoring", cgroup: cgroups.monitoring.procs };

    this.nodeExporter = new Process(
      `${name}-node-exporter`,
      {
        ...common,
        name: "node-exporter",
        command: [
          "node_exporter",
          "--collector.disable-defaults",
          ...["cpu", "meminfo", "stat", "loadavg"].map((collector) => `--collector.${collector}`),
          "--web.disable-exporter-metrics",
          `--web.listen-address=127.0.0.1:${ports.node}`,
        ],
        ready: { kind: "tcp", port: ports.node },
        versionCommand: ["node_exporter", "--version"],
      },
      own,
    );
    const groups = roles.map((role) => ({ role, cpu: cgroups[role].cpu, memory: cgroups[role].memory }));
    const configuration = pulumi.jsonStringify({
      port: ports.roles,
      lab: lab.apply(({ id }) => id),
      version: cgroups.client.version,
      roles: groups,
    });
    this.roleExporter = new Process(
      `${name}-role-exporter`,
      {
        ...common,
        name: "role-exporter",
        command: ["node", agentFile("roleExporter"), "{dir}/roles.json"],
        files: { "roles.json": configuration },
        ready: { kind: "tcp", port: ports.roles },
      },
      own,
    );
    this.prometheus = new Process(
      `${name}-prometheus`,
      {
        ...common,
        name: "prometheus",
        command: [
          "prometheus",
          "--config.file={dir}/prometheus.json",
          "--storage.tsdb.path={dir}/data",
          `--web.listen-address=127.0.0.1:${ports.prometheus}`,
          "--log.level=warn",
        ],
        files: { "prometheus.json": JSON.stringify(prometheusConfig(args.plan.scrapeSeconds), undefined, 2) },
        // Ready means scraping: both exporters have been read, so that the first idle window has samples.
        ready: { kind: "http", url: `${prometheusUrl}/api/v1/query?query=count(up==1)`, body: '"2"' },
        readyDeadline: 30,
        versionCommand: ["prometheus", "--version"],
      },
      { ...own, dependsOn: [this.nodeExporter, this.roleExporter] },
    );
    this.registerOutputs({});
  }
}
