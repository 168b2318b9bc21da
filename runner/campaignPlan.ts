/** What follows from a campaign before it runs: its plan as the bundle keeps it, its schedule, its questions. Pure. */
import { plannedComparisons, type PlannedComparison } from "../analysis/comparisons.ts";
import { planSchemaVersion, type Plan } from "../analysis/plan.ts";
import { cellOf } from "../scenarios/cell.ts";
import type { Campaign, CampaignCell } from "./campaign.ts";
import type { Question } from "./intervals.ts";
import { schedule, seededOrder, type LabPlan } from "./schedule.ts";

export function planOf(campaign: Campaign): Plan {
  const { name, description, seed, replication, stopping, cells, comparisons, means, limits } = campaign;
  return {
    ...{ schema: planSchemaVersion, name, description, seed, replication, stopping },
    cells: cells.map(({ lab, read }) => ({ ...cellOf(read), lab })),
    comparisons: [...comparisons],
    means: [...means],
    limits: { ...limits },
  };
}

/** Whether several labs stand at the same time and take turns block by block: labs that stay, with a stopping rule over all. */
export function takesTurns({
  replication,
  stopping,
  cells,
}: Pick<Campaign, "replication" | "stopping" | "cells">): boolean {
  return replication === "reuse" && stopping.rule === "until" && new Set(cells.map(({ lab }) => lab)).size > 1;
}

/** All runs of a campaign in their order, by labs. */
export function scheduleOf(campaign: Campaign): LabPlan<CampaignCell>[] {
  const { cells, blocks, seed, replication } = campaign;
  return schedule(cells, blocks, seededOrder(seed), takesTurns(campaign) ? "rebuild" : replication);
}

/** Parts of the schedule that follow one another: the blocks where all labs together decide whether another follows, else all. */
export function roundsOf<P extends LabPlan<CampaignCell>>(
  { stopping }: Pick<Campaign, "stopping">,
  plan: readonly P[],
): P[][] {
  if (stopping.rule === "fixed") return [[...plan]];
  return [...Map.groupBy(plan, ({ blocks }) => (blocks.length === 1 ? blocks[0]?.[0]?.block : undefined)).values()];
}

/**
 * What the campaign wants to know: the comparisons and means that it names, else what is compared where nothing is named.
 * With a stopping rule each has the half-width that is waited for.
 */
export function questionsOf({ stopping, comparisons, means, cells }: Campaign): Question[] {
  const wanted = (own: number | undefined) => (stopping.rule === "fixed" ? {} : { wanted: own ?? stopping.halfWidth });
  const asked = ({
    phase,
    role,
    metric,
    halfWidth,
  }: {
    phase: string;
    role: string;
    metric: string;
    halfWidth?: number | undefined;
  }) => ({
    ...{ phase, role, metric },
    ...wanted(halfWidth),
  });
  const compared: readonly (PlannedComparison & { halfWidth?: number | undefined })[] =
    comparisons.length + means.length > 0 ? comparisons : plannedComparisons(cells.map(({ read }) => cellOf(read)));
  return [
    ...compared.map((one) => ({ a: one.a, b: one.b, ...asked(one) })),
    ...means.map((one) => ({ cell: one.cell, ...asked(one) })),
  ];
}
