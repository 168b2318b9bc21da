/** Labs that somebody keeps on purpose: a note for each, so that `lab sweep` can tell them from what a kill has left. */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { hasCode } from "./errors.ts";
import { writeWhole } from "./files.ts";
import type { ProjectPaths } from "./paths.ts";

const keptSchema = z.object({
  /** Who keeps it, such as `lab run --keep`. */
  command: z.string(),
  /** ISO 8601. */
  since: z.string(),
});
export type Kept = z.infer<typeof keptSchema>;

type Paths = Pick<ProjectPaths, "kept">;

/** Notes that the stack's lab stays up on purpose. */
export function keepLab(paths: Paths, stack: string, command: string, now = new Date()): void {
  mkdirSync(paths.kept, { recursive: true });
  const kept: Kept = { command, since: now.toISOString() };
  writeWhole(noteOf(paths, stack), `${JSON.stringify(kept)}\n`);
}

/** From now on the lab is nobody's. */
export function forgetKept(paths: Paths, stack: string): void {
  rmSync(noteOf(paths, stack), { force: true });
}

/** Who keeps the stack's lab; undefined when nobody does. */
export function keeperOf(paths: Paths, stack: string): Kept | undefined {
  let text: string;
  try {
    text = readFileSync(noteOf(paths, stack), "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    return keptSchema.parse(JSON.parse(text));
  } catch {
    // Somebody wrote the note, so somebody keeps the lab.
    return { command: "somebody", since: new Date(0).toISOString() };
  }
}

const noteOf = (paths: Paths, stack: string): string => join(paths.kept, `${stack}.json`);
