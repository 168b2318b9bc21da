/** The platform of a Kubernetes cluster: each role's component, put together on one cluster. */
import type { Output, Resource } from "@pulumi/pulumi";
import type * as platform from "../platform.ts";
import { KubernetesBackends } from "./backends.ts";
import { KubernetesNetwork } from "./cni.ts";
import { KubernetesEgressGateway } from "./egressGateway.ts";
import { KubernetesExternalServer } from "./externalServer.ts";
import { Ground } from "./ground.ts";
import { KubernetesLoad } from "./load.ts";
import { KubernetesMonitoring } from "./monitoring.ts";
import { ResultsStore } from "./resultsStore.ts";
import { KubernetesWeightedGateway } from "./weightedGateway.ts";

export class KubernetesPlatform implements platform.Platform {
  readonly #context: platform.PlatformContext;
  readonly #plan: platform.ClusterPlan;
  #ground: Ground | undefined;
  #network: KubernetesNetwork | undefined;
  #store: ResultsStore | undefined;
  #server: KubernetesExternalServer | undefined;
  #egress: KubernetesEgressGateway | undefined;
  #backends: KubernetesBackends | undefined;
  #weighted: KubernetesWeightedGateway | undefined;
  #monitoring: KubernetesMonitoring | undefined;

  constructor(context: platform.PlatformContext, plan: platform.ClusterPlan) {
    this.#context = context;
    this.#plan = plan;
  }

  get kubeconfig(): Output<string> {
    return made(this.#ground, "network").cluster.kubeconfig;
  }

  network(plan: platform.NetworkPlan): KubernetesNetwork {
    const ground = (this.#ground = new Ground("ground", this.#context, this.#plan, plan));
    const network = (this.#network = new KubernetesNetwork("cni", ground));
    this.#store = new ResultsStore("store", ground, { dependsOn: [network] });
    return network;
  }

  externalServer(): KubernetesExternalServer {
    return (this.#server = new KubernetesExternalServer("server", made(this.#ground, "network")));
  }

  egressGateway(plan: platform.EgressPlan): KubernetesEgressGateway {
    const [ground, network, server] = [
      made(this.#ground, "network"),
      made(this.#network, "network"),
      made(this.#server, "external server"),
    ];
    return (this.#egress = new KubernetesEgressGateway(
      "egress",
      { ground, network, server, plan },
      { dependsOn: [network] },
    ));
  }

  backends(plan: platform.BackendsPlan): KubernetesBackends {
    return (this.#backends = new KubernetesBackends("backends", made(this.#ground, "network"), plan, {
      dependsOn: [made(this.#network, "network")],
    }));
  }

  weightedGateway(plan: platform.WeightedPlan): KubernetesWeightedGateway {
    const backends = made(this.#backends, "backends");
    return (this.#weighted = new KubernetesWeightedGateway(
      "gateway",
      { ground: made(this.#ground, "network"), backends, plan },
      { dependsOn: [backends] },
    ));
  }

  monitoring(plan: platform.MonitoringPlan): KubernetesMonitoring {
    return (this.#monitoring = new KubernetesMonitoring("monitoring", made(this.#ground, "network"), plan, {
      dependsOn: [made(this.#network, "network")],
    }));
  }

  load(profile: platform.LoadProfile, run: platform.RunPlan, after: readonly Resource[]): KubernetesLoad {
    const store = made(this.#store, "network");
    const lab = {
      ground: made(this.#ground, "network"),
      network: made(this.#network, "network"),
      store,
      server: this.#server,
      egress: this.#egress,
      weighted: this.#weighted,
      monitoring: this.#monitoring,
    };
    return new KubernetesLoad("load", { lab, profile, run }, { dependsOn: [...after, store] });
  }
}

/** @throws Error when a scenario asks for something before what it builds on. */
function made<T>(component: T | undefined, what: string): T {
  if (component === undefined) throw new Error(`the scenario asks for this before its ${what}: make the ${what} first`);
  return component;
}
