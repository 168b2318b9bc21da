/**
 * The world outside the cluster: an iperf3 server and a service that answers the caller's address. Its own records
 * (iperf3's log, the service's access log, counters of what arrived from which address) are the proof of each run.
 */
import * as pulumi from "@pulumi/pulumi";
import { addressPort, iperf3Port } from "../load/ports.ts";
import type { ExternalServer, ExternalServerPlan } from "../platform.ts";
import { named } from "./addressPlan.ts";
import type { Ground } from "./ground.ts";
import { Process, RuleSet } from "./netlab.ts";
import type { NetnsNetwork } from "./network.ts";
import { nginxMain } from "./nginx.ts";

/** Table of the server's own counters. */
export const proofTable = "proof";

/** What arrived at the measured services: packets and bytes by source address, and every connection that was opened. */
export function proofRules(address: string): string {
  const service = `ip daddr ${address} tcp dport { ${iperf3Port}, ${addressPort} }`;
  return `
    set sources {
      type ipv4_addr; size 65535; flags dynamic; counter;
    }
    set connections {
      type ipv4_addr . inet_service . inet_service; size 1048576; flags dynamic; counter;
    }
    chain arrive {
      type filter hook input priority filter; policy accept;
      ${service} update @sources { ip saddr }
      ${service} tcp flags & (syn | ack) == syn update @connections { ip saddr . tcp sport . tcp dport }
    }`;
}

/** NGINX that answers the caller's address and writes down every caller. */
export function addressServiceConfig(): string {
  return nginxMain({
    workers: 1,
    http: `
      log_format record "$msec $remote_addr $remote_port $server_addr";
      server {
        listen ${addressPort} backlog=4096;
        access_log {dir}/address.log record;
        location / { default_type text/plain; return 200 "$remote_addr\\n"; }
      }`,
  });
}

export interface NetnsExternalServerArgs {
  readonly ground: Ground;
  readonly network: NetnsNetwork;
  readonly plan: ExternalServerPlan;
}

export class NetnsExternalServer extends pulumi.ComponentResource implements ExternalServer {
  readonly resource = this;
  readonly host: string;
  readonly address: string;
  /** A second address of the same machine, which no gateway may touch. */
  readonly other: string;
  readonly iperf3: Process;
  readonly addressService: Process;

  constructor(name: string, args: NetnsExternalServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cni-traffic-lab:netns:ExternalServer", name, {}, opts);
    const { lab, cgroups } = args.ground;
    const { host } = args.plan;
    const { address, other } = named(args.network.addresses.outside, host);
    this.host = host;
    this.address = address;
    this.other = other;

    const netns = args.network.netns(host);
    const own = { parent: this };
    const common = { lab, netns, role: "server", cgroup: cgroups.server.procs };
    new RuleSet(
      `${name}-proof`,
      { lab, netns, family: "ip", table: proofTable, rules: proofRules(address) },
      { ...own, deletedWith: args.network.namespace(host) },
    );
    this.iperf3 = new Process(
      `${name}-iperf3`,
      {
        ...common,
        name: "iperf3-server",
        // A client that was killed must not keep the server busy for the default two minutes.
        command: [
          "iperf3",
          "-s",
          "-p",
          String(iperf3Port),
          "-J",
          "--logfile",
          "{dir}/iperf3.log",
          "--rcv-timeout",
          "5000",
        ],
        ready: { kind: "tcp", port: iperf3Port },
        versionCommand: ["iperf3", "--version"],
      },
      own,
    );
    this.addressService = new Process(
      `${name}-address`,
      {
        ...common,
        name: "address-service",
        command: ["nginx", "-p", "{dir}", "-c", "{dir}/nginx.conf", "-e", "stderr"],
        files: { "nginx.conf": addressServiceConfig() },
        ready: { kind: "http", url: `http://127.0.0.1:${addressPort}/` },
        stop: { signal: "SIGTERM", deadline: 5 },
        versionCommand: ["nginx", "-v"],
      },
      own,
    );
    this.registerOutputs({ address });
  }
}
