/** Commands on one stack: up, preview, destroy. */
import type { RunOutput } from "../../analysis/record.ts";
import { shown } from "../../runner/bundleFolder.ts";
import { exitCodes } from "../../runner/errors.ts";
import { loadSeconds, usual } from "../../runner/estimate.ts";
import { keepLab } from "../../runner/kept.ts";
import { aloneOnMachine, sharesMachine } from "../../runner/machineLock.ts";
import { reported } from "../../runner/reporter.ts";
import { checkStackName } from "../../runner/workFolder.ts";
import type { Settings } from "../../scenarios/settings.ts";
import { prepareMachine } from "../machine.ts";
import { settingsFor, textStream, withLab, withSession, type CommonFlags } from "./context.ts";
import { writeJson, writeLine } from "./output.ts";

export interface StackFlags extends CommonFlags {
  readonly stack: string;
  readonly config?: readonly string[];
}

export async function upCommand(root: string, flags: StackFlags): Promise<number> {
  const { raw, settings } = settingsFor(root, flags.stack, flags.config ?? []);
  return withSession(root, flags, async (session) => {
    const { report } = session.progress;
    await prepareMachine(root, settings.environment, textStream(flags));
    const output = await withLab(session, flags.stack, "lab up", (lab) =>
      reported(
        report,
        `building lab ${flags.stack} and running its load`,
        () => {
          const up = (): Promise<RunOutput> => lab.up(settings, raw);
          if (!sharesMachine(settings)) return up();
          return aloneOnMachine({ command: "lab up", report, stop: session.interruption }, up);
        },
        usual[settings.environment].build + loadSeconds(settings),
      ),
    );
    // From here on it stands because somebody wants it to.
    if (flags.backend !== true) keepLab(session.paths, flags.stack, "lab up");
    session.progress.close();
    if (flags.json === true) writeJson(output);
    else for (const line of essentials(output, flags.stack, settings)) writeLine(line);
    return output.outcome.ok ? exitCodes.ok : exitCodes.failed;
  });
}

export async function previewCommand(root: string, flags: StackFlags): Promise<number> {
  const { raw, settings } = settingsFor(root, flags.stack, flags.config ?? []);
  return withSession(root, flags, async (session) => {
    await prepareMachine(root, settings.environment, textStream(flags));
    const { steps, changes } = await withLab(session, flags.stack, "lab preview", (lab) => lab.preview(settings, raw));
    session.progress.close();
    if (flags.json === true) {
      writeJson({ stack: flags.stack, changes, steps, unused: settings.unused });
      return exitCodes.ok;
    }
    for (const { action, type, name } of steps) writeLine(`${action.padEnd(18)} ${name} (${type})`);
    const counts = Object.entries(changes).map(([action, count]) => `${count} ${action}`);
    const changed = Object.keys(changes).some((action) => action !== "same");
    writeLine(changed ? `up would do: ${counts.join(", ")}` : "no change: the lab is as the settings say");
    for (const line of unusedLines(settings)) writeLine(line);
    return exitCodes.ok;
  });
}

export async function destroyCommand(root: string, flags: StackFlags): Promise<number> {
  checkStackName(flags.stack);
  return withSession(root, flags, async (session) => {
    const { report } = session.progress;
    await withLab(session, flags.stack, "lab destroy", (lab) =>
      reported(report, `destroying lab ${flags.stack}`, () => lab.destroy()),
    );
    if (flags.json === true) writeJson({ stack: flags.stack, destroyed: true });
    return exitCodes.ok;
  });
}

/** Addresses of all generators, each once. */
const seenFrom = (
  expected: NonNullable<RunOutput["expected"]>,
  pick: (from: { readonly source: string; readonly otherSource: string }) => string,
): string => [...new Set((expected.runners ?? [expected]).map(pick))].join(", ");

/** What a user wants to know after `up`; pure. */
export function essentials(
  output: RunOutput,
  stack: string,
  settings: Pick<Settings, "unused" | "scenario">,
): string[] {
  const { cell, load, outcome, source, expected, backends } = output;
  const seconds = (load.finished_s - load.started_s).toFixed(1);
  return [
    `lab ${stack} is up: ${cell.id}`,
    outcome.ok
      ? `run ${output.run_id}: ${load.phases.map(({ phase }) => phase).join(", ")} in ${seconds} s`
      : `run ${output.run_id} FAILED: ${outcome.error}`,
    ...(expected === null
      ? [`backends: ${backends.map(({ name, weight }) => `${name} (weight ${weight})`).join(", ")}`]
      : [
          `server: ${expected.server}, must see ${seenFrom(expected, ({ source }) => source)}`,
          ...(expected.otherServer === ""
            ? []
            : [`other server: ${expected.otherServer}, must see ${seenFrom(expected, (from) => from.otherSource)}`]),
        ]),
    ...(source.prometheus === null
      ? []
      : "url" in source.prometheus
        ? [`Prometheus: ${source.prometheus.url} in namespace ${source.prometheus.netns}`]
        : [`Prometheus: service ${source.prometheus.service} in namespace ${source.prometheus.namespace}`]),
    source.kind === "netns"
      ? `raw files: ${shown(source.folder)}`
      : `raw files: ${source.folder} in the results store, service ${source.store.service} in namespace ${source.store.namespace}`,
    ...unusedLines(settings),
    `next: npx lab collect -s ${stack}    the run into results/${stack}`,
    `      npx lab up -s ${stack} -c run=<name>    the load once more`,
    `      npx lab destroy -s ${stack}    away with the lab`,
  ];
}

function unusedLines({ unused, scenario }: Pick<Settings, "unused" | "scenario">): string[] {
  return unused.length === 0 ? [] : [`not used by ${scenario}: ${unused.join(", ")}`];
}
