/** The engine on one stack: up, preview, refresh, destroy, with progress and our own error messages. */
import { existsSync, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { EngineEvent, OpMap, Stack } from "@pulumi/pulumi/automation/index.js";
import { runOutputSchema, type RunOutput } from "../analysis/record.ts";
import { EngineError, engineCommand, eventFolderNote, type EngineStop } from "./engine.ts";
import {
  diagnosticOf,
  problemLines,
  problemOf,
  progressOf,
  stackOutputOf,
  type EngineProblem,
} from "./engineEvents.ts";
import { fullDisk, LabError, messageOf, saysFullDisk } from "./errors.ts";
import type { ProjectPaths } from "./paths.ts";
import { keepNoEngineLog } from "./prune.ts";
import type { Reporter } from "./reporter.ts";
import { ensurePassphrase, prepareWorkFolder, project, type RawSettings } from "./workFolder.ts";

export interface WorkspaceOptions {
  readonly paths: ProjectPaths;
  readonly stack: string;
  readonly stop: EngineStop;
  readonly report: Reporter;
  /** Keep the user's own backend, passphrase and login instead of the local ones. */
  readonly ownBackend: boolean;
  /** Show stack traces and the engine's own text. */
  readonly debug: boolean;
}

/** The program of one update: builds the resources and returns the stack's outputs. */
export type Program = () => Promise<Record<string, unknown>>;

/** What an update did: number of resources by operation (`create`, `update`, `replace`, `delete`, `same`, …). */
export type Changes = Readonly<OpMap>;

export interface Workspace {
  /** Builds or changes the lab and runs the load; the settings go into the work folder's stack file. */
  up(settings: RawSettings, program: Program, options: { refresh: boolean }): Promise<RunOutput>;
  preview(settings: RawSettings, program: Program): Promise<{ changes: Changes; steps: readonly PreviewStep[] }>;
  /** Brings the state up to the truth, and forgets resources whose creation was cut off. */
  refresh(): Promise<void>;
  destroy(): Promise<Changes>;
  /** The record that the last `up` left in the state; undefined when there is none. */
  record(): Promise<RunOutput | undefined>;
  /** The output of that name, a secret; undefined where the stack has no cluster. */
  kubeconfig(): Promise<string | undefined>;
}

export interface PreviewStep {
  readonly action: string;
  readonly type: string;
  readonly name: string;
}

/** Opens the stack, and makes it in the backend when it is new. */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const { LocalWorkspace, Stack } = await import("@pulumi/pulumi/automation/index.js");
  const { paths, stack: name, ownBackend } = options;
  if (!ownBackend) {
    mkdirSync(paths.state, { recursive: true });
    ensurePassphrase(paths.passphrase);
  }
  mkdirSync(paths.engineHome, { recursive: true });
  keepNoEngineLog(paths.engineHome);
  const workDir = prepareWorkFolder(paths, name, {}, ownBackend);
  const pulumiCommand = await engineCommand({
    root: existsSync(join(paths.tools, "pulumi")) ? join(paths.tools, "..") : undefined,
    environment: engineEnvironment(paths, ownBackend),
    mark: engineMarkOf(paths, name),
    note: eventFolderNote(workDir),
    state: paths.state,
    isThere: () => !ownBackend && existsSync(stateFile(paths, name)),
    stop: options.stop,
  }).catch((error: unknown) => {
    throw new LabError("the Pulumi CLI was not found or does not start", {
      kind: "machine",
      details: [messageOf(error).split("\n")[0] ?? ""],
      remedy: "npx lab doctor says how to get it",
      cause: error,
    });
  });
  const local = await LocalWorkspace.create({ workDir, pulumiCommand });
  const stack = await guarded(options, "open", () => Stack.select(name, local));
  return new EngineWorkspace(options, stack);
}

/** What marks an engine of this stack: unique for project folder and stack. */
export const engineMarkOf = (paths: ProjectPaths, stack: string): string => `${paths.root}#${stack}`;

