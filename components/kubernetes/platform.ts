/** The platform of a Kubernetes cluster: each role's component, put together on one cluster. */
import type { Output, Resource } from "@pulumi/pulumi";
import type * as platform from "../platform.ts";

export class KubernetesPlatform implements platform.Platform {
  readonly kubeconfig: Output<string>;

  constructor(context: platform.PlatformContext, plan: platform.ClusterPlan) {
    throw new Error(`not built yet: ${context.labId} ${plan.kind.kind}`);
  }

  network(plan: platform.NetworkPlan): platform.Network {
    throw new Error(plan.name);
  }
  externalServer(plan: platform.ExternalServerPlan): platform.ExternalServer {
    throw new Error(plan.host);
  }
  egressGateway(plan: platform.EgressPlan): platform.EgressGateway {
    throw new Error(plan.path);
  }
  backends(plan: platform.BackendsPlan): platform.Backends {
    throw new Error(plan.path);
  }
  weightedGateway(plan: platform.WeightedPlan): platform.WeightedGateway {
    throw new Error(plan.node);
  }
  monitoring(plan: platform.MonitoringPlan): platform.Monitoring {
    throw new Error(String(plan.grafana));
  }
  load(profile: platform.LoadProfile, run: platform.RunPlan, after: readonly Resource[]): platform.Load {
    throw new Error(`${profile.kind} ${run.run} ${after.length}`);
  }
}
