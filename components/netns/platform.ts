/** The platform of network namespaces: each role's component, put together on one lab. */
import type { Resource } from "@pulumi/pulumi";
import type * as platform from "../platform.ts";
import { NetnsBackends } from "./backends.ts";
import { NetnsEgressGateway } from "./egressGateway.ts";
import { NetnsExternalServer } from "./externalServer.ts";
import { Ground } from "./ground.ts";
import { NetnsLoad } from "./load.ts";
import { NetnsMonitoring } from "./monitoring.ts";
import { NetnsNetwork } from "./network.ts";
import { NetnsWeightedGateway } from "./weightedGateway.ts";

export class NetnsPlatform implements platform.Platform {
  readonly #ground: Ground;
  #network: NetnsNetwork | undefined;
  #server: NetnsExternalServer | undefined;
  #egress: NetnsEgressGateway | undefined;
  #backends: NetnsBackends | undefined;
  #weighted: NetnsWeightedGateway | undefined;
  #monitoring: NetnsMonitoring | undefined;

  constructor(context: platform.PlatformContext) {
    this.#ground = new Ground("ground", context);
  }

  network(plan: platform.NetworkPlan): NetnsNetwork {
    return (this.#network = new NetnsNetwork(`network-${plan.name}`, { ground: this.#ground, plan }));
  }

  externalServer(plan: platform.ExternalServerPlan): NetnsExternalServer {
    const { network, opts } = this.#onNetwork();
    return (this.#server = new NetnsExternalServer("server", { ground: this.#ground, network, plan }, opts));
  }

  egressGateway(plan: platform.EgressPlan): NetnsEgressGateway {
    const { network, opts } = this.#onNetwork();
    const server = made(this.#server, "external server");
    return (this.#egress = new NetnsEgressGateway("egress", { ground: this.#ground, network, server, plan }, opts));
  }

  backends(plan: platform.BackendsPlan): NetnsBackends {
    const { network, opts } = this.#onNetwork();
    return (this.#backends = new NetnsBackends("backends", { ground: this.#ground, network, plan }, opts));
  }

  weightedGateway(plan: platform.WeightedPlan): NetnsWeightedGateway {
    const { network } = this.#onNetwork();
    const opts = { dependsOn: [network, made(this.#backends, "backends")] };
    return (this.#weighted = new NetnsWeightedGateway("gateway", { ground: this.#ground, network, plan }, opts));
  }

  monitoring(plan: platform.MonitoringPlan): NetnsMonitoring {
    const { network, opts } = this.#onNetwork();
    return (this.#monitoring = new NetnsMonitoring("monitoring", { ground: this.#ground, network, plan }, opts));
  }

  load(profile: platform.LoadProfile, run: platform.RunPlan, after: readonly Resource[]): NetnsLoad {
    const lab = {
      ground: this.#ground,
      network: made(this.#network, "network"),
      server: this.#server,
      egress: this.#egress,
      backends: this.#backends,
      weighted: this.#weighted,
      monitoring: this.#monitoring,
    };
    return new NetnsLoad("load", { lab, profile, run }, { dependsOn: [...after] });
  }

  #onNetwork(): { network: NetnsNetwork; opts: { dependsOn: Resource[] } } {
    const network = made(this.#network, "network");
    return { network, opts: { dependsOn: [network] } };
  }
}

/** @throws Error when a scenario asks for something before what it builds on. */
export function made<T>(component: T | undefined, what: string): T {
  if (component === undefined) throw new Error(`the scenario asks for this before its ${what}: make the ${what} first`);
  return component;
}
