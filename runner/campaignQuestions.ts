/** The comparisons and means of a campaign file, cell by cell, and whether they will be measured. Pure. */
import type { PlanComparison, PlannedMean } from "../analysis/plan.ts";
import type { Settings } from "../scenarios/settings.ts";
import { campaignSettings, type AskedComparison, type AskedMean } from "./campaignSchema.ts";
import { nearest } from "./nearest.ts";

export interface NamedCell {
  readonly id: string;
  readonly read: Settings;
}

/** Told of each mistake, with the key that it is about. */
type Complain = (index: number, problem: string, key?: string) => void;

/**
 * The comparisons cell by cell. Settings may fit several cells: each cell that fits `a` is then compared with the cell
 * that fits `b` at the same load and weights. What fits none, or several, becomes a problem.
 */
export function comparisonsOf(
  asked: readonly AskedComparison[],
  cells: readonly NamedCell[],
  complain: Complain,
): PlanComparison[] {
  return asked.flatMap(({ a, b, claim, halfWidth, ...question }, index) => {
    const [left, right] = [fitting(a, cells), fitting(b, cells)];
    for (const [side, wanted, found] of [
      ["a", a, left],
      ["b", b, right],
    ] as const) {
      if (found.length === 0 && isSound(wanted))
        complain(index, `${side} fits no cell of this campaign${hint(wanted, cells)}`, side);
    }
    const unmeasured = unmeasuredReason(question, [...left, ...right]);
    if (unmeasured !== undefined) complain(index, unmeasured.problem, unmeasured.key);
    return left.flatMap((one) => {
      const partners = left.length === 1 && right.length === 1 ? right : right.filter((other) => sameLoad(one, other));
      if (partners.length !== 1 && right.length > 0) {
        complain(index, `b fits ${partners.length} cells at the load of ${one.id}: name more settings`, "b");
      }
      if (partners.some(({ id }) => id === one.id)) {
        complain(index, `a and b are the same cell, ${one.id}: name what differs`, "b");
      }
      const width = halfWidth === undefined ? {} : { halfWidth };
      return partners.map((other) => ({ a: one.id, b: other.id, ...question, claim: claim ?? null, ...width }));
    });
  });
}

/** The means cell by cell; settings may fit several cells. */
export function meansOf(asked: readonly AskedMean[], cells: readonly NamedCell[], complain: Complain): PlannedMean[] {
  return asked.flatMap(({ cell, halfWidth, ...question }, index) => {
    const found = fitting(cell, cells);
    if (found.length === 0 && isSound(cell))
      complain(index, `cell fits no cell of this campaign${hint(cell, cells)}`, "cell");
    const unmeasured = unmeasuredReason(question, found);
    if (unmeasured !== undefined) complain(index, unmeasured.problem, unmeasured.key);
    return found.map(({ id }) => ({ cell: id, ...question, ...(halfWidth === undefined ? {} : { halfWidth }) }));
  });
}

function fitting(wanted: AskedMean["cell"], cells: readonly NamedCell[]): NamedCell[] {
  if (typeof wanted === "string") return cells.filter(({ id }) => id === wanted);
  return cells.filter(({ read }) => Object.entries(wanted).every(([key, value]) => isOneOf(read.used[key], value)));
}

/** Whether all settings are known ones: others are told where they stand. */
const isSound = (wanted: AskedMean["cell"]): boolean =>
  typeof wanted === "string" || Object.keys(wanted).every((key) => campaignSettings.some((name) => name === key));

/** A list stands for any of its values. */
const isOneOf = (own: string | undefined, value: Value | readonly Value[]): boolean =>
  (isList(value) ? value : [value]).some((one) => String(one) === own);

type Value = string | number | boolean;
const isList = (value: Value | readonly Value[]): value is readonly Value[] => Array.isArray(value);