class EngineWorkspace implements Workspace {
  readonly #options: WorkspaceOptions;
  readonly #stack: Stack;
  #exported: ReturnType<Stack["exportStack"]> | undefined;

  constructor(options: WorkspaceOptions, stack: Stack) {
    this.#options = options;
    this.#stack = stack;
  }

  async up(settings: RawSettings, program: Program, { refresh }: { refresh: boolean }): Promise<RunOutput> {
    this.#prepare(settings);
    this.#exported = undefined;
    let record: unknown;
    await guarded(this.#options, "up", (listen) =>
      this.#stack.up({
        program,
        refresh,
        color: "never",
        suppressProgress: true,
        onEvent: (event) => {
          record = stackOutputOf(event, "record") ?? record;
          listen(event);
        },
        ...this.#text(),
      }),
    );
    const parsed = runOutputSchema.safeParse(record);
    if (parsed.success) return parsed.data;
    throw new LabError("the program left no usable record", {
      kind: "failed",
      details: parsed.error.issues.map(({ path, message }) => `record.${path.map(String).join(".")}: ${message}`),
    });
  }

  async preview(settings: RawSettings, program: Program): Promise<{ changes: Changes; steps: readonly PreviewStep[] }> {
    this.#prepare(settings);
    const steps: PreviewStep[] = [];
    const { changeSummary } = await guarded({ ...this.#options, report: silent }, "preview", (listen) =>
      this.#stack.preview({
        program,
        color: "never",
        suppressProgress: true,
        refresh: true,
        onEvent: (event) => {
          const progress = event.resourcePreEvent ? progressOf(event) : undefined;
          if (progress?.kind === "resource")
            steps.push({ action: progress.action, type: progress.type, name: progress.name });
          listen(event);
        },
        ...this.#text(),
      }),
    );
    return { changes: changeSummary, steps };
  }

  async refresh(): Promise<void> {
    this.#exported = undefined;
    await guarded(this.#options, "refresh", (onEvent) =>
      this.#stack.refresh({
        clearPendingCreates: true,
        color: "never",
        suppressProgress: true,
        onEvent,
        ...this.#text(),
      }),
    );
  }

  async destroy(): Promise<Changes> {
    let changes: Changes = {};
    this.#exported = undefined;
    await guarded(this.#options, "destroy", (listen) =>
      this.#stack.destroy({
        refresh: true,
        color: "never",
        suppressProgress: true,
        onEvent: (event) => {
          changes = event.summaryEvent?.resourceChanges ?? changes;
          listen(event);
        },
        ...this.#text(),
      }),
    );
    return changes;
  }

  async record(): Promise<RunOutput | undefined> {
    return recordInState(await this.#state());
  }

  async kubeconfig(): Promise<string | undefined> {
    return textOf(outputsInState(await this.#state())["kubeconfig"]);
  }

  /** The engine takes a second to give the state: what was read stays until the next update. */
  async #state(): Promise<unknown> {
    try {
      const exported = await (this.#exported ??= this.#stack.exportStack());
      return exported.deployment as unknown;
    } catch (error) {
      this.#exported = undefined;
      throw error;
    }
  }

  #prepare(settings: RawSettings): void {
    const { paths, stack, ownBackend } = this.#options;
    prepareWorkFolder(paths, stack, settings, ownBackend);
  }

  #text() {
    const print = (text: string): void => {
      this.#options.report({ kind: "note", text });
    };
    return this.#options.debug ? { onOutput: print, onError: print } : {};
  }
}

/** The stack's outputs in an exported deployment, as they stand there. */
function outputsInState(deployment: unknown): Record<string, unknown> {
  const resources: unknown = isRecord(deployment) ? deployment["resources"] : undefined;
  if (!Array.isArray(resources)) return {};
  const stack = resources.filter(isRecord).find(({ type }) => type === "pulumi:pulumi:Stack");
  const outputs = stack?.["outputs"];
  return isRecord(outputs) ? outputs : {};
}

