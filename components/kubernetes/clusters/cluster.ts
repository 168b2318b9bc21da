/** The three kinds of cluster behind one small interface. A new one is one file and one line in the table. */
import type * as pulumi from "@pulumi/pulumi";
import type { ClusterKind } from "../../platform.ts";
import type { Ground } from "../ground.ts";
import { aksCluster } from "./aks.ts";
import { existingCluster } from "./existing.ts";
import { kindCluster } from "./kind.ts";

export interface Cluster {
  readonly resource: pulumi.Resource;
  /** What the cluster's objects go with when it is deleted; undefined for a cluster that is not ours. */
  readonly own: pulumi.Resource | undefined;
  /** A secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** How agents reach the API server where no kube-proxy runs; null where one does. */
  readonly apiServer: { readonly host: pulumi.Input<string>; readonly port: number } | null;
  /** Nodes that there will be. */
  readonly nodes: number;
  /** Addresses for pools: `first-last`; empty where the cloud gives them. */
  readonly ranges: { readonly balancer: pulumi.Input<string>; readonly egress: pulumi.Input<string> };
  /** `host:port` outside the cluster that pods must reach; empty: nothing is known. */
  readonly outside: pulumi.Input<string>;
  /** Address of the machine itself on the nodes' network; empty where there is none. */
  readonly host: pulumi.Input<string>;
  /** Who may call a load balancer, as Azure's annotation has it; undefined: everybody who can reach it. */
  readonly callers: pulumi.Input<string> | undefined;
  /** Docker network of a generator outside; empty: the machine's own. */
  readonly dockerNetwork: string;
  /** What this cluster cannot separate or show. */
  readonly limits: readonly string[];
}

/** Whether CRDs may be brought: always to a cluster of ours, to others' only when asked. */
export const installsCrds = (kind: ClusterKind): boolean =>
  kind.kind !== "existing" || kind.installCni || kind.installCrds;

const makers: {
  readonly [K in ClusterKind["kind"]]: (ground: Ground, plan: Extract<ClusterKind, { kind: K }>) => Cluster;
} = {
  kind: kindCluster,
  aks: aksCluster,
  existing: existingCluster,
};

export function makeCluster(ground: Ground, plan: ClusterKind): Cluster {
  switch (plan.kind) {
    case "kind":
      return makers.kind(ground, plan);
    case "aks":
      return makers.aks(ground, plan);
    case "existing":
      return makers.existing(ground, plan);
  }
}