/** The cell that was perhaps meant, or the setting that no cell has. */
function hint(wanted: AskedMean["cell"], cells: readonly NamedCell[]): string {
  if (typeof wanted === "string") {
    const near = nearest(
      wanted,
      cells.map(({ id }) => id),
    );
    return near === undefined ? `: its cells are ${some(cells.map(({ id }) => id))}` : `; did you mean ${near}?`;
  }
  const strange = Object.entries(wanted).find(([key, value]) =>
    cells.every(({ read }) => !isOneOf(read.used[key], value)),
  );
  if (strange === undefined) return ": no cell has all of these settings";
  const [key, value] = strange;
  const known = [...new Set(cells.flatMap(({ read }) => read.used[key] ?? []))];
  if (known.length === 0) return `: no cell has the setting ${key}`;
  return `: no cell has ${key} ${String(value)}, only ${some(known)}`;
}

const some = (values: readonly string[]): string =>
  values.length <= 8 ? values.join(", ") : `${values.slice(0, 8).join(", ")} and ${values.length - 8} more`;

const sameLoad = (x: NamedCell, y: NamedCell): boolean =>
  (["vus", "rate", "weights"] as const).every((key) => x.read.used[key] === y.read.used[key]);

/** Metrics of whoever uses the machine, and of the path as a whole by the kind of load. */
const resourceMetrics = ["cpu", "cpu_softirq", "steal", "memory"];
const loadMetrics: Readonly<Record<Settings["scenario"], readonly string[]>> = {
  egress: ["goodput", "retransmits", "rtt", "generator_cpu", "host_idle"],
  ingress: ["requests", "errors", "dropped_iterations", "latency_p50", "latency_p99", "generator_cpu", "host_idle"],
};
/** One backend is reached, but nothing is split. */
const splitMetrics = ({ scenario, gateway, weights }: Settings): string[] => {
  if (scenario !== "ingress") return [];
  const splits = gateway !== "direct" && weights.filter((weight) => weight > 0).length > 1;
  return ["share", ...(splits ? ["split_distance", "split_distance_to_chance"] : [])];
};
const costMetrics: Readonly<Record<Settings["scenario"], string>> = {
  egress: "cpu_per_gbit",
  ingress: "cpu_per_krequest",
};
const roles = ["host", "client", "gateway", "server", "cni", "control-plane", "monitoring"];

/** Why the cells would never have a value for the question: one that is asked in vain costs a whole campaign. */
function unmeasuredReason(
  { metric, phase, role }: { readonly metric: string; readonly phase: string; readonly role: string },
  cells: readonly NamedCell[],
): { problem: string; key: string } | undefined {
  for (const { id, read } of cells) {
    const phases = read.phases.map((one) => one.phase);
    if (!phases.includes(phase)) {
      return { key: "phase", problem: `${id} has no phase "${phase}": its phases are ${phases.join(", ")}` };
    }
    const { scenario } = read;
    const own = phase === "idle" ? [] : [...loadMetrics[scenario], costMetrics[scenario], ...splitMetrics(read)];
    if (![...resourceMetrics, ...own].includes(metric)) {
      return {
        key: "metric",
        problem: `${metric} is not measured in phase ${phase} of ${scenario}: ${[...own, ...resourceMetrics].join(", ")} are`,
      };
    }
    const wanted = rolesFor(metric, read);
    if (!wanted.includes(role)) {
      const allowed = wanted.includes("") ? "leave role out" : `role must be ${wanted.join(", ")}`;
      return {
        key: role === "" ? "metric" : "role",
        problem: `${metric} is not measured for the role "${role}": ${allowed}`,
      };
    }
  }
  return undefined;
}

function rolesFor(metric: string, { scenario, weights }: Settings): string[] {
  if (metric === "share") return weights.map((_, index) => `echo-${index + 1}`);
  if (metric === "cpu_softirq" || metric === "steal") return ["host"];
  if (metric === costMetrics[scenario]) return roles.filter((role) => role !== "monitoring");
  return resourceMetrics.includes(metric) ? roles : [""];
}
