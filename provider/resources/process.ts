import { existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { files, labRef, port, seconds, shortName } from "../lib/check.ts";
import { commandSpec, versionOf } from "../lib/command.ts";
import { ProviderError } from "../lib/errors.ts";
import { fill, fillAll, launch, lastLines, membersOf, writeFiles, type Launched } from "../lib/launch.ts";
import { processFolder, readIdentity, writeIdentity, type Identity } from "../lib/identity.ts";
import { namespaceInode } from "../lib/namespaces.ts";
import { endProcesses, isAlive, netnsOf } from "../lib/processes.ts";
import { waitUntilReady } from "../lib/ready.ts";
import { gone, orUndo, type Context, type ResourceType } from "../lib/resource.ts";
import type { ProcessArgs, ProcessState } from "../schema.ts";

const readiness = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ kind: z.literal("tcp"), port }),
    z.strictObject({
      kind: z.literal("http"),
      url: z.string().regex(/^http:\/\/\S+$/, "a URL begins with http://"),
      body: z.string().exactOptional(),
    }),
    z.strictObject({ kind: z.literal("log"), pattern: z.string().refine(isPattern, "not a regular expression") }),
    z.strictObject({ kind: z.literal("alive") }),
  ],
  "a readiness check is of kind tcp, http, log or alive",
);

const args = z.strictObject({
  ...commandSpec,
  lab: labRef,
  name: shortName,
  files: files.exactOptional(),
  ready: readiness,
  readyDeadline: seconds.exactOptional(),
  stop: z
    .strictObject({
      signal: z.enum(["SIGTERM", "SIGINT", "SIGQUIT"], "a process is stopped by SIGTERM, SIGINT or SIGQUIT"),
      deadline: seconds,
    })
    .exactOptional(),
  versionCommand: commandSpec.command.exactOptional(),
});

function isPattern(text: string): boolean {
  try {
    new RegExp(text, "m");
    return true;
  } catch {
    return false;
  }
}

const defaultReadyDeadline = 10;
const defaultStop = { signal: "SIGTERM", deadline: 5 } as const;

function resourceOf(name: string): string {
  return `processes/${name}`;
}

/** Ends the process with everything it started. */
async function end(
  { lab, name }: Pick<ProcessArgs, "lab" | "name">,
  known: Identity | undefined,
  stop: ProcessArgs["stop"] = defaultStop,
): Promise<void> {
  await endProcesses(() => membersOf(lab, resourceOf(name), known), stop);
}

async function start(process: ProcessArgs, folder: string, context: Context): Promise<ProcessState> {
  const { lab, netns, name, role } = process;
  const inode = namespaceInode(lab, netns);
  if (inode === undefined) throw new ProviderError(`namespace ${netns}, in which ${name} is to run, is gone`);
  const places = { dir: folder };
  writeFiles(folder, fillAll(process.files, places));
  const log = join(folder, "log");
  const logged = existsSync(log) ? statSync(log).size : 0;
  const argv = process.command.map((word) => fill(word, places));
  const launched: Launched = await launch({
    lab,
    netns,
    resource: resourceOf(name),
    role,
    cgroup: process.cgroup ?? [],
    argv,
    environment: fillAll(process.environment, places),
    folder,
    stdout: log,
    stderr: log,
  });
  writeIdentity(folder, { process: launched.ref, netns: inode });
  const version = versionOf(context.commands, lab, process.versionCommand);
  await Promise.all([
    version,
    waitUntilReady({
      name,
      ready: process.ready,
      deadline: process.readyDeadline ?? defaultReadyDeadline,
      lab,
      netns,
      inode,
      launched,
      log: { file: log, from: logged },
      signal: context.signal,
    }),
  ]).catch((error: unknown) => {
    if (error instanceof ProviderError) {
      throw new ProviderError(
        `process ${name} (\`${argv.join(" ")}\`): ${error.message}\nIts log:\n${lastLines(log, logged)}`,
      );
    }
    throw error;
  });
  return { ...process, process: launched.ref, folder, log, version: await version };
}

/** A long-running process of the lab. */
export const process: ResourceType<ProcessArgs, ProcessState> = {
  args,
  inPlace: ["stop"],
  id: ({ lab, name }) => `${lab.id}/${resourceOf(name)}`,

  async create(process, context) {
    const folder = processFolder(process.lab, process.name);
    await end(process, readIdentity(folder), { signal: "SIGTERM", deadline: 1 });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return orUndo(
      () => start(process, folder, context),
      async () => {
        await end(process, readIdentity(folder), { signal: "SIGTERM", deadline: 1 });
        rmSync(folder, { recursive: true, force: true });
      },
    );
  },

  read(state) {
    const { lab, netns, process: ref, log } = state;
    const there = isAlive(ref) && existsSync(log) && netnsOf(ref.pid) === namespaceInode(lab, netns);
    return Promise.resolve(there ? { gone: false, state, drift: [] } : gone);
  },

  async delete(state) {
    await end(state, readIdentity(state.folder), state.stop);
    rmSync(state.folder, { recursive: true, force: true });
  },
};
