/** Control groups of roles: version 1 (cpuacct and memory), version 2, or none where the user may not make them. */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { CgroupState } from "../schema.ts";
import { hasCode, isMissing } from "./errors.ts";
import { waitFor } from "./processes.ts";

export type Groups = Pick<CgroupState, "version" | "procs" | "cpu" | "memory">;

export const noGroups: Groups = { version: 0, procs: [], cpu: "", memory: "" };

export interface CgroupMounts {
  /** Mount points of the version 1 hierarchies by controller. */
  readonly cpuacct: string | undefined;
  readonly memory: string | undefined;
  readonly unified: string | undefined;
}

/** Where control groups are mounted, in the text of /proc/self/mountinfo. */
export function parseMounts(mountinfo: string): CgroupMounts {
  const mounts = mountinfo.split("\n").flatMap((line) => {
    const [left = "", right = ""] = line.split(" - ");
    const point = left.split(" ")[4];
    const [type, , options = ""] = right.split(" ");
    return point === undefined ? [] : [{ point, type, options: options.split(",") }];
  });
  const v1 = (controller: string): string | undefined =>
    mounts.find(({ type, options }) => type === "cgroup" && options.includes(controller))?.point;
  return {
    cpuacct: v1("cpuacct"),
    memory: v1("memory"),
    unified: mounts.find(({ type }) => type === "cgroup2")?.point,
  };
}

/** Path of a process in the version 2 hierarchy, in the text of /proc/<pid>/cgroup. */
export function parseUnifiedPath(text: string): string {
  return /^0::(\/.*)$/m.exec(text)?.[1] ?? "/";
}

export interface Roots {
  readonly version: 0 | 1 | 2;
  readonly folders: readonly string[];
}

/**
 * Folders in which the lab's own `netlab` group is made: both hierarchies of version 1, or of version 2 the highest
 * group from the top down that this user may write to (the root for root, the delegated one for a user of systemd).
 */
export function groupRoots(): Roots {
  return chooseRoots(
    parseMounts(readFileSync("/proc/self/mountinfo", "utf8")),
    parseUnifiedPath(readFileSync("/proc/self/cgroup", "utf8")),
  );
}

/** See `groupRoots`; `path` is this process's own in the version 2 hierarchy. */
export function chooseRoots({ cpuacct, memory, unified }: CgroupMounts, path: string): Roots {
  if (cpuacct !== undefined && memory !== undefined) return { version: 1, folders: [cpuacct, memory] };
  if (unified === undefined) return { version: 0, folders: [] };
  const own = path.split("/").filter(Boolean);
  const above = ["", ...own].map((_, depth) => join(unified, ...own.slice(0, depth)));
  const mine = above.find(isWritable);
  return mine === undefined ? { version: 0, folders: [] } : { version: 2, folders: [mine] };
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    accessSync(join(folder, "cgroup.procs"), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Folders of one lab's groups, one for each hierarchy, whether they are there or not. */
export function labGroups(labId: string): string[] {
  return groupRoots().folders.map((folder) => join(folder, "netlab", labId));
}

/** Folders with the groups of all labs. */
export function allLabGroups(): string[] {
  return groupRoots().folders.map((folder) => join(folder, "netlab"));
}

/** Makes the group of a role; version 0 where that is not possible. */
export function makeGroups(labId: string, role: string): Groups {
  const { version, folders } = groupRoots();
  const groups = labGroups(labId).map((folder) => join(folder, role));
  try {
    for (const group of groups) mkdirSync(group, { recursive: true });
    if (version === 2) for (const folder of folders) giveControllers(folder, labId);
  } catch (error) {
    if (!hasCode(error, ["EACCES", "EPERM", "EROFS"])) throw error;
    return noGroups;
  }
  const [first = "", second = first] = groups;
  const memoryFile = version === 1 ? "memory.usage_in_bytes" : "memory.current";
  if (version === 0 || !existsSync(join(second, memoryFile))) return noGroups;
  return { version, procs: groups.map((group) => join(group, "cgroup.procs")), cpu: first, memory: second };
}

/** Version 2: a controller counts in a group only when every group above hands it down. */
function giveControllers(root: string, labId: string): void {
  for (const folder of [root, join(root, "netlab"), join(root, "netlab", labId)]) {
    for (const controller of ["+cpu", "+memory"]) {
      try {
        writeFileSync(join(folder, "cgroup.subtree_control"), controller);
      } catch (error) {
        // Not there to hand down, or the group has processes of its own: then its files are missing below.
        if (!hasCode(error, ["ENOENT", "EBUSY", "EINVAL", "EOPNOTSUPP", "EACCES", "EPERM"])) throw error;
      }
    }
  }
}

/** Pids in a group and the groups below it. */
export function pidsIn(group: string): number[] {
  try {
    const below = subgroups(group).flatMap(pidsIn);
    return [...readFileSync(join(group, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number), ...below];
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

export function subgroups(group: string): string[] {
  try {
    return readdirSync(group, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(group, name));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Removes an empty group with the groups below it; says whether it was there. */
export async function removeGroup(group: string): Promise<boolean> {
  if (!existsSync(group)) return false;
  for (const below of subgroups(group)) await removeGroup(below);
  // The kernel lets go of a process that just ended a moment later.
  let last: unknown;
  const removed = await waitFor(() => {
    try {
      rmdirSync(group);
      return true;
    } catch (error) {
      if (isMissing(error)) return true;
      if (!hasCode(error, ["EBUSY"])) throw error;
      last = error;
      return false;
    }
  }, 2000);
  if (!removed) throw last;
  return true;
}

/** Removes the common parent of all labs' groups once it is empty. */
export function removeEmptyParents(labId: string): void {
  for (const parent of labGroups(labId).map(dirname)) {
    try {
      rmdirSync(parent);
    } catch (error) {
      if (!isMissing(error) && !hasCode(error, ["EBUSY", "ENOTEMPTY", "EACCES", "EPERM", "EROFS"])) throw error;
    }
  }
}
