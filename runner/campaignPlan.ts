/** What a campaign's bundle keeps of its plan, and the cells that a comparison names. Pure. */
import { planSchemaVersion, type Plan, type PlanComparison } from "../analysis/plan.ts";
import { cellOf } from "../scenarios/cell.ts";
import type { Settings } from "../scenarios/settings.ts";
import type { Campaign } from "./campaign.ts";
import type { AskedComparison } from "./campaignSchema.ts";

export function planOf(campaign: Campaign): Plan {
  const { name, description, seed, replication, stopping, cells, comparisons, limits } = campaign;
  return {
    ...{ schema: planSchemaVersion, name, description, seed, replication, stopping },
    cells: cells.map(({ lab, read }) => ({ ...cellOf(read), lab })),
    comparisons: [...comparisons],
    limits: { ...limits },
  };
}

interface NamedCell {
  readonly id: string;
  readonly read: Settings;
}

/**
 * The comparisons cell by cell. Settings may fit several cells: each cell that fits `a` is then compared with the cell
 * that fits `b` at the same load and weights. What fits none, or several, becomes a problem.
 */
export function comparisonsOf(
  asked: readonly AskedComparison[],
  cells: readonly NamedCell[],
  locate: (index: number) => string,
  problems: string[],
): PlanComparison[] {
  return asked.flatMap(({ a, b, claim, ...question }, index) => {
    const [left, right] = [fitting(a, cells), fitting(b, cells)];
    for (const [side, found] of [
      ["a", left],
      ["b", right],
    ] as const) {
      if (found.length === 0) problems.push(`${locate(index)}: ${side} fits no cell of this campaign`);
    }
    return left.flatMap((one) => {
      const partners = left.length === 1 && right.length === 1 ? right : right.filter((other) => sameLoad(one, other));
      if (partners.length !== 1 && right.length > 0) {
        problems.push(`${locate(index)}: b fits ${partners.length} cells at the load of ${one.id}: name more settings`);
      }
      const source = claim ?? null;
      return partners.map((other) => ({ a: one.id, b: other.id, ...question, claim: source }));
    });
  });
}

function fitting(wanted: AskedComparison["a"], cells: readonly NamedCell[]): NamedCell[] {
  if (typeof wanted === "string") return cells.filter(({ id }) => id === wanted);
  return cells.filter(({ read }) => Object.entries(wanted).every(([key, value]) => read.used[key] === String(value)));
}

const sameLoad = (x: NamedCell, y: NamedCell): boolean =>
  (["vus", "rate", "weights"] as const).every((key) => x.read.used[key] === y.read.used[key]);
