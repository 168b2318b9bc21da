/**
 * Finding and removing everything of a lab on this machine, whatever the engine's state says: after a kill, and when
 * the lab itself is deleted.
 */
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { allLabGroups, labGroups, pidsIn, removeEmptyParents, removeGroup, subgroups } from "./lib/cgroups.ts";
import { systemCommands, type Commands } from "./lib/commands.ts";
import { isMissing } from "./lib/errors.ts";
import { labOfFolder, removeLabFolder } from "./lib/labs.ts";
import { namespaceFolder, namespaceInode, namespaceName } from "./lib/namespaces.ts";
import { endProcesses, readStat, scanProcesses, type FoundProcess } from "./lib/processes.ts";
import type { LabRef } from "./schema.ts";

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
export type LabName = Pick<LabRef, "id"> & Partial<Pick<LabRef, "dir">>;

/** Everything there is of a lab. Nothing is changed. */
export function inspectLab({ id, dir }: LabName): LabRemains {
  const namespaces = namespacesOf(id);
  return {
    id,
    processes: processesOf(id, namespaces).map(({ ref, name, resource }) => ({ pid: ref.pid, name, resource })),
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
  // The namespaces are listed once: after them nothing can enter one by name.
  await endProcesses(() => processesOf(id, before.namespaces));
  for (const netns of before.namespaces) {
    await commands.run({ lab: { id, dir: dir ?? "/", path: [] }, argv: ["ip", "netns", "del", netns] });
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

function namespacesOf(id: string): string[] {
  try {
    return readdirSync(namespaceFolder({})).filter((name) => name.startsWith(namespaceName(id, "")));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Processes with the lab's mark, in its namespaces or in its control groups; never this process or one above it. */
function processesOf(id: string, namespaces: readonly string[]): FoundProcess[] {
  const inodes = new Set(namespaces.map((netns) => namespaceInode({ id }, netns)));
  const grouped = new Set(labGroups(id).flatMap(pidsIn));
  const spared = ancestors(process.pid);
  return scanProcesses().filter(
    ({ ref, lab, netns }) =>
      !spared.has(ref.pid) && (lab === id || grouped.has(ref.pid) || (netns !== undefined && inodes.has(netns))),
  );
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
