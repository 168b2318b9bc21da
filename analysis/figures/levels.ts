/** Figures against the load level: requests, latency, CPU and memory, the split; one line for each CNI with its gateway. */
import type { MetricName } from "../metrics.ts";
import type { Cell } from "../record.ts";
import { cellTone, inks, toneName } from "../theme.ts";
import { labelsFor } from "./cells.ts";
import { figureWidth, frame } from "./draw.ts";
import { nText } from "./format.ts";
import { environmentName } from "./labels.ts";
import { drawLevels, largestOf, levelName, logDomain, type Level, type LevelKind } from "./levelsPlot.ts";
import { absentNotes, stateLegend, stateNotes } from "./rows.ts";
import { chanceOf, distanceOf, firstBackend, shareDomain, shareOf } from "./shares.ts";
import { voidLabel, type Values, type View } from "./view.ts";

export type { LevelKind } from "./levelsPlot.ts";

/** What a panel shows of each cell. */
interface LevelMetric {
  readonly heading: string;
  readonly quantity: string;
  readonly values: (cell: Cell) => Values;
  /** `log`; `zero`: from zero on; `around`: on both sides of the weight, as far as the values reach. */
  readonly axis: "log" | "zero" | "around";
  /** The wanted value and what chance allows around it, in the values' unit; null where there is none. */
  readonly chance?: (cell: Cell) => Level["chance"];
  /** A load of another kind than the figure's own, with its own cells. */
  readonly kind?: LevelKind;
}

interface LevelsFigure {
  readonly name: string;
  readonly title: string;
  /** A panel for each; the heading is blank for the only one. */
  readonly metrics: readonly LevelMetric[];
  readonly cells: readonly Cell[];
  readonly kind: LevelKind;
  readonly notes?: readonly string[];
}

/** Ingress cells that have a level of this kind. */
export function levelCells(view: View, kind: LevelKind): Cell[] {
  return view.ingress.filter((cell) => cell[kind] !== null);
}

/** The k6 phase that a level of this kind is about. */
export function phaseOf(kind: LevelKind): "closed" | "open" {
  return kind === "vus" ? "closed" : "open";
}

const plain =
  (view: View, kind: LevelKind, metric: MetricName, role = "") =>
  (cell: Cell): Values =>
    view.values(cell, phaseOf(kind), role, metric);

/** Requests per second against the level. */
export function requestsFigure(view: View, kind: LevelKind): string {
  return levelsFigure(view, {
    name: `requests-${kind}`,
    title: kind === "vus" ? "Requests per second against virtual users" : "Answers per second against the offered rate",
    metrics: [{ heading: "", quantity: "requests per second", values: plain(view, kind, "requests"), axis: "zero" }],
    cells: levelCells(view, kind),
    kind,
  });
}

/** Median and 99th percentile of the latency against the level, on one logarithmic scale. */
export function latencyFigure(view: View, kind: LevelKind): string {
  const of = (metric: MetricName): Pick<LevelMetric, "quantity" | "values" | "axis"> => ({
    quantity: "latency",
    values: plain(view, kind, metric),
    axis: "log",
  });
  return levelsFigure(view, {
    name: `latency-${kind}`,
    title: kind === "vus" ? "Latency against virtual users" : "Latency against the offered rate",
    metrics: [
      { heading: "median (p50)", ...of("latency_p50") },
      { heading: "99th percentile (p99)", ...of("latency_p99") },
    ],
    cells: levelCells(view, kind),
    kind,
  });
}

/** Latency of the closed model beside that at fixed rates, on one scale: who waits for answers does not see what a queue does. */
export function latencyModelsFigure(view: View): string {
  const side = (kind: LevelKind, metric: MetricName, name: string): LevelMetric => ({
    ...{
      heading: `${kind === "vus" ? "closed model" : "fixed rate"}, ${name}`,
      quantity: "latency",
      axis: "log",
      kind,
    },
    values: plain(view, kind, metric),
  });
  return levelsFigure(view, {
    name: "latency-models",
    title: "Latency: closed model beside fixed rate",
    metrics: (["latency_p50", "latency_p99"] as const).flatMap((metric) =>
      (["vus", "rate"] as const).map((kind) => side(kind, metric, metric.slice(-3))),
    ),
    cells: view.ingress,
    kind: "vus",
  });
}

