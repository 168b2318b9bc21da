/** The planned comparisons of a bundle and their verdicts: rows of comparisons.csv. Pure. */
import { fixedInference, type Inference } from "./looks.ts";
import type { Plan } from "./plan.ts";
import type { Cell } from "./record.ts";
import { holmAdjusted } from "./statistics/holm.ts";
import { ratioInterval } from "./statistics/ratio.ts";
import type { ComparisonRow, SampleRow } from "./tables.ts";
import { defaultMargin, judge, testSides, type Side, type Tested } from "./verdict.ts";

/** One metric of one cell against the same metric of another, named before the values are looked at. */
export interface PlannedComparison {
  /** Cell ids; the effect is a over b. */
  readonly a: string;
  readonly b: string;
  readonly phase: string;
  readonly role: string;
  readonly metric: string;
  /** Equivalence margin as a share; absent: that of the whole comparison. */
  readonly margin?: number;
}

type Question = Pick<PlannedComparison, "phase" | "role" | "metric">;

const egressQuestions: readonly Question[] = [
  { phase: "saturated", role: "", metric: "goodput" },
  { phase: "unloaded", role: "", metric: "rtt" },
  { phase: "half", role: "", metric: "rtt" },
  { phase: "saturated", role: "", metric: "rtt" },
  { phase: "saturated", role: "host", metric: "cpu" },
];

/** The open model sets its own rate of requests, so there is nothing to compare in it. Shares are judged in splits.csv. */
const ingressQuestions: Readonly<Record<"closed" | "open", readonly Question[]>> = {
  closed: [
    { phase: "closed", role: "", metric: "requests" },
    { phase: "closed", role: "", metric: "latency_p99" },
    { phase: "closed", role: "host", metric: "cpu" },
  ],
  open: [
    { phase: "open", role: "", metric: "latency_p99" },
    { phase: "open", role: "host", metric: "cpu" },
  ],
};

/**
 * What is compared where a campaign names nothing of its own: within one environment, CNI and load level, the egress
 * gateway with the base path, and each two gateways of the same weights, also with the direct path.
 */
export function plannedComparisons(cells: readonly Cell[]): PlannedComparison[] {
  const sorted = cells.toSorted((x, y) => x.id.localeCompare(y.id, "en", { numeric: true }));
  const levels = Map.groupBy(sorted, ({ environment, cni, scenario, vus, rate }) =>
    JSON.stringify([environment, cni, scenario, vus, rate]),
  );
  return [...levels.values()].flatMap((level) =>
    level.flatMap((a) =>
      level
        .filter((b) => isPair(a, b))
        .flatMap((b) => questionsOf(a).map((question) => ({ a: a.id, b: b.id, ...question }))),
    ),
  );
}

/** What a campaign's plan names, else the default comparisons of the cells that ran. */
export function comparisonsOf(plan: Plan | null, cells: readonly Cell[]): readonly PlannedComparison[] {
  return plan === null || plan.comparisons.length === 0 ? plannedComparisons(cells) : plan.comparisons;
}

/**
 * What is compared between bundles of one bed: cells of the same load, path, level and weights that are either the same cell
 * or have another CNI. `cells` are those of each bundle; the effect is a later bundle's cell over an earlier one's.
 */
export function comparisonsAcross(cells: readonly (readonly Cell[])[]): PlannedComparison[] {
  const load = ({ scenario, path, vus, rate, weights }: Cell): string =>
    JSON.stringify([scenario, path, vus, rate, weights]);
  return cells.flatMap((later, index) =>
    later.flatMap((a) =>
      cells
        .slice(0, index)
        .flat()
        .filter((b) => load(a) === load(b) && (a.cni !== b.cni || a.gateway === b.gateway))
        .flatMap((b) => questionsOf(a).map((question) => ({ a: a.id, b: b.id, ...question }))),
    ),
  );
}

function isPair(a: Cell, b: Cell): boolean {
  if (a.scenario === "egress") return a.path === "gateway" && b.path === "base";
  if (a.gateway === "direct") return false;
  return b.gateway === "direct" || (a.gateway < b.gateway && a.weights === b.weights);
}

