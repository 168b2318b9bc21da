/** The course of a task: gates, then steps, with other commands alongside. */
import { appendFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { judge } from "../judge.ts";
import type { TaskArgs, TaskCommand, TaskOutcome, TaskPhase } from "../schema.ts";
import { messageOf, ProviderError } from "./errors.ts";
import { keepNew, placeOf, settle } from "./follow.ts";
import { exitText, fill, fillAll, lastLines, launch, readFrom, type Exit, type Launched } from "./launch.ts";
import { namespaceInode } from "./namespaces.ts";
import { endProcesses, isAlive, scanProcesses } from "./processes.ts";
import type { Context } from "./resource.ts";
import { now, sample, samplesHeader } from "./sampler.ts";

export interface Folders {
  /** Results: `{results}`. */
  readonly results: string;
  /** The task's own files: `{dir}`. */
  readonly dir: string;
}

export interface TaskResult {
  readonly outcome: TaskOutcome;
  readonly phases: readonly TaskPhase[];
  readonly restarted: readonly string[];
}

/** What ends a step before its command does. */
type Disturbance = { readonly kind: "interrupted" } | { readonly kind: "broken"; readonly error: string };
type CommandEnd = { readonly kind: "exit"; readonly exit: Exit } | { readonly kind: "deadline" } | Disturbance;

/** A tool's failure, told in the outcome. */
class ToolFailure extends Error {}

export function resourceOf(name: string): string {
  return `tasks/${name}`;
}

/** Ends everything that a task started. */
export async function endTask({ lab, name }: Pick<TaskArgs, "lab" | "name">): Promise<void> {
  await endProcesses(() =>
    scanProcesses().filter((process) => process.lab === lab.id && process.resource === resourceOf(name)),
  );
}

/** Seconds that an iperf3 server may be busy with the end of an earlier test. */
const busyTime = 10;
/** Seconds that commands alongside have after SIGTERM. */
const stopTime = 5;

/**
 * Runs a task and writes its results. A tool that fails in a step is told in the outcome.
 * @throws {ProviderError} when a gate does not pass, or the engine cancels.
 */
export async function runTask(task: TaskArgs, folders: Folders, context: Context): Promise<TaskResult> {
  const run = new TaskRun(task, folders, context);
  try {
    return await run.all();
  } finally {
    run.close();
  }
}

class TaskRun {
  readonly #task: TaskArgs;
  readonly #folders: Folders;
  readonly #context: Context;
  readonly #phases: TaskPhase[] = [];
  readonly #disturbed: Promise<Disturbance>;
  #disturb: (what: Disturbance) => void = () => undefined;
  #stopping = false;
  readonly #interrupt = (): void => {
    this.#disturb({ kind: "interrupted" });
  };

  constructor(task: TaskArgs, folders: Folders, context: Context) {
    this.#task = task;
    this.#folders = folders;
    this.#context = context;
    this.#disturbed = new Promise((resolve) => {
      this.#disturb = resolve;
    });
    context.signal.addEventListener("abort", this.#interrupt);
    if (context.signal.aborted) this.#interrupt();
  }

  close(): void {
    this.#context.signal.removeEventListener("abort", this.#interrupt);
  }

  async all(): Promise<TaskResult> {
    const { results } = this.#folders;
    const { gates = [], watch = {}, follow = [] } = this.#task;
    const followed = follow.map(({ file }) => file);
    for (const gate of gates) await this.#pass(gate);
    // A server may still write about a gate.
    if (gates.length > 0) await settle(followed);
    const started_s = now();
    writeFileSync(join(results, "generator.csv"), samplesHeader);
    const places = followed.map(placeOf);
    await this.#observe("start");
    const outcome = await this.#steps();
    await settle(followed);
    follow.forEach(({ as }, index) => {
      const place = places[index];
      if (place !== undefined) keepNew(place, this.#resultFile(as));
    });
    const restarted = Object.keys(watch).filter((name) => {
      const ref = watch[name];
      return ref === undefined || !isAlive(ref);
    });
    const result = { outcome, phases: this.#phases, restarted };
    this.#writeTimeline({ schema: 1, started_s, finished_s: now(), ...result });
    return result;
  }

  /** Written last and in one go: a folder with a timeline is whole. */
  #writeTimeline(timeline: object): void {
    const file = join(this.#folders.results, "timeline.json");
    writeFileSync(`${file}.part`, `${JSON.stringify(timeline, undefined, 2)}\n`);
    renameSync(`${file}.part`, file);
  }

  #resultFile(name: string): string {
    const file = join(this.#folders.results, name);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    return file;
  }

  async #pass(gate: TaskCommand): Promise<void> {
    const launched = await this.#start(gate);
    const end = await this.#end(gate, launched);
    if (end.kind === "exit" && end.exit.status === 0) return;
    const why =
      end.kind === "exit"
        ? `it ${exitText(end.exit)}: ${this.#said(gate)}`
        : end.kind === "deadline"
          ? `it did not end within ${gate.deadline} s: ${this.#said(gate)}`
          : "interrupted";
    throw new ProviderError(`task ${this.#task.name}: gate ${gate.name} did not pass: ${why}`);
  }

  async #steps(): Promise<TaskOutcome> {
    const alongside: Launched[] = [];
    try {
      for (const command of this.#task.alongside ?? []) alongside.push(await this.#startAlongside(command));
      for (const { phase, seconds, run } of this.#task.steps) {
        if (seconds !== undefined) await this.#timed(phase, () => this.#wait(phase, seconds));
        if (run !== undefined) await this.#timed(phase, () => this.#run(phase, run));
        await this.#observe(`after:${phase}`);
      }
      return { ok: true, error: "" };
    } catch (error) {
      if (error instanceof ToolFailure) return { ok: false, error: error.message };
      throw error;
    } finally {
      this.#stopping = true;
      await this.#stopAlongside(alongside);
    }
  }

  async #startAlongside(command: TaskCommand): Promise<Launched> {
    const launched = await this.#start(command);
    void launched.exited.then((exit) => {
      if (this.#stopping) return;
      this.#disturb({ kind: "broken", error: `${command.name} ${exitText(exit)} too early: ${this.#said(command)}` });
    });
    return launched;
  }

  async #stopAlongside(alongside: readonly Launched[]): Promise<void> {
    const groups = new Set(alongside.map(({ ref }) => ref.pid));
    const find = (): ReturnType<typeof scanProcesses> =>
      scanProcesses().filter(
        ({ group, lab, resource }) =>
          groups.has(group) && lab === this.#task.lab.id && resource === resourceOf(this.#task.name),
      );
    if (alongside.length > 0) await endProcesses(find, { signal: "SIGTERM", deadline: stopTime });
  }

  async #timed(phase: string, work: () => Promise<number | undefined>): Promise<void> {
    let start_s = now();
    try {
      start_s = (await work()) ?? start_s;
    } finally {
      this.#phases.push({ phase, start_s, end_s: now() });
    }
  }

  async #wait(phase: string, seconds: number): Promise<undefined> {
    const over = new AbortController();
    const waited = sleep(seconds * 1000, undefined, { signal: over.signal }).catch(() => undefined);
    const end = await Promise.race([waited, this.#disturbed]);
    over.abort();
    if (end !== undefined) throw this.#failure(phase, end);
  }

  /** Runs the command of a step; gives the time when it really began, which is later when its server was busy. */
  async #run(phase: string, command: TaskCommand): Promise<number> {
    for (const end_s = now() + busyTime; ;) {
      const start_s = now();
      const launched = await this.#start(command);
      const samples = sample(phase, launched.ref);
      const end = await this.#end(command, launched);
      const lines = samples.stop();
      if (end.kind !== "exit") throw this.#failure(phase, end, command);
      const verdict = judge(command.judge, {
        ...end.exit,
        stdout: readFrom(this.#stdout(command)),
        stderr: readFrom(this.#stderr(command)),
      });
      if (verdict.ok || !verdict.busy || now() > end_s) {
        appendFileSync(join(this.#folders.results, "generator.csv"), lines);
        if (verdict.ok) return start_s;
        throw new ToolFailure(`phase ${phase}: ${verdict.error}`);
      }
      await sleep(50);
    }
  }

  #failure(phase: string, end: Exclude<CommandEnd, { kind: "exit" }>, command?: TaskCommand): Error {
    switch (end.kind) {
      case "interrupted":
        return new ProviderError(`task ${this.#task.name}: interrupted in phase ${phase}`);
      case "broken":
        return new ToolFailure(`phase ${phase}: ${end.error}`);
      case "deadline":
        return new ToolFailure(
          `phase ${phase}: ${command?.name ?? ""} did not end within ${command?.deadline ?? 0} s and was killed`,
        );
    }
  }

  async #start(command: TaskCommand): Promise<Launched> {
    const { lab, name } = this.#task;
    const places = { ...this.#folders };
    const [stdout, stderr] = [this.#stdout(command), this.#stderr(command)];
    // A command that is tried again starts with empty files.
    for (const file of [stdout, stderr]) writeFileSync(file, "", { mode: 0o600 });
    const inode = namespaceInode(lab, command.netns);
    if (inode === undefined) {
      throw new ProviderError(`namespace ${command.netns}, in which ${command.name} is to run, is gone`);
    }
    return launch({
      lab,
      resource: resourceOf(name),
      role: command.role,
      netns: command.netns,
      cgroup: command.cgroup ?? [],
      argv: command.command.map((word) => fill(word, places)),
      environment: fillAll(command.environment, places),
      folder: this.#folders.dir,
      stdout,
      stderr,
    });
  }

  #stdout({ output, name }: TaskCommand): string {
    return output === undefined ? join(this.#folders.dir, `${name}.out`) : this.#resultFile(output);
  }

  #stderr({ name }: TaskCommand): string {
    return join(this.#folders.dir, `${name}.err`);
  }

  #said(command: TaskCommand): string {
    const [stderr, stdout] = [this.#stderr(command), this.#stdout(command)];
    return lastLines(existsSync(stderr) && readFrom(stderr).trim() !== "" ? stderr : stdout);
  }

  /** Waits for the end of a command; one that does not end in time, or is disturbed, is killed. */
  async #end(command: TaskCommand, launched: Launched): Promise<CommandEnd> {
    const over = new AbortController();
    const late = sleep(command.deadline * 1000, undefined, { signal: over.signal }).then(
      () => ({ kind: "deadline" as const }),
      () => ({ kind: "deadline" as const }),
    );
    const exited = launched.exited.then((exit) => ({ kind: "exit" as const, exit }));
    const end = await Promise.race([exited, late, this.#disturbed]);
    over.abort();
    if (end.kind !== "exit") {
      const group = launched.ref.pid;
      await endProcesses(() => scanProcesses().filter((process) => process.group === group));
    }
    return end;
  }

  async #observe(moment: string): Promise<void> {
    const { lab, observe = [] } = this.#task;
    const file = join(this.#folders.results, "counters.jsonl");
    for (const { name, netns, command } of observe) {
      const t_s = now();
      try {
        const argv = command.map((word) => fill(word, { ...this.#folders }));
        const { stdout } = await this.#context.commands.run({ lab, netns, argv });
        appendFileSync(file, `${JSON.stringify({ t_s, moment, name, data: JSON.parse(stdout) as unknown })}\n`);
      } catch (error) {
        const text = `observing ${name} (${moment}) failed: ${messageOf(error)}`;
        throw moment === "start" ? new ProviderError(`task ${this.#task.name}: ${text}`) : new ToolFailure(text);
      }
    }
  }
}
