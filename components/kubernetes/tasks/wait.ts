/** Waiting with a voice: says what it waits for, gives up early when waiting cannot help, and at the deadline says what was missing. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Api, KubeObject } from "./api.ts";
import { failure } from "./problems.ts";

/** What a look gave: done with a value, or what is still missing and, where one object is to blame, which. */
export type Look<T> = { readonly done: T } | { readonly missing: string; readonly object?: KubeObject };

/** What a wait is about. */
export interface Wanted {
  readonly what: string;
  /** What a user can do when it does not come. */
  readonly remedy: string;
  /** Where the last event of the object that is to blame is looked up. */
  readonly api: Api;
}

export interface Patience {
  /** Seconds in all. */
  readonly deadline_s: number;
  /** Milliseconds between two looks; 1000 when not given. */
  readonly pause_ms?: number;
  /** Seconds that a pod may be stuck; 20 when not given. */
  readonly chance_s?: number;
}

/** Seconds after which it says again what it waits for. */
const voice = 10;

/**
 * Looks again and again until done.
 * @param look throws when waiting cannot help: its error ends the wait at once
 * @throws Error at the deadline, with what was missing, the last event of the object that is to blame, and the remedy
 */
export async function waitFor<T>(
  { what, remedy, api }: Wanted,
  { deadline_s, pause_ms = 1000 }: Patience,
  look: () => Promise<Look<T>>,
): Promise<T> {
  const start = Date.now();
  let said = "";
  let saidAt = 0;
  for (;;) {
    const seen = await look();
    if ("done" in seen) return seen.done;
    const now = Date.now();
    if (now - start > deadline_s * 1000) {
      throw await failure(api, seen.object, { text: `waited ${deadline_s} s for ${what}: ${seen.missing}`, remedy });
    }
    if (seen.missing !== said || now - saidAt > voice * 1000) {
      process.stderr.write(`waiting for ${what}: ${seen.missing} (${Math.round((now - start) / 1000)} s)\n`);
      said = seen.missing;
      saidAt = now;
    }
    await sleep(pause_ms);
  }
}
