/** `lab manifests`: what a stack would create, as text, as data, or as numbered files in a folder. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folderFiles, folderMark, manifestsOf, type Rendering } from "../scenarios/manifests.ts";
import type { Settings } from "../scenarios/settings.ts";
import { LabError, messageOf } from "./errors.ts";

export { streamText, type Rendering } from "../scenarios/manifests.ts";

export interface ManifestsRequest {
  readonly root: string;
  readonly stack: string;
  readonly ownBackend: boolean;
  readonly settings: Settings;
  /** The command line that asks for it. */
  readonly command: string;
}

/** @throws LabError in netns, which has no object of Kubernetes, and for settings that cannot be rendered */
export async function renderManifests(request: ManifestsRequest): Promise<Rendering> {
  const { root, stack, ownBackend, settings, command } = request;
  let made;
  try {
    made = await manifestsOf(settings, { root, stack, backend: ownBackend ? "pulumi" : "lab" });
  } catch (error) {
    throw new LabError(`stack ${stack} cannot be rendered: ${messageOf(error)}`, {
      kind: "input",
      remedy: "correct the settings: nothing was asked of a cluster",
      cause: error,
    });
  }
  if (made === undefined) {
    throw new LabError(`stack ${stack} is a lab of network namespaces on one machine: it has no object of Kubernetes`, {
      kind: "input",
      remedy: "name a cluster: -s local, -s aks, or -c environment=local, aks or existing",
    });
  }
  const { cell, ...rest } = made;
  return { ...rest, title: `${cell}, stack ${stack}`, command };
}

const ours = /^\d{2,}-.*\.yaml$/;

/**
 * Writes the numbered files and their notes; those of an earlier time go.
 * @returns names of the files, in order
 * @throws LabError when the folder holds something else
 */
export function writeManifests(folder: string, rendering: Rendering): string[] {
  const there = existsSync(folder) ? readdirSync(folder) : [];
  const notes = join(folder, "README.md");
  const madeHere = there.includes("README.md") && readFileSync(notes, "utf8").startsWith(folderMark);
  if (there.length > 0 && !madeHere) {
    throw new LabError(`${folder} is not empty, and lab manifests did not make what is in it`, {
      kind: "input",
      remedy: "name a new or empty folder with -o",
    });
  }
  const files = folderFiles(rendering);
  mkdirSync(folder, { recursive: true });
  for (const name of there.filter((one) => ours.test(one))) rmSync(join(folder, name));
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  return [...files.keys()].toSorted();
}
