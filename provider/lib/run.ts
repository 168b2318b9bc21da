/** The course of a task: gates, then steps, with other commands alongside. */
import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { judge } from "../judge.ts";
import type { TaskArgs, TaskCommand, TaskOutcome, TaskPhase } from "../schema.ts";
import { messageOf, ProviderError } from "./errors.ts";
import { keepNew, placeOf, settle } from "./follow.ts";
import { exitText, fill, readEnd, readFrom } from "./launch.ts";
import { isAlive } from "./processes.ts";
import type { Context } from "./resource.ts";
import { now, sample, samplesHeader } from "./sampler.ts";
import {
  endCommands,
  endOf,
  resultFile,
  saidBy,
  startCommand,
  type CommandEnd,
  type Disturbance,
  type Folders,
  type Running,
} from "./taskCommand.ts";

export interface TaskResult {
  readonly outcome: TaskOutcome;
  readonly phases: readonly TaskPhase[];
  readonly restarted: readonly string[];
}

/** A tool's failure, told in the outcome. */
class ToolFailure extends Error {}

/** Seconds that an iperf3 server may be busy with the end of an earlier test. */
const busyTime = 10;
/** Seconds that commands alongside have after SIGTERM. */
const stopTime = 5;

/**
 * Runs a task and writes its results. A tool that fails in a step is told in the outcome. What was started and still
 * runs when this throws is left to the caller.
 * @throws {ProviderError} when a gate does not pass, a program is missing, or the engine cancels.
 */
export async function runTask(task: TaskArgs, folders: Folders, context: Context): Promise<TaskResult> {
  const run = new TaskRun(task, folders, context);
  const interrupt = (): void => {
    run.disturb({ kind: "interrupted" });
  };
  context.signal.addEventListener("abort", interrupt);
  if (context.signal.aborted) interrupt();
  try {
    return await run.all();
  } finally {
    context.signal.removeEventListener("abort", interrupt);
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

  constructor(task: TaskArgs, folders: Folders, context: Context) {
    this.#task = task;
    this.#folders = folders;
    this.#context = context;
    this.#disturbed = new Promise((resolve) => {
      this.#disturb = resolve;
    });
  }

  /** Ends what is going on; only the first disturbance counts. */
  disturb(what: Disturbance): void {
    this.#disturb(what);
  }

  async all(): Promise<TaskResult> {
    const { gates = [], watch = {}, follow = [] } = this.#task;
    const followed = follow.map(({ file }) => file);
    for (const gate of gates) await this.#pass(gate);
    // A server may still write about a gate.
    if (gates.length > 0) await settle(followed);
    const started_s = now();
    writeFileSync(this.#samples, samplesHeader);
    const places = followed.map(placeOf);
    await this.#observe("start");
    const outcome = await this.#steps();
    await settle(followed);
    follow.forEach(({ as }, index) => {
      const place = places[index];
      if (place !== undefined) keepNew(place, resultFile(this.#folders, as));
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

  get #samples(): string {
    return join(this.#folders.results, "generator.csv");
  }

  async #pass(gate: TaskCommand): Promise<void> {
    const running = await startCommand(this.#task, this.#folders, gate);
    const end = await endOf(running, gate.deadline, this.#disturbed);
    if (end.kind === "exit" && end.exit.status === 0) return;
    throw new ProviderError(`task ${this.#task.name}: gate ${gate.name} did not pass: ${gateText(gate, running, end)}`);
  }

  async #steps(): Promise<TaskOutcome> {
    const alongside: Running[] = [];
    try {
      for (const command of this.#task.alongside ?? []) alongside.push(await this.#startAlongside(command));
      for (const { phase, seconds, run } of this.#task.steps) {
        if (seconds !== undefined) await this.#timed(phase, () => this.#wait(phase, seconds));
        if (run !== undefined) await this.#timed(phase, () => this.#run(phase, run));
        await this.#observe(`after:${phase}`);
        const end = await Promise.race([this.#disturbed, Promise.resolve(undefined)]);
        if (end !== undefined) throw this.#failure(phase, end);
      }
      return { ok: true, error: "" };
    } catch (error) {
      if (error instanceof ToolFailure) return { ok: false, error: error.message };
      throw error;
    } finally {
      this.#stopping = true;
      const isInterrupted = this.#context.signal.aborted;
      await endCommands(alongside, isInterrupted ? undefined : { signal: "SIGTERM", deadline: stopTime });
    }
  }

  async #startAlongside(command: TaskCommand): Promise<Running> {
    const running = await startCommand(this.#task, this.#folders, command);
    const late = setTimeout(() => {
      this.disturb({ kind: "broken", error: `${command.name} did not end within ${command.deadline} s` });
    }, command.deadline * 1000);
    void running.exited.then((exit) => {
      clearTimeout(late);
      if (this.#stopping) return;
      this.disturb({ kind: "broken", error: `${command.name} ${exitText(exit)} too early: ${saidBy(running)}` });
    });
    return running;
  }

  /** Notes a phase, also one that fails. `work` may give a later time at which it really began. */
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
    for (const giveUp_s = now() + busyTime; ;) {
      const start_s = now();
      const running = await startCommand(this.#task, this.#folders, command);
      const samples = sample(phase, running.ref);
      const end = await endOf(running, command.deadline, this.#disturbed);
      const lines = samples.stop();
      const verdict = end.kind === "exit" ? this.#judge(command, running, end) : undefined;
      const isBusy = verdict?.ok === false && verdict.busy && now() < giveUp_s;
      if (!isBusy) {
        appendFileSync(this.#samples, lines);
        if (end.kind !== "exit") throw this.#failure(phase, end, command);
        if (verdict?.ok === false) throw new ToolFailure(`phase ${phase}: ${verdict.error}`);
        return start_s;
      }
      await sleep(50);
    }
  }

  #judge(command: TaskCommand, running: Running, end: Extract<CommandEnd, { kind: "exit" }>): ReturnType<typeof judge> {
    // iperf3 says how it went in the whole of its output, others in their last words.
    const stdout = command.judge === "iperf3" ? readFrom(running.stdout) : readEnd(running.stdout);
    return judge(command.judge, { ...end.exit, stdout, stderr: readEnd(running.stderr) });
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

  async #observe(moment: string): Promise<void> {
    const { lab, name: task, observe = [] } = this.#task;
    const file = join(this.#folders.results, "counters.jsonl");
    for (const { name, netns, command } of observe) {
      const t_s = now();
      try {
        const argv = command.map((word) => fill(word, { ...this.#folders }));
        const { stdout } = await this.#context.commands.run({ lab, netns, argv });
        appendFileSync(file, `${JSON.stringify({ t_s, moment, name, data: JSON.parse(stdout) as unknown })}\n`);
      } catch (error) {
        const text = `observing ${name} (${moment}) failed: ${messageOf(error)}`;
        throw moment === "start" ? new ProviderError(`task ${task}: ${text}`) : new ToolFailure(text);
      }
    }
  }
}

function gateText(gate: TaskCommand, running: Running, end: CommandEnd): string {
  switch (end.kind) {
    case "exit":
      return `it ${exitText(end.exit)}: ${saidBy(running)}`;
    case "deadline":
      return `it did not end within ${gate.deadline} s: ${saidBy(running)}`;
    default:
      return "interrupted";
  }
}
