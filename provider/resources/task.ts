import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import {
  files,
  labRef,
  listOf,
  netnsName,
  absolutePath,
  processRef,
  relativePath,
  seconds,
  shortName,
} from "../lib/check.ts";
import { commandSpec, versionOf } from "../lib/command.ts";
import { findProgram } from "../lib/commands.ts";
import { messageOf, ProviderError } from "../lib/errors.ts";
import { fillAll, membersOf, writeFiles } from "../lib/launch.ts";
import { endProcesses } from "../lib/processes.ts";
import { gone, orUndo, type ResourceType } from "../lib/resource.ts";
import { runTask } from "../lib/run.ts";
import { taskResource, type Folders } from "../lib/taskCommand.ts";
import type { TaskArgs, TaskState } from "../schema.ts";

const command = z.strictObject({
  ...commandSpec,
  name: shortName,
  output: relativePath.exactOptional(),
  judge: z.enum(["exit", "iperf3", "k6"], "a judge is exit, iperf3 or k6"),
  deadline: seconds,
});
const commands = listOf(command, ({ name }) => name, "names of commands");
const step = z
  .strictObject({ phase: shortName, seconds: seconds.exactOptional(), run: command.exactOptional() })
  .refine(
    ({ seconds, run }) => (seconds === undefined) !== (run === undefined),
    "a step is either a wait or a command",
  );

const args = z.strictObject({
  lab: labRef,
  name: shortName,
  results: relativePath,
  triggers: z.array(z.string()),
  files: files.exactOptional(),
  gates: commands.exactOptional(),
  steps: listOf(step, ({ phase }) => phase, "phases of steps").min(1, "a task has at least one step"),
  alongside: commands.exactOptional(),
  observe: listOf(
    z.strictObject({ name: shortName, netns: netnsName, command: commandSpec.command }),
    ({ name }) => name,
    "names of observations",
  ).exactOptional(),
  follow: listOf(
    z.strictObject({ file: absolutePath, as: relativePath }),
    ({ as }) => as,
    "names of kept files",
  ).exactOptional(),
  watch: z.record(z.string(), processRef).exactOptional(),
  versionCommands: z.record(z.string(), commandSpec.command).exactOptional(),
});

function foldersOf({ lab, name, results }: TaskArgs): Folders {
  return { results: join(lab.dir, results), dir: join(lab.dir, taskResource(name)) };
}

/**
 * Looks for every program before anything is started.
 * @throws {ProviderError} naming all that are missing.
 */
function findAll({ lab, gates = [], steps, alongside = [], observe = [], versionCommands = {} }: TaskArgs): void {
  const commands = [
    ...gates.map(({ command }) => command),
    ...steps.flatMap(({ run }) => (run === undefined ? [] : [run.command])),
    ...[...alongside, ...observe].map(({ command }) => command),
    ...Object.values(versionCommands),
  ];
  const programs = new Set(commands.map(([program = ""]) => program).filter((program) => !program.startsWith("{")));
  const problems = [...programs].flatMap((program) => {
    try {
      findProgram(program, lab.path);
      return [];
    } catch (error) {
      return [messageOf(error)];
    }
  });
  if (problems.length > 0) throw new ProviderError(problems.join("\n"));
}

async function remove(task: TaskArgs): Promise<void> {
  await endProcesses(() => membersOf(task.lab, taskResource(task.name)));
  rmSync(foldersOf(task).dir, { recursive: true, force: true });
}

/** A load. Its results stay until the lab goes: they may not be collected yet. */
export const task: ResourceType<TaskArgs, TaskState> = {
  args,
  inPlace: [],
  id: ({ lab, name }) => `${lab.id}/${taskResource(name)}`,

  async create(task, context) {
    const { lab } = task;
    const folders = foldersOf(task);
    const clear = async (): Promise<void> => {
      await remove(task);
      rmSync(folders.results, { recursive: true, force: true });
    };
    await clear();
    return orUndo(async () => {
      findAll(task);
      for (const folder of [folders.dir, folders.results]) mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFiles(folders.dir, fillAll(task.files, { ...folders }));
      const versions = await Promise.all(
        Object.entries(task.versionCommands ?? {}).map(
          async ([name, command]) => [name, await versionOf(context.commands, lab, command)] as const,
        ),
      );
      const result = await runTask(task, folders, context);
      return { ...task, folder: folders.results, ...result, versions: Object.fromEntries(versions) };
    }, clear);
  },

  read: (state) =>
    Promise.resolve(existsSync(join(state.folder, "timeline.json")) ? { gone: false, state, drift: [] } : gone),

  delete: (state) => remove(state),
};
