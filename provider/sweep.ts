/**
 * Finding and removing everything of a lab on this machine, whatever the engine's state says: after a kill, and when
 * the lab itself is deleted.
 */
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { allLabGroups, labGroups, pidsIn, removeEmptyParents, removeGroup, subgroups } from "./lib/cgroups.ts";
import { systemCommands, type Commands } from "./lib/commands.ts";
import { hasCode, isMissing } from "./lib/errors.ts";
import { identitiesOf } from "./lib/identity.ts";
import { labOfFolder, removeLabFolder } from "./lib/labs.ts";
import { groupOf } from "./lib/launch.ts";
import { namespaceFolder, namespaceInode, namespaceName } from "./lib/namespaces.ts";
import { endProcesses, readStat, scanProcesses, type FoundProcess } from "./lib/processes.ts";
import type { ProcessRef } from "./schema.ts";

/** What there is of a lab. */
export interface LabRemains {
  readonly id: string;
  readonly processes: readonly { readonly pid: number; readonly name: string; readonly resource: string }[];
  /** Named namespaces. Those in a user namespace go with the process that holds it. */
  readonly namespaces: readonly string[];
  readonly cgroups: readonly string[];
  /** The lab's folder, if it was asked for and is one. */
  readonly dir: string | undefined;
}

/** A lab by its id; with its folder, that is looked at too. */
export interface LabName {
  readonly id: string;
  readonly dir?: string | undefined;
}

/** Everything there is of a lab. Nothing is changed. */
export function inspectLab({ id, dir }: LabName): LabRemains {
  const namespaces = namespacesOf(id);
  return {
    id,
    processes: processesOf({ id, dir }).map(({ ref, name, resource }) => ({ pid: ref.pid, name, resource })),
    namespaces,
    cgroups: labGroups(id).flatMap(groupsBelow),
    dir: dir !== undefined && labOfFolder(dir) === id ? dir : undefined,
  };
}

export function isEmpty({ processes, namespaces, cgroups, dir }: LabRemains): boolean {
  return processes.length === 0 && namespaces.length === 0 && cgroups.length === 0 && dir === undefined;
}

/**
 * Removes everything there is of a lab and tells what it was. Safe to repeat.
 * @throws {ProviderError} when something cannot be removed.
 */
export async function sweepLab(lab: LabName, commands: Commands = systemCommands): Promise<LabRemains> {
  const { id, dir } = lab;
  const before = inspectLab(lab);
  await endProcesses(() => processesOf(lab));
  for (const netns of before.namespaces) {
    try {
      await commands.run({ lab: { id, dir: dir ?? "/", path: [] }, argv: ["ip", "netns", "del", netns] });
    } catch (error) {
      // A killed provider's own `ip netns del` may have been quicker.
      if (namespacesOf(id).includes(netns)) throw error;
    }
  }
  for (const group of labGroups(id)) await removeGroup(group);
  removeEmptyParents(id);
  if (dir !== undefined) removeLabFolder(dir, id);
  return before;
}

/**
 * Ids of the labs that something is there of: processes with a mark, control groups, and the given folders (each
 * the folder of a lab, or not).
 */
export function findLabs(folders: readonly string[] = []): string[] {
  const marked = scanProcesses().map(({ lab }) => lab);
  const grouped = allLabGroups()
    .flatMap(subgroups)
    .map((group) => basename(group));
  const filed = folders.map((folder) => labOfFolder(folder) ?? "");
  return [...new Set([...marked, ...grouped, ...filed])].filter((id) => id !== "").sort();
}

function namespacesOf(id: string, holder?: ProcessRef): string[] {
  try {
    return readdirSync(namespaceFolder({ holder })).filter((name) => name.startsWith(namespaceName(id, "")));
  } catch (error) {
    if (isMissing(error) || hasCode(error, ["EACCES", "EPERM"])) return [];
    throw error;
  }
}

/**
 * Processes of a lab: with its mark, in its namespaces (its holder's too), in its control groups, or in the group of a
 * process that it wrote down. Never this process or one above it.
 */
function processesOf({ id, dir }: LabName): FoundProcess[] {
  const all = scanProcesses();
  const holders = all.filter(({ lab, role }) => lab === id && role === "holder").map(({ ref }) => ref);
  const inodes = new Set(
    [undefined, ...holders].flatMap((holder) =>
      namespacesOf(id, holder).flatMap((netns) => namespaceInode({ id, holder }, netns) ?? []),
    ),
  );
  const grouped = new Set(labGroups(id).flatMap(pidsIn));
  const written = dir === undefined || labOfFolder(dir) !== id ? [] : identitiesOf({ dir }).map(groupOf);
  const spared = ancestors(process.pid);
  return all.filter((one) => {
    if (spared.has(one.ref.pid)) return false;
    const isInside = one.netns !== undefined && inodes.has(one.netns);
    return one.lab === id || isInside || grouped.has(one.ref.pid) || written.some((isMember) => isMember(one));
  });
}

function ancestors(pid: number): Set<number> {
  const found = new Set<number>();
  for (let next: number | undefined = pid; next !== undefined && next > 0 && !found.has(next);) {
    found.add(next);
    next = readStat(next)?.parent;
  }
  return found;
}

function groupsBelow(group: string): string[] {
  const below = subgroups(group);
  return below.length === 0 ? [] : [group, ...below.flatMap((one) => [one, ...groupsBelow(one)])];
}
