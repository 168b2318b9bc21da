/**
 * The identity of a started process, kept beside its log as soon as it runs: a killed create leaves it without any
 * state, and a tool may overwrite the marks in its environment.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { LabRef } from "../schema.ts";
import { processRef } from "./check.ts";
import { isMissing } from "./errors.ts";

const identity = z.object({ process: processRef, netns: z.number() });
/** A process, and the inode of the network namespace that it was put into. */
export type Identity = z.output<typeof identity>;

const fileName = "process.json";

/** Folder of a process resource. */
export function processFolder(lab: Pick<LabRef, "dir">, name: string): string {
  return join(lab.dir, "processes", name);
}

export function writeIdentity(folder: string, identity: Identity): void {
  writeFileSync(join(folder, fileName), JSON.stringify(identity));
}

/** Undefined when nothing was started in the folder, or not even that could be written down. */
export function readIdentity(folder: string): Identity | undefined {
  try {
    const parsed = identity.safeParse(JSON.parse(readFileSync(join(folder, fileName), "utf8")));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Every identity in the folder of a lab. */
export function identitiesOf(lab: Pick<LabRef, "dir">): Identity[] {
  try {
    return readdirSync(join(lab.dir, "processes")).flatMap((name) => readIdentity(processFolder(lab, name)) ?? []);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
