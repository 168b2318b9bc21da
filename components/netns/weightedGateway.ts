/**
 * The way in: a gateway node that splits requests over the echo pods by weight. NGINX as NGINX Gateway Fabric configures
 * it, Envoy as Cilium does; both draw at random for each request. `direct` has no gateway: straight to one pod, the floor.
 */
import * as pulumi from "@pulumi/pulumi";
import type { ProcessArgs } from "../../provider/schema.ts";
import type { WeightedGateway, WeightedPlan } from "../platform.ts";
import { splitPercentages } from "../weights.ts";
import { named } from "./addressPlan.ts";
import { echoPort } from "./backends.ts";
import type { Ground } from "./ground.ts";
import { Process, Routing } from "./netlab.ts";
import type { NetnsNetwork } from "./network.ts";
import { nginxMain } from "./nginx.ts";

const gatewayPort = 80;
const answering = { kind: "http", url: `http://127.0.0.1:${gatewayPort}/echo` } as const;

/** A backend as a gateway sees it. */
export interface Upstream {
  readonly name: string;
  readonly weight: number;
  /** `address:port` */
  readonly endpoint: string;
}

/** nginx.conf of the gateway: `split_clients` on the request id, a keep-alive pool for each backend. */
export function nginxGatewayConfig(
  upstreams: readonly Upstream[],
  options: { readonly keepalive: number; readonly workers: number },
): string {
  const percentages = splitPercentages(upstreams.map(({ weight }) => weight));
  // An entry of 0 % is left out, as NGINX Gateway Fabric comments it out.
  const split = upstreams.flatMap(({ name }, index) =>
    percentages[index] === 0 ? [] : [`${(percentages[index] ?? 0).toFixed(2)}% ${name};`],
  );
  const pools = upstreams.map(
    ({ name, endpoint }) => `
      upstream ${name} {
        random two least_conn;
        zone ${name} 512k;
        server ${endpoint};
        keepalive ${options.keepalive};
        keepalive_requests 100000000;
        keepalive_timeout 1h;
      }`,
  );
  return nginxMain({
    workers: options.workers,
    http: `
      split_clients $request_id $backend {
        ${split.join("\n        ")}
      }
${pools.join("\n")}
      server {
        listen ${gatewayPort} backlog=4096 reuseport;
        location = /echo {
          proxy_http_version 1.1;
          proxy_set_header Host $http_host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          proxy_set_header X-Real-IP $remote_addr;
          proxy_set_header X-Forwarded-Proto $scheme;
          proxy_set_header Connection "";
          proxy_pass http://$backend;
        }
      }`,
  });
}

/** Envoy's static configuration: one listener, one route with `weighted_clusters`, one cluster for each backend. */
export function envoyGatewayConfig(upstreams: readonly Upstream[]): object {
  // Envoy takes whole numbers only: scaled so that weights with fractions keep their ratio.
  const scale = upstreams.every(({ weight }) => Number.isInteger(weight)) ? 1 : 1_000_000;
  const weightOf = ({ weight }: Upstream): number => Math.round(weight * scale);
  const manager = {
    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    stat_prefix: "gateway",
    http_filters: [
      {
        name: "envoy.filters.http.router",
        typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
      },
    ],
    route_config: {
      name: "split",
      virtual_hosts: [
        {
          name: "all",
          domains: ["*"],
          routes: [
            {
              match: { path: "/echo" },
              route: {
                weighted_clusters: {
                  clusters: upstreams.map((upstream) => ({ name: upstream.name, weight: weightOf(upstream) })),
                },
              },
            },
          ],
        },
      ],
    },
  };
  return {
    static_resources: {
      listeners: [
        {
          name: "http",
          address: { socket_address: { address: "0.0.0.0", port_value: gatewayPort } },
          filter_chains: [
            { filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }] },
          ],
        },
      ],
      clusters: upstreams.map(({ name, endpoint }) => {
        const [address, port] = endpoint.split(":");
        return {
          name,
          type: "STATIC",
          connect_timeout: "2s",
          // The default of 1,024 would turn a load of more users than that into errors of the limit, not of the gateway.
          circuit_breakers: {
            thresholds: [{ max_connections: 100_000, max_pending_requests: 100_000, max_requests: 100_000 }],
          },
          load_assignment: {
            cluster_name: name,
            endpoints: [
              {
                lb_endpoints: [{ endpoint: { address: { socket_address: { address, port_value: Number(port) } } } }],
              },
            ],
          },
        };
      }),
    },
  };
}

