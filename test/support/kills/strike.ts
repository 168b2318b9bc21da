/** Strikes a running command at the planned moment: victims are known beforehand, so that nothing is looked up in between. */
import { existsSync, readdirSync, readFileSync, watch, type FSWatcher } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { engineMark } from "../../../runner/engine.ts";
import { project } from "../../../runner/workFolder.ts";
import { engineMarkOf } from "../../../runner/workspace.ts";
import { kill, labOfStack, nameOf, paths, type Started } from "../lab.ts";
import type { Kill, KillPlan, Victim } from "./plan.ts";

/** How often victims are looked for, in milliseconds. */
const look = 150;

export interface Strike {
  /** Whether it has struck. */
  readonly struck: boolean;
  /** Stops waiting for the moment. */
  end(): void;
}

/** Waits for the kill's moment and strikes. One whose moment, or victim, never comes does not. */
export function strikeAt({ victim, signals, moment }: Kill, plan: KillPlan, command: Started): Strike {
  const { child } = command;
  const pids: Record<Victim, readonly number[]> = {
    ...{ runner: child.pid === undefined ? [] : [child.pid], engine: [], provider: [], load: [] },
  };
  const watchers: FSWatcher[] = [];
  const timers: NodeJS.Timeout[] = [];
  let struck = false;
  let due = false;
  let isTimed = false;
  let events = 0;
  const strike = (): void => {
    due = true;
    const [first, ...more] = signals;
    if (struck || first === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const hit = pids[victim].filter((pid) => kill(pid, first));
    if (hit.length === 0) return;
    struck = true;
    more.forEach((signal, index) => {
      timers.push(
        setTimeout(
          () => {
            hit.forEach((pid) => kill(pid, signal));
          },
          250 * (index + 1),
        ),
      );
    });
  };
  const strikeIn = (seconds: number): void => {
    if (!isTimed) timers.push(setTimeout(strike, seconds * 1000));
    isTimed = true;
  };
  /** Counts changes in a folder, from when it is there. */
  const count = (folder: string, wanted: number, matters: (name: string) => boolean): void => {
    const begin = (): void => {
      if (!existsSync(folder)) {
        timers.push(setTimeout(begin, 5));
        return;
      }
      const watcher = watch(folder, (_kind, name) => {
        if (name !== null && matters(name) && ++events >= wanted) strike();
      });
      watcher.on("error", () => {
        watcher.close();
      });
      watchers.push(watcher);
    };
    begin();
  };
  const isOurs = (name: string): boolean => name.startsWith(plan.campaign);
  const backend = join(paths.state, ".pulumi");
  switch (moment.at) {
    case "time":
      strikeIn(moment.seconds);
      break;
    case "state":
      count(join(backend, "stacks", project), moment.event, isOurs);
      break;
    case "runs":
      count(join(paths.results, plan.campaign, "runs"), moment.event, () => true);
      break;
    case "locks":
      count(paths.locks, moment.event, isOurs);
      for (const stack of plan.stacks)
        count(join(backend, "locks", "organization", project, stack), moment.event, () => true);
      break;
    case "build":
    case "load":
    case "destroy":
      break;
  }
  const prefixes = plan.stacks.map((stack) => `${labOfStack(stack).id}-`);
  const poll = setInterval(() => {
    Object.assign(pids, victimsOf(plan));
    if (moment.at === "load" && pids.load.length > 0) strikeIn(moment.seconds);
    if (moment.at === "destroy" && command.output().includes("taking the lab down")) strikeIn(moment.seconds);
    if (moment.at === "build" && namespaces(prefixes) >= moment.namespaces) strike();
    // Its moment has come and found nobody: the next who is there.
    else if (due && !struck) strike();
  }, look);
  return {
    get struck() {
      return struck;
    },
    end: () => {
      clearInterval(poll);
      for (const timer of timers) clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}

/** Engines, providers and loads. By their names first: reading every process's environment so often would be a load itself. */
function victimsOf({ stacks }: KillPlan): Record<Exclude<Victim, "runner">, readonly number[]> {
  const named = readdirSync("/proc").flatMap((entry) => (/^\d+$/.test(entry) ? [Number(entry)] : []));
  const of = (names: RegExp, ...marks: readonly string[]): number[] =>
    named.filter(
      (pid) => names.test(nameOf(pid)) && marks.every((mark) => textOf(`/proc/${pid}/environ`).includes(mark)),
    );
  const engine = stacks.flatMap((stack) => of(/^pulumi$/, `${engineMark}=${engineMarkOf(paths, stack)}\0`));
  const load = stacks.flatMap((stack) =>
    of(/^(iperf3|k6)$/, `NETLAB_LAB=${labOfStack(stack).id}\0`, "NETLAB_RESOURCE=tasks/load\0"),
  );
  return { engine, provider: engine.flatMap(childrenOf), load };
}

/** The provider is the engine's child; another thread than the first may have started it. */
function childrenOf(pid: number): number[] {
  const threads = `/proc/${pid}/task`;
  if (!existsSync(threads)) return [];
  return readdirSync(threads)
    .flatMap((thread) => textOf(`${threads}/${thread}/children`).split(" "))
    .filter(Boolean)
    .map(Number);
}

/** A file of /proc; empty when the process has ended meanwhile. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function namespaces(prefixes: readonly string[]): number {
  const folder = "/run/netns";
  if (!existsSync(folder)) return 0;
  return readdirSync(folder).filter((name) => prefixes.some((prefix) => name.startsWith(prefix))).length;
}

/** Waits for the end of a command; undefined when it hangs. */
export async function endWithin(command: Started, seconds: number) {
  const over = new AbortController();
  const late = sleep(seconds * 1000, undefined, { signal: over.signal }).catch(() => undefined);
  const ended = await Promise.race([command.ended, late]);
  over.abort();
  return ended ?? undefined;
}
