/** What an engineer who has to choose wants on one page: what each option gives, what it costs, how sure, what is not known. */
import { count, list, number, nText, percent, scaleFor, withInterval } from "../figures/format.ts";
import { levelText } from "../figures/labels.ts";
import { phaseNames } from "../figures/cells.ts";
import { isMeasured, loadPhase, voidLabel, type Values, type View } from "../figures/view.ts";
import type { MetricName } from "../metrics.ts";
import type { Cell } from "../record.ts";
import { ratioEffect } from "../statistics/ratio.ts";
import type { ComparisonRow } from "../tables.ts";
import { overIdle } from "./cells.ts";
import { splitGroups } from "./ingressFindings.ts";
import { askedComparisons, betterSide, effectText, metricName, questionText, settlesText } from "./words.ts";

/** One thing that can be chosen: a CNI's egress gateway, or a gateway of incoming traffic. */
export interface Option {
  readonly name: string;
  readonly scenario: "egress" | "ingress";
  readonly cells: readonly Cell[];
  readonly gives: readonly string[];
  readonly costs: readonly string[];
  readonly sure: readonly string[];
  readonly open: readonly string[];
}

/** Two options that were compared with each other, and for which of them each question was settled. */
export interface Choice {
  readonly a: string;
  readonly b: string;
  /** Questions that are settled for a, for b, as good as equal, and open; each with its effect. */
  readonly forA: readonly string[];
  readonly forB: readonly string[];
  readonly equal: readonly string[];
  readonly open: readonly string[];
}

/** All options of the bundle, egress first, in the order of its cells. */
export function optionsOf(view: View): Option[] {
  return [
    ...grouped(view.egress, ({ environment, cni }) => [environment, cni]).map(({ name, cells }) =>
      egressOption(view, name, cells),
    ),
    ...grouped(view.ingress, ({ environment, cni, gateway, weights }) => [environment, cni, gateway, weights]).map(
      ({ name, cells }) => ingressOption(view, name, cells),
    ),
  ];
}

/** Options that the bundle's comparisons hold against each other, in the order of the plan. */
export function choicesOf(view: View, options: readonly Option[]): Choice[] {
  const ownerOf = new Map(options.flatMap((option) => option.cells.map(({ id }) => [id, option])));
  const between = askedComparisons(view.bundle).asked.flatMap((row) => {
    const [a, b] = [ownerOf.get(row.a), ownerOf.get(row.b)];
    return a === undefined || b === undefined || a === b ? [] : [{ row, a, b }];
  });
  return [...Map.groupBy(between, ({ a, b }) => `${a.scenario}\n${a.name}\n${b.name}`).values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const told = (wanted: (row: ComparisonRow) => boolean): string[] =>
      group.filter(({ row }) => wanted(row)).map(({ row }) => `${atLevel(view, row)} ${effectText(row)}`);
    return [
      {
        a: first.a.name,
        b: first.b.name,
        forA: told((row) => betterSide(row) === "a"),
        forB: told((row) => betterSide(row) === "b"),
        equal: told(({ verdict }) => verdict === "equivalent"),
        open: group
          .filter(({ row }) => row.verdict === "not enough data")
          .map(({ row }) => `${atLevel(view, row)}${row.effect === null ? "" : ` ${effectText(row)}`}`),
      },
    ];
  });
}

/** `p99 latency at 10 VUs`, `goodput, saturated, through the gateway`. */
function atLevel({ bundle }: View, row: ComparisonRow): string {
  const cell = bundle.cells.find(({ id }) => id === row.a);
  if (cell === undefined) return questionText(row);
  if (cell.scenario === "ingress") return `${metricName(row.metric)} at ${levelText(cell)}`;
  return `${questionText(row)}, ${cell.path}`;
}

/** Cells that make one option; named by what tells the options apart. */
function grouped(
  cells: readonly Cell[],
  parts: (cell: Cell) => readonly string[],
): { name: string; cells: readonly Cell[] }[] {
  const groups = [...Map.groupBy(cells, (cell) => JSON.stringify(parts(cell))).values()];
  const all = groups.flatMap((group) => group.slice(0, 1).map(parts));
  const telling = (index: number): boolean => new Set(all.map((own) => own[index])).size > 1;
  return groups.flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const own = parts(first).filter((part, index) => part !== "" && telling(index));
    // The only option still has a name: its gateway, or its CNI.
    const fallback = first.gateway === "" ? first.cni : first.gateway;
    return [{ name: own.length === 0 ? fallback : own.join(", "), cells: group }];
  });
}

