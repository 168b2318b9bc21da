/** Waiting until a started process does its work. */
import { execPath } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import type { LabRef, Readiness } from "../schema.ts";
import { baseEnvironment, findProgram } from "./commands.ts";
import { ProviderError } from "./errors.ts";
import { exitText, hasEntered, readFrom, type Exit, type Launched } from "./launch.ts";
import { entering } from "./namespaces.ts";
import { descendants, isAlive, pollInterval } from "./processes.ts";
import { script } from "./scripts.ts";
import { listens } from "./sockets.ts";

export interface Waiting {
  readonly name: string;
  readonly ready: Readiness;
  /** Seconds. */
  readonly deadline: number;
  readonly lab: LabRef;
  readonly netns: string;
  /** Inode of the namespace. */
  readonly inode: number;
  readonly launched: Launched;
  readonly log: { readonly file: string; readonly from: number };
  readonly signal: AbortSignal;
}

/**
 * Waits until a process is ready.
 * @throws {ProviderError} when it ends first, when the deadline is over, or when the engine cancels.
 */
export async function waitUntilReady(waiting: Waiting): Promise<void> {
  const { ready, deadline, launched, signal } = waiting;
  const over = new AbortController();
  const stop = AbortSignal.any([over.signal, signal]);
  const died = launched.exited.then((exit: Exit) => {
    throw new ProviderError(`it ${exitText(exit)} before it was ready`);
  });
  const late = sleep(deadline * 1000, undefined, { signal: stop }).then(
    () => {
      throw new ProviderError(`it was not ready within ${deadline} s: ${wantedText(ready)}`);
    },
    () => {
      if (signal.aborted) throw new ProviderError("interrupted");
    },
  );
  // Whoever comes last has nobody to tell.
  died.catch(() => undefined);
  late.catch(() => undefined);
  try {
    await Promise.race([died, late, isReady(waiting, stop)]);
  } finally {
    over.abort();
  }
  if (signal.aborted) throw new ProviderError("interrupted");
}

async function isReady(waiting: Waiting, stop: AbortSignal): Promise<void> {
  const { ready, launched, inode, log } = waiting;
  await until(() => hasEntered(launched.ref, inode), stop);
  switch (ready.kind) {
    case "tcp":
      return until(() => listens(descendants(launched.ref.pid), ready.port), stop);
    case "log": {
      const pattern = new RegExp(ready.pattern, "m");
      return until(() => pattern.test(readFrom(log.file, log.from)), stop);
    }
    case "http":
      return answers(waiting, ready, stop);
    case "alive":
      // A program that cannot run at all ends within moments.
      await sleep(50);
      return until(() => isAlive(launched.ref), stop);
  }
}

async function until(done: () => boolean, stop: AbortSignal): Promise<void> {
  while (!stop.aborted && !done()) await sleep(pollInterval);
}

async function answers(
  { lab, netns, deadline }: Waiting,
  { url, body }: Extract<Readiness, { kind: "http" }>,
  stop: AbortSignal,
): Promise<void> {
  const node = [findProgram(execPath, lab.path), script("lib/get.ts"), url, String(deadline)];
  const [file = "", ...args] = [...entering(lab, netns), ...node, ...(body === undefined ? [] : [body])];
  const result = await execa(file, args, {
    env: baseEnvironment(lab.path),
    extendEnv: false,
    reject: false,
    cancelSignal: stop,
  });
  if (result.exitCode !== 0 && !stop.aborted) {
    throw new ProviderError(
      `${url} did not answer as it should within ${deadline} s: ${result.stdout}${result.stderr}`,
    );
  }
}

function wantedText(ready: Readiness): string {
  switch (ready.kind) {
    case "tcp":
      return `nothing of it listens on TCP port ${ready.port}`;
    case "http":
      return `${ready.url} did not answer 200${ready.body === undefined ? "" : ` with \`${ready.body}\``}`;
    case "log":
      return `no line of its log matches ${ready.pattern}`;
    case "alive":
      return "it does not run";
  }
}
