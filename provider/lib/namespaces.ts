/** Network namespaces of a lab: their names, their files, how to enter them. */
import { statSync } from "node:fs";
import type { LabRef, ProcessRef } from "../schema.ts";
import { isMissing, ProviderError } from "./errors.ts";
import { isAlive } from "./processes.ts";

interface Place {
  readonly holder?: ProcessRef | undefined;
}
interface Named extends Place {
  readonly id: string;
}

/** Name for `ip netns exec`. Lab ids have no hyphen, so no lab's prefix is the beginning of another's. */
export function namespaceName(labId: string, node: string): string {
  return `${labId}-${node}`;
}

/** Folder of the lab's named namespaces, as this process sees it: in a user namespace it is the holder's own. */
export function namespaceFolder(lab: Place): string {
  return lab.holder === undefined ? "/run/netns" : `/proc/${lab.holder.pid}/root/run/netns`;
}

/**
 * File of one of the lab's namespaces.
 * @throws {ProviderError} when the name is not of this lab: nothing is ever done in another namespace.
 */
export function namespaceFile(lab: Named, netns: string): string {
  if (!netns.startsWith(namespaceName(lab.id, "")) || netns.includes("/")) {
    throw new ProviderError(
      `namespace ${netns} is not of lab ${lab.id}: names of this lab begin with ${namespaceName(lab.id, "")}`,
    );
  }
  return `${namespaceFolder(lab)}/${netns}`;
}

/** Inode of a namespace, undefined when it is gone (a plain file left by a lost mount counts as gone). */
export function namespaceInode(lab: Named, netns: string): number | undefined {
  const file = namespaceFile(lab, netns);
  if (lab.holder !== undefined && !isAlive(lab.holder)) return undefined;
  try {
    const stat = statSync(file);
    return stat.dev === statSync("/proc/self/ns/net").dev ? stat.ino : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Words to put before a command so that it runs in a namespace of the lab. One `nsenter` enters everything and then
 * becomes the command, so the pid stays.
 * @throws {ProviderError} when the holder of the lab's user namespace is gone.
 */
export function entering(lab: LabRef, netns?: string): string[] {
  if (lab.holder === undefined)
    return netns === undefined ? [] : ["nsenter", `--net=${namespaceFile(lab, netns)}`, "--"];
  if (!isAlive(lab.holder)) {
    throw new ProviderError(
      `the process that holds the user namespace of lab ${lab.id} (pid ${lab.holder.pid}) is gone: ` +
        "`npx lab up` (or `pulumi up --refresh`) sees it and builds the lab again",
    );
  }
  const net = netns === undefined ? "--net" : `--net=${namespaceFile(lab, netns)}`;
  return ["nsenter", `--target=${lab.holder.pid}`, "--user", "--mount", "--preserve-credentials", net, "--"];
}
