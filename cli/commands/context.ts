/** What commands share: flags, progress, signals, and the end of a command that was interrupted. */
import type { Lab } from "../../runner/lab.ts";
import { watchSignals, type Interruption } from "../../runner/interrupt.ts";
import { projectPaths, type ProjectPaths } from "../../runner/paths.ts";
import { checkStackName, parseOverrides, readStackFile, type RawSettings } from "../../runner/workFolder.ts";
import { readSettings, type Settings } from "../../scenarios/settings.ts";
import { jsonProgress, progressFor, type Progress } from "../progress.ts";

export interface CommonFlags {
  readonly debug?: boolean;
  readonly json?: boolean;
  readonly backend?: boolean;
}

export interface Session {
  readonly paths: ProjectPaths;
  readonly progress: Progress;
  readonly interruption: Interruption;
  readonly flags: CommonFlags;
}

/** Progress and signals for the time of `work`; an interruption decides the exit code. */
export async function withSession(
  root: string,
  flags: CommonFlags,
  work: (session: Session) => Promise<number>,
  progress: Progress = flags.json === true ? quietProgress() : progressFor(process.stdout),
): Promise<number> {
  const interruption = watchSignals((text) => {
    progress.report({ kind: "note", text });
  });
  try {
    const exitCode = await work({ paths: projectPaths(root), progress, interruption, flags });
    return interruption.exitCode ?? exitCode;
  } catch (error) {
    if (interruption.exitCode === undefined) throw error;
    progress.close();
    return interruption.exitCode;
  } finally {
    progress.close();
    interruption.dispose();
  }
}

/** Events as JSON on standard output. */
export const eventProgress = (): Progress =>
  jsonProgress((text) => {
    process.stdout.write(text);
  });

/** With --json the result alone goes to standard output, and progress to standard error where that is a terminal. */
function quietProgress(): Progress {
  return process.stderr.isTTY ? progressFor(process.stderr) : { report: () => undefined, close: () => undefined };
}

/** Opens the stack's lab for `work` and gives its lock back. */
export async function withLab<T>(
  { paths, progress, interruption, flags }: Session,
  stack: string,
  command: string,
  work: (lab: Lab) => Promise<T>,
): Promise<T> {
  // Loaded when needed: the engine's library takes most of a second, which commands that only read need not take.
  const { openLab } = await import("../../runner/lab.ts");
  const lab = await openLab({
    paths,
    stack,
    stop: interruption,
    report: progress.report,
    ownBackend: flags.backend ?? false,
    debug: flags.debug ?? false,
    command,
  });
  try {
    return await work(lab);
  } finally {
    lab.close();
  }
}

/** A stack's settings: its file, then `-c`. Throws with every mistake, before anything is started. */
export function settingsFor(
  root: string,
  stack: string,
  overrides: readonly string[],
): { raw: RawSettings; settings: Settings } {
  checkStackName(stack);
  const raw = { ...readStackFile(root, stack), ...parseOverrides(overrides) };
  return { raw, settings: readSettings(raw) };
}

/** Where plain text goes: with --json standard output is for the result alone. */
export const textStream = (flags: CommonFlags): NodeJS.WriteStream =>
  flags.json === true ? process.stderr : process.stdout;
