/**
 * What can be known before anything of a lab on a cluster is made: whether Docker, kind, Azure's credentials or the cluster are
 * there, and whether names or addresses collide. It only looks.
 */
import { delimiter } from "node:path";
import type { ClusterPlan, PlatformContext } from "../platform.ts";
import { askOn } from "./prechecks/ask.ts";
import { azureProblems } from "./prechecks/azure.ts";
import { chartProblems, type Extras } from "./prechecks/charts.ts";
import { existingProblems, type ExistingFacts } from "./prechecks/existing.ts";
import { dockerProblems, kindProblems, networkProblems } from "./prechecks/kind.ts";
import { openApi, type Api } from "./tasks/api.ts";
import { checkServer } from "./tasks/givenServer.ts";

export interface PrecheckOptions {
  /** Whether a generator runs in a container beside the cluster. */
  readonly outside: boolean;
  readonly extras: Extras;
  /** What an egress scenario asks for; null for another. */
  readonly egress: ExistingFacts["egress"];
  /** Opens the API of a kubeconfig, and asks a given server; tests give their own. */
  readonly open?: (kubeconfig: string) => Promise<Api>;
  readonly server?: ExistingFacts["checkServer"];
}

/** Every problem at once, each with its remedy; empty when the lab can be made as far as can be known. */
export async function precheck(
  plan: ClusterPlan,
  context: Pick<PlatformContext, "toolPath" | "labId" | "stack">,
  { outside, extras, egress, open = openApi, server = checkServer }: PrecheckOptions,
): Promise<string[]> {
  const ask = askOn([...context.toolPath, process.env["PATH"] ?? ""].join(delimiter));
  const docker = plan.kind.kind === "kind" || outside ? await dockerProblems(ask) : [];
  const before = [...docker, ...chartProblems(plan, extras)];
  const steered = egress?.path === "gateway" ? egress : null;
  switch (plan.kind.kind) {
    case "kind":
      return [
        ...before,
        ...(await kindProblems(ask, plan, plan.kind, context.labId, docker.length === 0)),
        ...(docker.length === 0 ? await networkProblems(ask, plan, steered) : []),
      ];
    case "aks":
      return [...before, ...(await azureProblems(ask, plan.kind))];
    case "existing":
      return [
        ...before,
        ...(await existingProblems({ plan, kind: plan.kind, ...context, extras, egress, open, checkServer: server })),
      ];
  }
}
