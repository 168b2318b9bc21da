/** Which labs may work at the same time: one lane for all that share this machine, one for each cluster elsewhere. */
import { sharesMachine } from "./machineLock.ts";
import type { Plan } from "./standing.ts";

/** Pure: the plans in lanes; those of one lane follow one another, in the order of the plan. */
export function lanesOf(plans: readonly Plan[]): Plan[][] {
  const lanes = Map.groupBy(plans, (plan) =>
    plan.blocks.flat().some(({ cell }) => sharesMachine(cell.read)) ? "" : plan.lab,
  );
  return [...lanes.values()];
}

/**
 * Works on the lanes, at most `width` at the same time. After an error the others end what they are at; then the first
 * error is thrown.
 * @param work is asked to end early when `halted` says so
 */
export async function runLanes<T>(
  lanes: readonly (readonly T[])[],
  width: number,
  work: (item: T, halted: () => boolean) => Promise<void>,
): Promise<void> {
  const waiting = [...lanes];
  const failures: unknown[] = [];
  const halted = (): boolean => failures.length > 0;
  const worker = async (): Promise<void> => {
    for (let lane = waiting.shift(); lane !== undefined; lane = waiting.shift()) {
      for (const item of lane) {
        if (halted()) return;
        try {
          await work(item, halted);
        } catch (error) {
          failures.push(error);
        }
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, lanes.length) }, worker));
  if (failures.length > 0) throw failures[0];
}

/** What the lanes need once for all: the first to ask does the work, the others wait for it; after a failure the next tries. */
export function onlyOnce<T>(): (work: () => Promise<T>) => Promise<T> {
  let done: Promise<T> | undefined;
  return async (work) => {
    done ??= work();
    try {
      return await done;
    } catch (error) {
      done = undefined;
      throw error;
    }
  };
}