function egressOption(view: View, name: string, cells: readonly Cell[]): Option {
  const base = cells.find(({ path }) => path === "base");
  const gateway = cells.find(({ path }) => path === "gateway");
  const main = gateway ?? base;
  const goodput = main === undefined ? null : view.values(main, "saturated", "", "goodput");
  const against = (phase: string, role: string, metric: MetricName): string[] =>
    gateway === undefined || base === undefined
      ? []
      : relative(view.values(gateway, phase, role, metric), view.values(base, phase, role, metric));
  const share =
    gateway === undefined || base === undefined
      ? null
      : ratioEffect(
          view.values(gateway, "saturated", "", "goodput").counted,
          view.values(base, "saturated", "", "goodput").counted,
        );
  const phases = view.phases("rtt", cells);
  return {
    name,
    scenario: "egress",
    cells,
    gives: [
      ...(goodput === null || !isMeasured(goodput)
        ? []
        : [`${inUnit(goodput)} goodput${gateway === undefined ? " without a gateway" : " through the gateway"}`]),
      ...(share === null || !Number.isFinite(share.effect)
        ? []
        : [
            `${percent(1 + share.effect, 0)} of its base goodput (${number((1 + share.low) * 100, 0)} to ${percent(1 + share.high, 0)})`,
          ]),
      ...proofOf(view, main),
    ],
    costs: [
      ...phases.flatMap((phase) =>
        against(phase, "", "rtt").map((text) => `round-trip time, ${phaseNames[phase] ?? phase}: ${text}`),
      ),
      ...against("saturated", "host", "cpu_per_gbit").map((text) => `CPU for each Gbit: ${text}`),
      ...against("saturated", "host", "memory").map((text) => `memory of the host: ${text}`),
      ...(gateway === undefined ? ["no gateway was measured, so its cost is not known"] : []),
    ],
    sure: sureness(view, cells, goodput === null ? [] : [goodput]),
    open: [
      ...openQuestions(view, cells),
      ...(base === undefined ? ["what the gateway costs: there is no base cell beside it"] : []),
      ...(phases.includes("half") ? [] : ["round-trip time at half load: not in this campaign"]),
      ...voidMetrics(view, cells, [
        ["saturated", "", "goodput"],
        ["saturated", "host", "cpu"],
      ]),
      ...failures(view, cells),
    ],
  };
}

/** Measured connections of the valid runs, with what the server recorded of their source. */
function proofOf({ bundle }: View, cell: Cell | undefined): string[] {
  const proofs = bundle.records
    .filter((run) => run.cell.id === cell?.id && run.measured.validity.valid)
    .flatMap(({ measured: { proof } }) => (proof === null ? [] : [proof]));
  if (proofs.length === 0) return [];
  const [all, proven] = [sum(proofs, (proof) => proof.connections), sum(proofs, (proof) => proof.proven)];
  return [
    proven === all && all > 0
      ? `the expected source address on all ${count(all, "connection")}`
      : `the expected source address on ${number(proven, 0)} of ${count(all, "connection")}`,
  ];
}

function ingressOption(view: View, name: string, cells: readonly Cell[]): Option {
  const values = (cell: Cell, metric: MetricName, role = ""): Values =>
    view.values(cell, loadPhase(view, cell), role, metric);
  const counted = (metric: MetricName, role = ""): (Values & { mean: number })[] =>
    cells
      .map((cell) => values(cell, metric, role))
      .filter(isMeasured)
      .filter(({ basis }) => basis === "valid");
  const told = (all: readonly (Values & { mean: number })[], show: (value: number) => string): string => {
    const shown = new Set(all.map(({ mean }) => show(mean)));
    return shown.size === 1 && all.length > 1
      ? `${list([...shown])} at every load`
      : list(all.map(({ cell, mean }) => `${show(mean)} at ${levelText(cell) || "this load"}`));
  };
  const requests = counted("requests").filter(({ cell }) => cell.vus !== null);
  const latency = counted("latency_p99");
  const cost = counted("cpu_per_krequest", "host");
  const memory = cells
    .map((cell) => overIdle(view, cell, loadPhase(view, cell), "gateway", "memory"))
    .filter(isMeasured);
  const bound = cells.filter((cell) => voidLabel(values(cell, "requests")) !== "");
  const rated = cells.some(({ rate }) => rate !== null);
  const milli = (seconds: number): string => `${number(seconds * 1000)} ms`;
  return {
    name,
    scenario: "ingress",
    cells,
    gives: [
      ...(requests.length === 0 ? [] : [`requests/s: ${told(requests, (value) => number(value))}`]),
      ...splitOf(view, cells),
    ],
    costs: [
      ...(latency.length === 0 ? [] : [`p99 latency: ${told(latency, milli)}`]),
      ...(cost.length === 0 ? [] : [`CPU for 1,000 requests: ${told(cost, (value) => `${number(value)} core·s`)}`]),
      ...(memory.length === 0
        ? []
        : [`memory of the gateway over idle: ${told(memory, (value) => `${number(value / 1024 ** 2, 1)} MiB`)}`]),
    ],
    sure: sureness(view, cells, [...requests, ...latency]),
    open: [
      ...openQuestions(view, cells),
      ...(bound.length === 0
        ? []
        : [`capacity and latency at ${list(bound.map(levelText))}: the machine, not the gateway, was the limit`]),
      ...(rated ? [] : ["latency at a fixed rate: not in this campaign"]),
      ...voidMetrics(
        view,
        cells,
        cells.slice(0, 1).map((cell) => [loadPhase(view, cell), "host", "cpu"] as const),
      ),
      ...failures(view, cells),
    ],
  };
}

