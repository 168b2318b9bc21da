/** The lab's program as the runner runs it: the one place that puts `scenarios/` and a stack together. */
import { deploy, labOf, type RunPlace } from "../scenarios/deploy.ts";
import type { Settings } from "../scenarios/settings.ts";
import { inspectLab, isEmpty, sweepLab, type LabRemains } from "../provider/sweep.ts";
import type { ProjectPaths } from "./paths.ts";
import type { Program } from "./workspace.ts";

/** A stack and who keeps its state. */
export interface StackPlace {
  readonly paths: ProjectPaths;
  readonly stack: string;
  readonly ownBackend: boolean;
}

const contextOf = ({ paths, stack, ownBackend }: StackPlace, place: RunPlace) => ({
  root: paths.root,
  stack,
  backend: ownBackend ? ("pulumi" as const) : ("lab" as const),
  place,
});

/** The inline program for one run. */
export function programOf(stack: StackPlace, settings: Settings, place: RunPlace): Program {
  return async () => ({ ...(await deploy(settings, { ...contextOf(stack, place), check: true })) });
}

/** Removes whatever there is of the stack's lab on this machine; says what it was, in parts of a sentence. */
export async function sweepStack(stack: StackPlace): Promise<string[]> {
  const lab = labOf(contextOf(stack, outsideCampaign));
  if (isEmpty(inspectLab(lab))) return [];
  return describeRemains(await sweepLab(lab));
}

export const outsideCampaign: RunPlace = { block: null, position: null };

/** Pure: `3 processes, 12 namespaces, …`. */
export function describeRemains({ processes, namespaces, cgroups, dir }: LabRemains): string[] {
  const counts: readonly (readonly [number, string, string])[] = [
    [processes.length, "process", "processes"],
    [namespaces.length, "namespace", "namespaces"],
    [cgroups.length, "control group", "control groups"],
    [dir === undefined ? 0 : 1, "lab folder", "lab folders"],
  ];
  return counts.flatMap(([count, one, many]) => (count === 0 ? [] : [`${count} ${count === 1 ? one : many}`]));
}
