/** What a stack would create on a cluster, without one: the same program as `up`, recorded in place of carried out. */
import { Examples } from "../components/kubernetes/rendering/examples.ts";
import { callResult, outputsOf, stepsOf, type Step } from "../components/kubernetes/rendering/steps.ts";
import { record, type Recording } from "../components/recording.ts";
import type { RunOutput } from "../analysis/record.ts";
import { cellOf } from "./cell.ts";
import { deploy, type DeployContext } from "./deploy.ts";
import type { Settings } from "./settings.ts";

export { folderFiles, folderMark, streamText, type Rendering } from "../components/kubernetes/rendering/text.ts";

export interface Manifests {
  readonly cell: string;
  readonly steps: readonly Step[];
  readonly examples: Examples;
  /** Warnings that `up` would give too. */
  readonly warnings: readonly string[];
}

type Place = Omit<DeployContext, "place" | "check">;

/**
 * Runs the program against a monitor that only writes down; tasks answer with examples where the settings do not say what only a
 * cluster can tell.
 * @throws what the program throws for settings that cannot be
 */
export async function recordLab(
  settings: Settings,
  context: Place,
): Promise<{ readonly recording: Recording<RunOutput>; readonly examples: Examples }> {
  const server = settings["server.address"];
  const pool = settings["egress.pool"];
  const examples = new Examples({
    addresses: { ...(server === "" ? {} : { server }), ...settings["manifests.addresses"] },
    balancerRange: settings["loadBalancer.range"],
    egressPool: pool === null ? "" : "cidr" in pool ? pool.cidr : `${pool.start}-${pool.end}`,
  });
  const recording = await record(
    async () => (await deploy(settings, { ...context, place: { block: null, position: null } })).record,
    { outputs: (made, before) => outputsOf(made, before, examples), call: callResult },
    { project: "cni-traffic-lab", stack: context.stack },
  );
  return { recording, examples };
}

/** Renders the settings of a stack; undefined in netns, where there is no object of Kubernetes. @throws as `recordLab` */
export async function manifestsOf(settings: Settings, context: Place): Promise<Manifests | undefined> {
  if (settings.environment === "netns") return undefined;
  const { recording, examples } = await recordLab(settings, context);
  const { resources, messages } = recording;
  const warnings = messages.filter(({ level }) => level !== "info").map(({ text }) => text);
  return { cell: cellOf(settings).id, steps: stepsOf(resources), examples, warnings };
}
