/** Cells of a campaign without a result, each with its reason. Pure. */
import { count } from "./format.ts";
import type { Plan } from "./plan.ts";
import type { RunRecord } from "./record.ts";

export interface MissingCell {
  /** Cell id. */
  readonly cell: string;
  readonly reason: string;
}

/** Planned cells first, in the order of the plan, then others that ran; those with a valid run are left out. */
export function missingCells(
  plan: Pick<Plan, "cells"> | null,
  records: readonly Pick<RunRecord, "cell" | "measured">[],
): MissingCell[] {
  const runs = Map.groupBy(records, ({ cell }) => cell.id);
  const cells = new Set([...(plan?.cells ?? []).map(({ id }) => id), ...runs.keys()]);
  return [...cells].flatMap((cell) => {
    const own = runs.get(cell) ?? [];
    if (own.some(({ measured }) => measured.validity.valid)) return [];
    if (own.length === 0) return [{ cell, reason: "it was planned and never ran" }];
    const reasons = new Set(own.flatMap(({ measured }) => measured.validity.reasons));
    return [{ cell, reason: `no valid run of ${count(own.length, "run")}: ${[...reasons].join("; ")}` }];
  });
}
