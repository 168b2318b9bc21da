/** `lab manifests`: every Kubernetes object and Helm release of a stack in the order of creation; needs no cluster and no engine. */
import { resolve } from "node:path";
import { shown } from "../../runner/bundleFolder.ts";
import { exitCodes } from "../../runner/errors.ts";
import { renderManifests, streamText, writeManifests } from "../../runner/manifests.ts";
import { settingsFor } from "./context.ts";
import { writeJson, writeLine } from "./output.ts";
import type { StackFlags } from "./stack.ts";

export interface ManifestsFlags extends StackFlags {
  readonly output?: string;
}

export async function manifestsCommand(root: string, flags: ManifestsFlags): Promise<number> {
  const { stack, config = [], output, json, backend = false } = flags;
  const { settings } = settingsFor(root, stack, config);
  const command = ["npx lab manifests", `-s ${stack}`, ...config.map((one) => `-c ${quoted(one)}`)].join(" ");
  const rendering = await renderManifests({ root, stack, ownBackend: backend, settings, command });
  if (output !== undefined) {
    const folder = resolve(output);
    const files = writeManifests(folder, rendering);
    if (json === true) writeJson({ stack, folder, files });
    else writeLine(`${files.length} files in ${shown(folder)}; README.md has their order and the commands`);
  } else if (json === true) {
    const examples = [...rendering.examples.used].map(([value, what]) => ({ value, what }));
    const { title, warnings } = rendering;
    writeJson({ stack, title, warnings, examples, steps: rendering.steps });
  } else process.stdout.write(streamText(rendering));
  for (const warning of rendering.warnings) process.stderr.write(`warning: ${warning}\n`);
  return exitCodes.ok;
}

/** As a shell takes it. */
const quoted = (text: string): string => (/^[\w./:=,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
