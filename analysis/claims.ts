/** The claims that a campaign tests, and what its comparisons say of them. Pure. */
import type { Plan, PlanClaim } from "./plan.ts";
import type { ComparisonRow } from "./tables.ts";

export interface JudgedClaim extends PlanClaim {
  readonly verdict: "confirmed" | "refuted" | "not enough data";
  /** The comparison that tests it: effect, interval, verdict and reason. */
  readonly comparison: ComparisonRow;
}

/** One row for each claim of the plan, in its order; `comparisons` are those of the same bundle. */
export function judgeClaims(
  plan: Pick<Plan, "comparisons"> | null,
  comparisons: readonly ComparisonRow[],
): JudgedClaim[] {
  const rows = new Map(comparisons.map((row) => [keyOf(row), row]));
  return (plan?.comparisons ?? []).flatMap(({ claim, ...planned }) => {
    const comparison = rows.get(keyOf(planned));
    return claim === null || comparison === undefined
      ? []
      : [{ ...claim, verdict: verdictOn(claim.expect, comparison), comparison }];
  });
}

/**
 * A claim of a difference is refuted by a difference the other way and by equivalence. A claim of equality is refuted only by
 * an interval that lies outside the margin as a whole: a difference that is certain may still be too small to matter.
 */
function verdictOn(expect: PlanClaim["expect"], row: ComparisonRow): JudgedClaim["verdict"] {
  if (row.verdict === "not enough data" || row.effect === null) return "not enough data";
  if (row.verdict === "equivalent") return expect === "equal" ? "confirmed" : "refuted";
  if (expect === "equal") {
    const outside = (row.ci_low ?? 0) > 1 + row.margin || (row.ci_high ?? Infinity) < 1 / (1 + row.margin);
    return outside ? "refuted" : "not enough data";
  }
  return row.effect < 1 === (expect === "below") ? "confirmed" : "refuted";
}

const keyOf = ({ a, b, phase, role, metric }: Pick<ComparisonRow, "a" | "b" | "phase" | "role" | "metric">): string =>
  JSON.stringify([a, b, phase, role, metric]);
