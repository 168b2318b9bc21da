/** Echo servers: one pod each, answering its own name at /echo. NGINX, so that the backend is never the bottleneck. */
import * as pulumi from "@pulumi/pulumi";
import type { Backends, BackendsPlan } from "../platform.ts";
import type { Ground } from "./ground.ts";
import { Process } from "./netlab.ts";
import type { NetnsNetwork } from "./network.ts";
import { nginxMain } from "./nginx.ts";

export const echoPort = 8080;

/** NGINX that answers `name` at /echo. */
export function echoConfig(name: string): string {
  return nginxMain({
    workers: 1,
    http: `
      server {
        listen ${echoPort} backlog=4096;
        location = /echo { default_type text/plain; return 200 "${name}\\n"; }
      }`,
  });
}

export interface NetnsBackendsArgs {
  readonly ground: Ground;
  readonly network: NetnsNetwork;
  readonly plan: BackendsPlan;
}

export class NetnsBackends extends pulumi.ComponentResource implements Backends {
  readonly resource = this;
  readonly processes: readonly Process[];

  constructor(name: string, args: NetnsBackendsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cni-traffic-lab:netns:Backends", name, {}, opts);
    this.processes = args.plan.pods.map(
      (pod) =>
        new Process(
          `${name}-${pod}`,
          {
            lab: args.ground.lab,
            netns: args.network.netns(pod),
            name: pod,
            role: "server",
            cgroup: args.ground.cgroups.server.procs,
            command: ["nginx", "-p", "{dir}", "-c", "{dir}/nginx.conf", "-e", "stderr"],
            files: { "nginx.conf": echoConfig(pod) },
            ready: { kind: "http", url: `http://127.0.0.1:${echoPort}/echo`, body: pod },
            stop: { signal: "SIGTERM", deadline: 5 },
            versionCommand: ["nginx", "-v"],
          },
          { parent: this },
        ),
    );
    this.registerOutputs({});
  }
}
