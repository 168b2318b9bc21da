/** Metrics, effects and verdicts in words, the same in the report and in report.md. */
import { labelsFor, phaseNames, roleName } from "../figures/cells.ts";
import type { Bundle } from "../bundle.ts";
import type { JudgedClaim } from "../claims.ts";
import { count, number } from "../figures/format.ts";
import type { View } from "../figures/view.ts";
import { betterOf } from "../metrics.ts";
import type { ComparisonRow } from "../tables.ts";

const metricNames: Readonly<Record<string, string>> = {
  goodput: "goodput",
  retransmits: "retransmits",
  rtt: "round-trip time",
  cpu: "CPU",
  memory: "memory",
  requests: "requests/s",
  latency_p50: "median latency",
  latency_p99: "p99 latency",
  cpu_per_gbit: "CPU for each Gbit",
  cpu_per_krequest: "CPU for 1,000 requests",
  split_distance: "distance of the split",
  split_distance_to_chance: "distance of the split over that of chance",
};

/** `round-trip time`; the metric's own name where there is none for readers. */
export function metricName(metric: string): string {
  return metricNames[metric] ?? metric.replaceAll("_", " ");
}

/** `CPU of the whole host, saturated`. */
export function questionText({ metric, phase, role }: Pick<ComparisonRow, "metric" | "phase" | "role">): string {
  const of = role === "" ? "" : ` of ${role === "host" ? "the whole host" : roleName(role)}`;
  return `${metricName(metric)}${of}, ${phaseNames[phase] ?? phase}`;
}

/** Whether everything of a lab runs on one machine; else on the nodes of a cluster and what stands beside it. */
export const isOneMachine = ({ environment }: { readonly environment: string }): boolean =>
  environment === "netns" || environment === "local";

interface Effect {
  /** Ratio a over b, 1 for no difference; null where there is none. */
  readonly effect: number | null;
  readonly ci_low: number | null;
  readonly ci_high: number | null;
}

/**
 * Ratio with its interval: `−10 % (−12 to −8 %)`, a factor where it at least doubles or halves: `2.1 times (1.9 to 2.3)`. A dash
 * where nothing could be tested.
 */
export function effectText({ effect, ci_low, ci_high }: Effect): string {
  if (effect === null || ci_low === null || ci_high === null) return "–";
  if (effect >= 2 || effect <= 0.5) {
    const decimals = ci_high < 10 && ci_low > 0.1 ? 2 : undefined;
    return `${number(effect, decimals)} times (${number(ci_low, decimals)} to ${number(ci_high, decimals)})`;
  }
  const [low, high] = [(ci_low - 1) * 100, (ci_high - 1) * 100];
  const decimals = high - low >= 20 ? 0 : high - low >= 1 ? 1 : 2;
  const points = (value: number): string => `${value > 0 ? "+" : ""}${number(value, decimals)}`;
  return `${points((effect - 1) * 100)} % (${points(low)} to ${points(high)} %)`;
}

/** p as it is written: `0.012`, `< 0.001`, a dash for none. */
export function pText(p: number | null): string {
  return p === null ? "–" : p < 0.001 ? "< 0.001" : number(p, 3);
}

/** Which side a settled comparison speaks for: the one whose metric is better; null where that has no meaning. */
export function betterSide({ metric, effect, verdict }: ComparisonRow): "a" | "b" | null {
  const better = betterOf(metric);
  if (verdict !== "different" || effect === null || better === null) return null;
  return effect > 1 === (better === "higher") ? "a" : "b";
}

/** `cilium against antrea`. @param nameOf short name of a cell by its id */
export const sidesText = ({ a, b }: ComparisonRow, nameOf: (id: string) => string): string =>
  `${nameOf(a)} against ${nameOf(b)}`;

/** `8`, or `8 and 6` where the sides differ. */
export const runsText = ({ n_a, n_b }: ComparisonRow): string =>
  n_a === n_b ? number(n_a, 0) : `${number(n_a, 0)} and ${number(n_b, 0)}`;

/** Where there is no comparison at all. */
export const nothingCompared = "No two cells of this bundle could be compared.";

/** What would settle an open comparison; blank for one that is settled. */
export function settlesText({ verdict, runs_needed, n_a, n_b }: ComparisonRow): string {
  if (verdict !== "not enough data") return "";
  const made = Math.min(n_a, n_b);
  if (runs_needed !== null) return `${number(runs_needed, 0)} runs a side (${number(runs_needed - made, 0)} more)`;
  return made < 2 ? "two runs a side whose value counts, to begin with" : "cannot be told from these runs";
}

/** Short name of a cell among all cells of its scenario; its id where the bundle does not have it. */
export function namesOf(view: View): (id: string) => string {
  const [egress, ingress] = [labelsFor(view.egress).labels, labelsFor(view.ingress).labels];
  const known = new Set(view.bundle.cells.map(({ id }) => id));
  return (id) => (!known.has(id) ? id : view.egress.some((cell) => cell.id === id) ? egress.of(id) : ingress.of(id));
}

/** `14 planned comparisons: 6 different, 2 equivalent, 6 not enough data.` */
export function verdictSummary(comparisons: readonly ComparisonRow[]): string {
  const of = (verdict: ComparisonRow["verdict"]): string =>
    `${number(comparisons.filter((row) => row.verdict === verdict).length, 0)} ${verdict}`;
  return `${count(comparisons.length, "planned comparison")}: ${of("different")}, ${of("equivalent")}, ${of("not enough data")}.`;
}

/** `12 claims: 7 confirmed, 2 refuted, 3 not enough data.` */
export function claimSummary(claims: readonly JudgedClaim[]): string {
  const of = (verdict: JudgedClaim["verdict"]): string =>
    `${number(claims.filter((claim) => claim.verdict === verdict).length, 0)} ${verdict}`;
  return `${count(claims.length, "claim")}: ${of("confirmed")}, ${of("refuted")}, ${of("not enough data")}.`;
}

/**
 * The comparisons that the campaign could have answered. Where it names none of its own, the default ones ask for phases that
 * it may not have had: those are told in a sentence, not in a row each.
 */
export function askedComparisons({ records, plan, tables }: Bundle): {
  asked: readonly ComparisonRow[];
  unasked: readonly ComparisonRow[];
} {
  const own = (plan?.comparisons.length ?? 0) > 0;
  const phases = new Set(records.flatMap(({ cell, load }) => load.phases.map(({ phase }) => `${cell.id}\n${phase}`)));
  const had = ({ a, b, phase }: ComparisonRow): boolean => [a, b].some((cell) => phases.has(`${cell}\n${phase}`));
  return {
    asked: tables.comparisons.filter((row) => own || had(row)),
    unasked: tables.comparisons.filter((row) => !own && !had(row)),
  };
}
