/** Settings to a lab with a load on it, and the record of what ran: the body of the program. */
import { createHash } from "node:crypto";
import { release } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { RunOutput } from "../analysis/record.ts";
import project from "../package.json" with { type: "json" };
import { createPlatform, type ClusterPlan, type PlatformContext } from "../components/platform.ts";
import { scenarios } from "./catalogue.ts";
import { cellOf } from "./cell.ts";
import { clusterPlan, precheckOptions } from "./clusterPlan.ts";
import type { Settings } from "./settings.ts";

/** Where a run stands in its campaign; nulls outside one. */
export interface RunPlace {
  readonly block: number | null;
  readonly position: number | null;
}

export interface DeployContext {
  /** The project's folder. Absolute. */
  readonly root: string;
  readonly stack: string;
  /** Who keeps the state: a stack of the same name in another backend must be another lab. */
  readonly backend: "lab" | "pulumi";
  readonly place: RunPlace;
  /** Whether to look first if the cluster can be made or reached; not under mocks. */
  readonly check?: boolean;
}

/**
 * Where a stack's lab lives and what it is called on this machine. Shapes: id `nl` and 8 hexadecimal digits, folder
 * `.lab/labs/<stack>` below the project.
 */
export function labOf({ root, stack, backend }: DeployContext): { readonly id: string; readonly dir: string } {
  const digest = createHash("sha256").update([root, backend, stack].join("\0")).digest("hex");
  return {
    id: `nl${digest.slice(0, 8)}`,
    dir: join(root, ".lab", "labs", backend === "lab" ? stack : `${backend}-${stack}`),
  };
}

/** What a stack exports. */
export interface Deployed {
  readonly record: pulumi.Output<RunOutput>;
  /** How the cluster is reached, a secret; undefined where there is none. */
  readonly kubeconfig?: pulumi.Output<string>;
}

/** Builds the lab and runs the load. Settings are checked before: nothing here fails for a wrong one. */
export async function deploy(settings: Settings, context: DeployContext): Promise<Deployed> {
  for (const name of settings.unused) void pulumi.log.info(`${name} is not used by ${settings.scenario}`);
  for (const warning of settings.warnings) void pulumi.log.warn(warning);
  const lab = labOf(context);
  const around: PlatformContext = {
    project: context.root,
    stack: context.stack,
    labId: lab.id,
    labDir: lab.dir,
    toolPath: [join(context.root, ".tools", "bin"), join(context.root, "node_modules", ".bin")],
    root: process.getuid?.() === 0,
  };
  const scenario = scenarios[settings.scenario];
  const plan = clusterPlan(settings);
  if (plan !== null && context.check === true) await refuseEarly(plan, around, settings);
  const built = await createPlatform(around, plan);
  const load = scenario.build(built, settings);
  const record = load.result.apply((result): RunOutput => ({
    schema: 1,
    run_id: settings.run,
    ...context.place,
    cell: cellOf(settings),
    settings: { ...settings.used },
    backends: scenario.backends(settings).map((backend) => ({ ...backend })),
    ...result,
    // What a cluster's nodes run, they say themselves; in netns it is this machine's kernel.
    versions: { kernel: release(), ...result.versions, lab: project.version },
  }));
  return { record, ...(built.kubeconfig === undefined ? {} : { kubeconfig: built.kubeconfig }) };
}

/** @throws pulumi.RunError with every problem at once: the engine shows its text without a stack trace. */
async function refuseEarly(plan: ClusterPlan, around: PlatformContext, settings: Settings): Promise<void> {
  const { precheck } = await import("../components/kubernetes/precheck.ts");
  const problems = await precheck(plan, around, precheckOptions(settings));
  if (problems.length === 0) return;
  throw new pulumi.RunError(
    [`the environment ${settings.environment} cannot be used:`, ...problems.map((line) => `  ${line}`)].join("\n"),
  );
}