function questionsOf({ scenario, vus, rate }: Cell): readonly Question[] {
  if (scenario === "egress") return egressQuestions;
  return [...(vus === null ? [] : ingressQuestions.closed), ...(rate === null ? [] : ingressQuestions.open)];
}

/**
 * One row for each planned comparison, in the order of the plan; one that cannot be tested says why. All that can be
 * tested are one family: p values for a difference and for equivalence are each adjusted for all of them (Holm).
 * @param inference how intervals and p values are meant; other than usual where the campaign could end early
 */
export function compareCells(
  plan: readonly PlannedComparison[],
  samples: readonly SampleRow[],
  usualMargin = defaultMargin,
  inference: Inference = fixedInference,
): ComparisonRow[] {
  const bySide = Map.groupBy(samples, ({ cell, phase, role, metric }) => sideKey(cell, { phase, role, metric }));
  const environmentOf = new Map(samples.map(({ cell, environment }) => [cell, ownEnvironment(environment)]));
  /** Unlike beds are shown side by side, never judged. */
  const unlike = (a: string, b: string): Tested | null => {
    const [first, second] = [environmentOf.get(a), environmentOf.get(b)];
    return first === undefined || second === undefined || first === second
      ? null
      : {
          kind: "untested",
          reason: `${first} and ${second} are unlike environments: shown side by side, without a verdict`,
        };
  };
  const sideOf = (cell: string, question: Question): Side => {
    const values = bySide.get(sideKey(cell, question)) ?? [];
    return {
      cell,
      counted: values.filter(({ valid }) => valid).map(({ value }) => value),
      reasons: values.filter(({ valid }) => !valid).map(({ invalid_reason }) => invalid_reason),
    };
  };
  const compared = plan.map((planned) => {
    const [a, b] = [sideOf(planned.a, planned), sideOf(planned.b, planned)];
    const margin = planned.margin ?? usualMargin;
    return { planned, margin, a, b, tested: unlike(planned.a, planned.b) ?? testSides(a, b, margin) };
  });
  const family = compared.flatMap(({ tested }) => (tested.kind === "tested" ? [tested] : []));
  const differs = adjustedBy(family, (tested) => inference.p(tested.differs));
  // One-sided, where the inference is about both sides.
  const alike = adjustedBy(family, (tested) => inference.p(2 * tested.alike) / 2);
  return compared.map(({ planned, margin, a, b, tested }) => {
    const { phase, role, metric } = planned;
    const row = {
      a: planned.a,
      b: planned.b,
      phase,
      role,
      metric,
      n_a: a.counted.length,
      n_b: b.counted.length,
      ci_level: inference.level,
      margin,
    };
    if (tested.kind === "untested") {
      const none = { effect: null, ci_low: null, ci_high: null, ci_level: null, p_adjusted: null, runs_needed: null };
      return { ...row, ...none, verdict: "not enough data", reason: tested.reason };
    }
    const { effect, low, high } = ratioInterval(tested.ratio, inference.level);
    const adjusted = { differs: differs.get(tested) ?? 1, alike: alike.get(tested) ?? 1, family: family.length };
    return {
      ...row,
      effect: 1 + effect,
      ci_low: 1 + low,
      ci_high: 1 + high,
      p_adjusted: adjusted.differs,
      runs_needed: null,
      ...judge(tested, adjusted, margin, inference.level),
    };
  });
}

/** The environment of a cell whose like stands in several bundles that are put side by side. */
export const environmentIn = (environment: string, bundle: string): string => `${environment} in ${bundle}`;
const ownEnvironment = (name: string): string => name.split(" in ", 1)[0] ?? name;

type Testable = Extract<Tested, { kind: "tested" }>;

function adjustedBy(family: readonly Testable[], p: (tested: Testable) => number): Map<Tested, number> {
  const adjusted = holmAdjusted(family.map(p));
  return new Map(family.map((tested, index) => [tested, adjusted[index] ?? 1]));
}

function sideKey(cell: string, { phase, role, metric }: Question): string {
  return JSON.stringify([cell, phase, role, metric]);
}
