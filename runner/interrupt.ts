/**
 * Ctrl-C and SIGTERM. The first asks to stop: the load ends at once, the engine finishes writing its state, the lab is
 * taken down if this command made it. The second stops now; the next command repairs what is left.
 */
import type { EngineStop } from "./engine.ts";
import { exitCodes } from "./errors.ts";

export interface Interruption extends EngineStop {
  /** Exit code of a process that ends because of the signal; undefined when there was none. */
  readonly exitCode: number | undefined;
  /** From now on the first signal is history, and only a second one stops what is being done. */
  cleaningUp(): void;
  /** Stops listening. */
  dispose(): void;
}

/** Time after the second signal until the process ends whatever it is doing, in milliseconds. */
const lastMoment = 2_000;

const codes = { SIGINT: exitCodes.interrupted, SIGTERM: exitCodes.terminated, SIGHUP: exitCodes.terminated } as const;
type Signal = keyof typeof codes;
const signals: readonly Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** @param say is told once for each signal what happens now */
export function watchSignals(say: (text: string) => void, source: NodeJS.Process = process): Interruption {
  const soft = new AbortController();
  const hard = new AbortController();
  let cleaning = false;
  let exitCode: number | undefined;
  const listeners = signals.map((name) => ({
    name,
    listener: () => {
      exitCode ??= codes[name];
      if (!soft.signal.aborted) {
        say("stopping: the load ends now, whole runs are kept (once more to stop at once)");
        soft.abort();
      } else if (!hard.signal.aborted) {
        say("stopping at once; the next lab command removes what is left");
        hard.abort();
        setTimeout(() => source.exit(exitCode), lastMoment).unref();
      }
    },
  }));
  for (const { name, listener } of listeners) source.on(name, listener);
  return {
    get soft() {
      return cleaning ? hard.signal : soft.signal;
    },
    hard: hard.signal,
    get exitCode() {
      return exitCode;
    },
    cleaningUp: () => {
      cleaning = true;
    },
    dispose: () => {
      for (const { name, listener } of listeners) source.off(name, listener);
    },
  };
}
