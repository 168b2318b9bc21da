/** What a change of properties means. */
import { equal, hasUnknown, isRecord, type Properties } from "./values.ts";

export interface Difference {
  readonly changes: boolean;
  /** Properties that make a new resource necessary. */
  readonly replaces: string[];
}

/** Output that tells in words what a refresh found different from what was made; absent when nothing. */
export const driftKey = "drift";

/**
 * Compares what is with what is wanted.
 *
 * `inputs` are the type's input properties: outputs never count as a change. Those in `inPlace` can be changed by
 * an update, all others replace. Of `lab` only the search path can be changed in place. A value that is not known yet
 * replaces: the engine asks with unknown values when it must know what goes down with a resource that is replaced,
 * and what was set on a device is lost with the device.
 */
export function difference(
  inputs: readonly string[],
  inPlace: readonly string[],
  olds: Properties,
  news: Properties,
): Difference {
  const changed = inputs.filter((key) => !equal(olds[key], news[key]));
  const replaces = changed.filter((key) => {
    if (hasUnknown(news[key])) return true;
    return key === "lab" ? !equal(withoutPath(olds[key]), withoutPath(news[key])) : !inPlace.includes(key);
  });
  return { changes: changed.length > 0 || olds[driftKey] !== undefined, replaces };
}

function withoutPath(lab: unknown): unknown {
  return isRecord(lab) ? Object.fromEntries(Object.entries(lab).filter(([key]) => key !== "path")) : lab;
}