/** CPU and memory of the whole host against the level: figures 5.9 (cloud) and 5.10 (local) of the thesis. */
export function hostLevelsFigure(view: View, kind: LevelKind): string {
  return levelsFigure(view, {
    name: `host-${kind}`,
    title: `CPU and memory of the whole host against ${kind === "vus" ? "virtual users" : "the offered rate"}`,
    metrics: [
      { heading: "CPU", quantity: "CPU", values: plain(view, kind, "cpu", "host"), axis: "zero" },
      { heading: "memory", quantity: "memory", values: plain(view, kind, "memory", "host"), axis: "zero" },
    ],
    cells: levelCells(view, kind),
    kind,
  });
}

const splitPanels = {
  share: {
    title: "Accuracy of the split: share of the first backend against virtual users",
    quantity: "share of the first backend, %",
    axis: "around",
    values: shareOf,
  },
  distance: {
    title: "Distance of the split from its weights against virtual users",
    quantity: "distance from the weight, percentage points",
    axis: "zero",
    values: distanceOf,
  },
} as const;

/** The first backend's share beside its weight (figure 5.11 of the thesis), or its distance from it, against the level. */
export function splitLevelsFigure(view: View, what: keyof typeof splitPanels): string {
  const { title, quantity, axis, values } = splitPanels[what];
  const metric: LevelMetric = {
    heading: "",
    ...{ quantity, axis },
    values: (cell) => values(view, cell),
    chance: (cell) => chanceOf(view, cell, what),
  };
  return levelsFigure(view, {
    name: `split-${what}`,
    title,
    metrics: [metric],
    cells: levelCells(view, "vus").filter((cell) => firstBackend(view, cell) !== null),
    kind: "vus",
  });
}

/** Cells of one environment and weights; named by what sets them apart from the others. */
function groupsOf(cells: readonly Cell[]): { heading: string; cells: Cell[] }[] {
  const parts = [({ environment }: Cell) => environmentName(environment), ({ weights }: Cell) => weights];
  const telling = parts.filter((pick) => new Set(cells.map(pick)).size > 1);
  return [...Map.groupBy(cells, (cell) => telling.map((pick) => pick(cell)).join(", "))].map(([heading, own]) => ({
    heading,
    cells: own,
  }));
}

interface Panel {
  readonly group: string;
  readonly metric: LevelMetric;
  readonly levels: readonly Level[];
}

