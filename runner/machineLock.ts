/** One load at a time on this machine, whichever user, project folder or campaign it belongs to. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Settings } from "../scenarios/settings.ts";
import { askHolder, holdName } from "./kernelName.ts";
import type { Reporter } from "./reporter.ts";

const machineName = "cni-traffic-lab-load";

/** Time between two looks, in milliseconds. */
const pause = 500;

export interface MachineLockOptions {
  readonly command: string;
  readonly report: Reporter;
  readonly stop: { readonly soft: AbortSignal };
  /** Another name for the lock, for tests. */
  readonly name?: string;
}

/** Waits until nothing loads on this machine, does `work`, and lets the next one in. Seconds of waiting go to `waited`. */
export async function aloneOnMachine<T>(
  { command, report, stop, name = machineName }: MachineLockOptions,
  work: (waited: number) => Promise<T>,
): Promise<T> {
  const start = performance.now();
  const owner = `${command} (pid ${process.pid})`;
  let held = await holdName(name, owner);
  if (held === undefined) {
    const holder = (await askHolder(name)) ?? "another lab command";
    report({ kind: "note", text: `waiting: ${holder} loads on this machine (Ctrl-C to stop waiting)` });
  }
  while (held === undefined && !stop.soft.aborted) {
    await sleep(pause, undefined, { signal: stop.soft }).catch(() => undefined);
    held = await holdName(name, owner);
  }
  try {
    // An interrupted wait goes on into the work, which sees the signal itself and does nothing.
    return await work((performance.now() - start) / 1000);
  } finally {
    held?.release();
  }
}

/** Whether the lab or its generator runs on this machine, so that two of them would load each other. */
export function sharesMachine({ environment, used }: Pick<Settings, "environment" | "used">): boolean {
  return environment === "netns" || environment === "local" || used["load.placement"] === "outside";
}
