/** A cluster that exists and stays: only its kubeconfig is read, and nothing is adopted. */
import * as pulumi from "@pulumi/pulumi";
import type { ClusterKind } from "../../platform.ts";
import { runTask, type Ground } from "../ground.ts";
import type { Cluster } from "./cluster.ts";

export function existingCluster(ground: Ground, plan: Extract<ClusterKind, { kind: "existing" }>): Cluster {
  const { kubeconfig, context } = plan;
  const { resource, result } = runTask<{ kubeconfig: string }>(
    "cluster",
    "existing",
    { input: { kubeconfig, context }, project: ground.context.project },
    { parent: ground },
  );
  const { serverAddress, loadBalancer } = ground.plan;
  return {
    resource,
    own: undefined,
    kubeconfig: pulumi.secret(result.apply(({ kubeconfig: text }) => text)),
    apiServer: null,
    nodes: 1,
    ranges: { balancer: loadBalancer.range, egress: "" },
    outside: serverAddress === "" ? "" : `${serverAddress}:8080`,
    host: "",
    callers: undefined,
    dockerNetwork: "",
    limits: ["the cluster has other tenants: their load is in every number"],
  };
}