function levelsFigure(view: View, { name, title, metrics, cells, kind, notes = [] }: LevelsFigure): string {
  const panels = groupsOf(cells).flatMap((group) =>
    metrics.map((metric): Panel => ({
      group: group.heading,
      metric,
      levels: group.cells
        .filter((cell) => cell[metric.kind ?? kind] !== null)
        .map((cell): Level => ({
          line: toneName(cell),
          tone: cellTone(cell),
          level: cell[metric.kind ?? kind] ?? 0,
          values: metric.values(cell),
          chance: metric.chance?.(cell) ?? null,
        })),
    })),
  );
  const levels = panels.flatMap((panel) => panel.levels);
  const lines = new Map(levels.map(({ line, tone }) => [line, tone]));
  const places = [...lines.keys()];
  const dodge = new Map(places.map((line, index) => [line, (index - (places.length - 1) / 2) * 18]));
  // Two gateways on one CNI have its colour both: the second is dashed.
  const dashed = new Set(
    [...lines].flatMap(([line, tone], index) =>
      [...lines.values()].slice(0, index).some(({ light }) => light === tone.light) ? [line] : [],
    ),
  );
  const perRow = panels.length > 1 ? 2 : 1;
  const domains = domainsOf(panels);
  const bodies = panels.map(({ group, metric, levels: own }, index) =>
    drawLevels({
      heading: [group, metric.heading].filter((part) => part !== "").join(": "),
      quantity: metric.quantity,
      levels: own,
      kind: metric.kind ?? kind,
      width: figureWidth / perRow,
      log: metric.axis === "log",
      domain: domains.of[index] ?? [0, 1],
      dodge,
      dashed,
    }),
  );
  const shown = levels.map(({ values }) => values);
  const counted = shown.filter(({ basis }) => basis !== "none");
  const bound = new Set(counted.map(voidLabel).filter((label) => label !== ""));
  const rows = panels.flatMap(({ group, metric, levels: own }) =>
    own.map(({ line, level, values }) => ({
      label: [group, line, levelName(level, metric.kind ?? kind)].filter((part) => part !== "").join(", "),
      series: [{ name: "", colour: "", symbol: "circle" as const, values }],
    })),
  );
  return frame({
    name,
    title,
    subtitle: `${labelsFor(cells).prefix}Each run counts once; ${nText(counted.map(({ n }) => n))} at a point.`,
    description: rows.map(({ label, series }) => `${label}: ${String(series[0]?.values.n ?? 0)} runs`).join("; "),
    legend: [
      ...[...lines].map(([label, { light, symbol }]) => ({ label, colour: light, symbol })),
      ...stateLegend(shown),
      ...legendOfChance(levels, panels[0]?.metric.axis === "around"),
    ],
    bodies: bodies.flatMap((_, index) => (index % perRow === 0 ? [bodies.slice(index, index + perRow)] : [])),
    notes: [
      ...(domains.apart ? ["The panels have scales of their own: their values are far apart."] : []),
      ...(bound.size === 0
        ? []
        : [
            `Hollow: void in every run (${[...bound].join("; ")}): what this machine gave, not what the gateway can do.`,
          ]),
      ...stateNotes(rows),
      ...absentNotes(view, "ingress"),
      ...notes,
    ],
  });
}

function legendOfChance(levels: readonly Level[], around: boolean) {
  if (levels.every(({ chance }) => chance === null)) return [];
  return [
    ...(around ? [{ label: "weight", colour: inks.ink.light, symbol: "dashed" as const }] : []),
    { label: "chance allows a run (95 %)", colour: inks.band.light, symbol: "band" as const },
  ];
}

/** How much larger the largest value of one panel may be than another's before they get scales of their own. */
const farApart = 4;

/** Panels of one metric share a scale, so that they can be read against each other, unless that would flatten one of them. */
function domainsOf(panels: readonly Panel[]): { of: (readonly [number, number])[]; apart: boolean } {
  const metrics = [...new Set(panels.map(({ metric }) => metric))];
  const logs = panels.filter(({ metric }) => metric.axis === "log").flatMap(({ levels }) => levels);
  const shared = new Map(
    metrics.map((metric) => {
      const own = panels.filter((panel) => panel.metric === metric);
      const sizes = own.map(({ levels }) => largestOf(levels)).filter((size) => size > 0);
      const apart = metric.axis === "zero" && Math.max(...sizes) > farApart * Math.min(...sizes);
      return [
        metric,
        { apart, domain: domainOf(metric, metric.axis === "log" ? logs : own.flatMap(({ levels }) => levels)) },
      ];
    }),
  );
  return {
    of: panels.map(({ metric, levels }) => {
      const all = shared.get(metric);
      return all === undefined || all.apart ? domainOf(metric, levels) : all.domain;
    }),
    apart: [...shared.values()].some(({ apart }) => apart),
  };
}

function domainOf({ axis }: LevelMetric, levels: readonly Level[]): readonly [number, number] {
  if (axis === "log") return logDomain(levels);
  if (axis === "zero") return [0, largestOf(levels) * 1.08];
  const centre = levels.find(({ chance }) => chance !== null)?.chance?.wanted ?? 50;
  const ends = levels.flatMap(({ values: { points, low, high }, chance }) => [
    ...points.map(({ value }) => value),
    ...[low, high, chance?.low, chance?.high].flatMap((end) => end ?? []),
  ]);
  return shareDomain(centre, ends, 1.1);
}