/** A text in a state; a secret one stands there with its JSON under `plaintext`. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const plain = isRecord(value) ? value["plaintext"] : undefined;
  const text: unknown = typeof plain === "string" ? JSON.parse(plain) : undefined;
  return typeof text === "string" ? text : undefined;
}

/** The stack's `record` output in an exported deployment. */
export function recordInState(deployment: unknown): RunOutput | undefined {
  const parsed = runOutputSchema.safeParse(outputsInState(deployment)["record"]);
  return parsed.success ? parsed.data : undefined;
}

const titles = {
  open: "the stack could not be opened",
  up: "the lab could not be built or its load not run",
  preview: "the preview failed",
  refresh: "the lab's state could not be read",
  destroy: "the lab could not be taken down as a whole",
} as const;

/** Runs one engine command, turns its events into progress and its failure into one clear error. */
async function guarded<T>(
  { report, stop, stack, debug }: WorkspaceOptions,
  command: keyof typeof titles,
  run: (listen: (event: EngineEvent) => void) => Promise<T>,
): Promise<T> {
  const assertNotStopped = (cause?: unknown): void => {
    if (stop.soft.aborted) throw new LabError("interrupted", { kind: "interrupted", cause });
  };
  assertNotStopped();
  const problems: EngineProblem[] = [];
  try {
    return await run((event) => {
      const problem = problemOf(event);
      if (problem !== undefined) problems.push(problem);
      const told = progressOf(event) ?? diagnosticOf(event);
      if (told !== undefined) report(told);
    });
  } catch (error) {
    assertNotStopped(error);
    throw engineFailure(titles[command], stack, problems, error, debug);
  }
}

/** Pure: the error to show for a failed engine command. */
export function engineFailure(
  title: string,
  stack: string,
  problems: readonly EngineProblem[],
  error: unknown,
  debug: boolean,
): LabError {
  const stderr = error instanceof EngineError ? error.stderr.trim() : messageOf(error);
  if (/currently locked by \d+ lock/.test(stderr)) {
    return new LabError(`busy: another Pulumi engine holds stack ${stack}`, {
      kind: "busy",
      details: stderr.split("\n").filter((line) => line.includes("created by")),
      remedy: "wait until it ends; a lock that nobody holds is removed by the next lab command",
      cause: error,
    });
  }
  const lines = problemLines(problems, debug);
  const killed = error instanceof EngineError && error.killedBy !== null ? [messageOf(error)] : [];
  const details =
    lines.length > 0 || killed.length > 0 ? [...killed, ...lines] : [messageOf(error), stderr].filter(Boolean);
  if (saysFullDisk([...details, stderr].join("\n"))) return fullDisk(details, error);
  return new LabError(`${title} (stack ${stack})`, {
    kind: "failed",
    details,
    remedy: `the next lab command on this stack repairs what was left; npx lab destroy -s ${stack} removes it`,
    cause: error,
  });
}

/** The engine's environment: the user's own without its Pulumi settings, so that nothing of theirs is touched. */
function engineEnvironment(paths: ProjectPaths, ownBackend: boolean): NodeJS.ProcessEnv {
  const user = Object.entries(process.env).filter(([key]) => ownBackend || !key.startsWith("PULUMI_"));
  const path = [paths.tools, process.env["PATH"] ?? ""].filter(Boolean).join(delimiter);
  return {
    ...Object.fromEntries(user),
    PATH: path,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    ...(ownBackend
      ? {}
      : {
          PULUMI_HOME: paths.engineHome,
          PULUMI_BACKEND_URL: `file://${paths.state}`,
          PULUMI_CONFIG_PASSPHRASE_FILE: paths.passphrase,
          PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
        }),
  };
}

/** Where the local backend keeps the state of a stack. */
export const stateFile = (paths: ProjectPaths, stack: string): string =>
  join(paths.state, ".pulumi", "stacks", project, `${stack}.json`);

const silent: Reporter = () => undefined;
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