/** How many cells hit their weights as well as chance allows, and the worst distance. */
function splitOf(view: View, cells: readonly Cell[]): string[] {
  const own = splitGroups(view).filter(
    ({ rows, total }) => total > 0 && rows.length > 1 && cells.some(({ id }) => id === rows[0]?.cell),
  );
  if (own.length === 0) return [];
  const within = own.filter(({ off, chance }) => Math.abs(off) <= chance).length;
  const worst = Math.max(...own.map(({ off }) => Math.abs(off)));
  const where =
    own.length === 1
      ? within === 1
        ? "within"
        : "outside"
      : `in ${String(within)} of ${String(own.length)} loads within`;
  return [`a split ${where} what chance allows, at most ${number(worst, 2)} points from its weights`];
}

function sureness({ bundle }: View, cells: readonly Cell[], values: readonly Values[]): string[] {
  const ids = new Set(cells.map(({ id }) => id));
  const rows = askedComparisons(bundle).asked.filter(({ a, b }) => ids.has(a) || ids.has(b));
  const of = (verdict: ComparisonRow["verdict"]): number => rows.filter((row) => row.verdict === verdict).length;
  const settled = of("different") + of("equivalent");
  return [
    ...(values.length === 0 ? [] : [`${nText(values.map(({ n }) => n))} in a cell`]),
    ...(rows.length === 0
      ? ["nothing to compare it with"]
      : [
          `${number(settled, 0)} of ${count(rows.length, "comparison")} settled: ${number(of("different"), 0)} different, ${number(of("equivalent"), 0)} as good as equal`,
        ]),
  ];
}

/** More open questions than this are counted, not listed. */
const mostOpen = 3;

function openQuestions(view: View, cells: readonly Cell[]): string[] {
  const ids = new Set(cells.map(({ id }) => id));
  const rows = askedComparisons(view.bundle).asked.filter(
    (row) => row.verdict === "not enough data" && row.effect !== null && (ids.has(row.a) || ids.has(row.b)),
  );
  const named = rows.slice(0, mostOpen).map((row) => `${atLevel(view, row)}: open, ${settlesText(row)}`);
  return rows.length > mostOpen ? [...named, `${number(rows.length - mostOpen, 0)} more comparisons are open`] : named;
}

function voidMetrics(
  view: View,
  cells: readonly Cell[],
  questions: readonly (readonly [phase: string, role: string, metric: MetricName])[],
): string[] {
  return questions.flatMap(([phase, role, metric]) => {
    const lost = cells.filter((cell) => view.values(cell, phase, role, metric).basis !== "valid");
    if (lost.length === 0) return [];
    return [
      `${metricName(metric)}: no value that counts in ${number(lost.length, 0)} of ${count(cells.length, "cell")}`,
    ];
  });
}

/** Runs that were invalid, and cells that were planned and have none. */
function failures({ bundle }: View, cells: readonly Cell[]): string[] {
  const ids = new Set(cells.map(({ id }) => id));
  const invalid = bundle.invalid.filter(({ cell }) => ids.has(cell)).length;
  const lost = bundle.missing.filter(({ cell }) => ids.has(cell)).length;
  return [
    ...(invalid === 0 ? [] : [`${count(invalid, "invalid run")}, not counted`]),
    ...(lost === 0 ? [] : [`${count(lost, "cell")} without a valid run`]),
  ];
}

/** `+25 % (+20 to +31 %) over base`; what it is not when the interval holds no difference. */
function relative(gateway: Values, base: Values): string[] {
  const effect = ratioEffect(gateway.counted, base.counted);
  if (effect === null || gateway.basis !== "valid" || base.basis !== "valid") return [];
  if (![effect.effect, effect.low, effect.high].every(Number.isFinite)) return [];
  const [ratio, low, high] = [1 + effect.effect, 1 + effect.low, 1 + effect.high];
  const text = effectText({ effect: ratio, ci_low: low, ci_high: high });
  return [low > 1 || high < 1 ? `${text} against base` : `cannot be told from base, ${text}`];
}

function inUnit(values: Values & { mean: number }): string {
  const scale = scaleFor(values.unit, values.mean);
  return `${withInterval(values, scale)} ${scale.unit}`;
}

function sum<T>(items: readonly T[], pick: (item: T) => number): number {
  return items.reduce((total, item) => total + pick(item), 0);
}