export interface NetnsWeightedGatewayArgs {
  readonly ground: Ground;
  readonly network: NetnsNetwork;
  readonly plan: WeightedPlan;
}

export class NetnsWeightedGateway extends pulumi.ComponentResource implements WeightedGateway {
  readonly resource = this;
  readonly url: string;
  readonly kind: WeightedPlan["gateway"];
  /** What runs on the gateway node; for `direct` a process that does nothing. */
  readonly process: Process;

  constructor(name: string, args: NetnsWeightedGatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cni-traffic-lab:netns:WeightedGateway", name, {}, opts);
    const { plan } = args;
    const { addresses } = args.network;
    this.kind = plan.gateway;
    const upstreams = plan.backends.map((backend) => ({
      ...backend,
      endpoint: `${named(addresses.pods, backend.name).address}:${echoPort}`,
    }));
    switch (plan.gateway) {
      case "nginx":
        this.url = `http://${named(addresses.nodes, plan.node).address}:${gatewayPort}/echo`;
        this.process = this.#gateway(name, args, {
          command: ["nginx", "-p", "{dir}", "-c", "{dir}/nginx.conf", "-e", "stderr"],
          files: { "nginx.conf": nginxGatewayConfig(upstreams, plan) },
          ready: answering,
          versionCommand: ["nginx", "-v"],
        });
        break;
      case "envoy": {
        // Without hot restart, several Envoys can run on one machine: they would share its memory segment.
        const concurrency = plan.workers === 0 ? [] : ["--concurrency", String(plan.workers)];
        this.url = `http://${named(addresses.nodes, plan.node).address}:${gatewayPort}/echo`;
        this.process = this.#gateway(name, args, {
          command: ["envoy", "-c", "{dir}/envoy.json", "--disable-hot-restart", "--log-level", "warn", ...concurrency],
          files: { "envoy.json": JSON.stringify(envoyGatewayConfig(upstreams), undefined, 2) },
          ready: answering,
          versionCommand: ["envoy", "--version"],
        });
        break;
      }
      case "cilium":
        throw new RangeError("Cilium's Gateway needs a cluster");
      case "direct": {
        const [first] = upstreams;
        if (first === undefined) throw new RangeError("direct needs a backend");
        const pod = named(addresses.pods, first.name);
        this.url = `http://${first.endpoint}/echo`;
        this.process = this.#gateway(name, args, {
          command: ["sleep", "infinity"],
          files: {},
          ready: { kind: "alive" },
        });
        new Routing(
          `${name}-direct`,
          {
            lab: args.ground.lab,
            netns: args.network.netns(plan.client),
            routes: [{ to: `${pod.address}/32`, via: named(addresses.nodes, pod.node).address, device: "eth0" }],
          },
          { parent: this, deletedWith: args.network.namespace(plan.client) },
        );
        break;
      }
    }
    this.registerOutputs({ url: this.url });
  }

  /**
   * One resource whatever runs in it: the engine deletes what is no longer wanted only after the load, so a second
   * resource for the next gateway would share the port, and the traffic, with the first.
   */
  #gateway(
    name: string,
    { ground, network, plan }: NetnsWeightedGatewayArgs,
    program: Pick<ProcessArgs, "command" | "files" | "ready" | "versionCommand">,
  ): Process {
    return new Process(
      `${name}-process`,
      {
        lab: ground.lab,
        netns: network.netns(plan.node),
        name: "gateway",
        role: "gateway",
        cgroup: ground.cgroups.gateway.procs,
        ...program,
        readyDeadline: 20,
        stop: { signal: "SIGTERM", deadline: 5 },
      },
      { parent: this },
    );
  }
}
