/** What a stack would create on a cluster, without one: the same program as `up`, recorded in place of carried out. */
import { Examples } from "../components/kubernetes/rendering/examples.ts";
import { callResult, outputsOf, stepsOf, type Step } from "../components/kubernetes/rendering/steps.ts";
import { record } from "../components/recording.ts";
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

/**
 * Renders the settings of a stack; undefined in netns, where there is no object of Kubernetes.
 * @throws what the program throws for settings that cannot be
 */
export async function manifestsOf(
  settings: Settings,
  context: Omit<DeployContext, "place" | "check">,
): Promise<Manifests | undefined> {
  if (settings.environment === "netns") return undefined;
  const server = settings["server.address"];
  const pool = settings["egress.pool"];
  const examples = new Examples({
    addresses: { ...(server === "" ? {} : { server }), ...settings["manifests.addresses"] },
    balancerRange: settings["loadBalancer.range"],
    egressPool: pool === null ? "" : "cidr" in pool ? pool.cidr : `${pool.start}-${pool.end}`,
  });
  const { resources, messages } = await record(
    async () => (await deploy(settings, { ...context, place: { block: null, position: null } })).record,
    {
      outputs: (made, before) => outputsOf(made, before, examples),
      call: callResult,
    },
    { project: "cni-traffic-lab", stack: context.stack },
  );
  const warnings = messages.filter(({ level }) => level !== "info").map(({ text }) => text);
  return { cell: cellOf(settings).id, steps: stepsOf(resources), examples, warnings };
}
