/** The folder of a lab and the marker in it, without which nothing in it is ever removed. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { LabRef } from "../schema.ts";
import { isMissing, ProviderError } from "./errors.ts";
import { isAlive } from "./processes.ts";

const markerName = ".netlab.json";
const marker = z.object({ schema: z.literal(1), lab: z.string() });

/** Id of the lab that a folder belongs to; undefined when the folder is not a lab's. */
export function labOfFolder(dir: string): string | undefined {
  try {
    const parsed = marker.safeParse(JSON.parse(readFileSync(join(dir, markerName), "utf8")));
    return parsed.success ? parsed.data.lab : undefined;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Makes the folder of a lab, readable only by its user.
 * @throws {ProviderError} when it holds files of something else.
 */
export function makeLabFolder(dir: string, labId: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const holds = readdirSync(dir).filter((name) => !name.startsWith(markerName));
  if (holds.length > 0 && labOfFolder(dir) !== labId) {
    throw new ProviderError(
      `${dir} is not empty and not the folder of lab ${labId} (it holds ${holds.slice(0, 3).join(", ")}): ` +
        "name another folder, or empty it yourself",
    );
  }
  writeFileSync(join(dir, markerName), `${JSON.stringify({ schema: 1, lab: labId })}\n`);
}

/** Removes the folder of a lab if it is that; says whether it was there. */
export function removeLabFolder(dir: string, labId: string): boolean {
  if (labOfFolder(dir) !== labId) return false;
  rmSync(dir, { recursive: true, force: true });
  return true;
}

/** Why nothing of a lab can be there any more; undefined when all is well. */
export function whyGone(lab: LabRef): string | undefined {
  if (labOfFolder(lab.dir) !== lab.id) return `the folder of lab ${lab.id}, ${lab.dir}, is gone`;
  if (lab.holder !== undefined && !isAlive(lab.holder)) {
    return `the process that holds the user namespace of lab ${lab.id} (pid ${lab.holder.pid}) is gone`;
  }
  return undefined;
}
