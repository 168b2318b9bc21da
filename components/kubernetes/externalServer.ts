/** The world outside the cluster: iperf3 servers and the service that answers the caller's address and keeps the records. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { ExternalServer } from "../platform.ts";
import { azureServer } from "./clusters/azureServer.ts";
import { runTask, type Ground } from "./ground.ts";
import type { ServerOutput } from "./tasks/dockerServer.ts";

/** The agent that runs beside iperf3. */
export const serverAgent = (): string =>
  readFileSync(join(import.meta.dirname, "..", "load", "agents", "server.ts"), "utf8");

/** iperf3 servers: one for each generator. */
export const serverPorts = 16;

export class KubernetesExternalServer extends pulumi.ComponentResource implements ExternalServer {
  readonly resource = this;
  readonly address: pulumi.Output<string>;
  /** A second address, which no gateway may touch; empty where there is none. */
  readonly other: pulumi.Output<string>;

  constructor(name: string, ground: Ground, opts?: pulumi.ComponentResourceOptions) {
    super("cni-traffic-lab:kubernetes:ExternalServer", name, {}, opts);
    const found = this.#make(name, ground);
    this.address = found.apply(({ address }) => address);
    this.other = found.apply(({ other }) => other);
    this.registerOutputs({ address: this.address, other: this.other });
  }

  #make(name: string, ground: Ground): pulumi.Output<ServerOutput> {
    const { kind, serverAddress } = ground.plan;
    const { project } = ground.context;
    switch (kind.kind) {
      case "kind": {
        const input = pulumi.output(ground.cluster.host).apply((gateway) => ({
          name: ground.globalName("server"),
          placement: kind.server,
          images: { node: ground.image("node"), iperf3: ground.image("iperf3") },
          servers: serverPorts,
          agent: serverAgent(),
          gateway,
        }));
        const opts = { parent: this, dependsOn: [ground.cluster.resource] };
        return runTask<ServerOutput>(name, "server", { input, project, removes: "first" }, opts).result;
      }
      case "aks":
        return azureServer(name, ground, kind, this);
      case "existing":
        return runTask<ServerOutput>(
          name,
          "given-server",
          { input: { address: serverAddress }, project },
          { parent: this },
        ).result;
    }
  }
}
