/** Figures against the load level: requests per second and latency, one line for each gateway. */
import type { MetricName } from "../metrics.ts";
import type { Cell } from "../record.ts";
import { toneOf } from "../theme.ts";
import { labelsFor } from "./cells.ts";
import { figureWidth, frame } from "./draw.ts";
import { nText } from "./format.ts";
import { drawLevels, largestOf, levelName, logDomain, type Level, type LevelKind } from "./levelsPlot.ts";
import { stateLegend, stateNotes } from "./rows.ts";
import { valuesOf, voidLabel, type Values, type View } from "./view.ts";

export type { LevelKind } from "./levelsPlot.ts";

interface LevelsFigure {
  readonly name: string;
  readonly title: string;
  /** A panel for each; the heading is blank for the only one. */
  readonly metrics: readonly {
    heading: string;
    quantity: string;
    /** The metric of that name, or values made from others. */
    metric: MetricName | ((cell: Cell) => Values);
  }[];
  readonly log: boolean;
}

/** Ingress cells that have a level of this kind. */
export function levelCells(view: View, kind: LevelKind): Cell[] {
  return view.ingress.filter((cell) => cell[kind] !== null);
}

/** Requests per second against the level. */
export function requestsFigure(view: View, kind: LevelKind): string {
  return levelsFigure(view, kind, {
    name: `requests-${kind}`,
    title: kind === "vus" ? "Requests per second against virtual users" : "Answers per second against the offered rate",
    metrics: [{ heading: "", quantity: "requests per second", metric: "requests" }],
    log: false,
  });
}

/** Median and 99th percentile of the latency against the level, on one logarithmic scale. */
export function latencyFigure(view: View, kind: LevelKind): string {
  return levelsFigure(view, kind, {
    name: `latency-${kind}`,
    title: kind === "vus" ? "Latency against virtual users" : "Latency against the offered rate",
    metrics: [
      { heading: "median (p50)", quantity: "latency", metric: "latency_p50" },
      { heading: "99th percentile (p99)", quantity: "latency", metric: "latency_p99" },
    ],
    log: true,
  });
}

/** Distance of the first backend's share from its weight against the level. */
export function distanceFigure(view: View): string {
  return levelsFigure(view, "vus", {
    name: "split-distance",
    title: "Distance of the split from its weights against virtual users",
    metrics: [
      {
        heading: "",
        quantity: "distance from the weight, percentage points",
        metric: (cell) => distanceOf(view, cell),
      },
    ],
    log: false,
  });
}

/** |share - weight| of the first backend in each run of the closed model, in percentage points. */
export function distanceOf(view: View, cell: Cell): Values {
  const backends = view.bundle.records.find((run) => run.cell.id === cell.id)?.backends ?? [];
  const [first] = backends;
  const total = backends.reduce((sum, { weight }) => sum + weight, 0);
  const points = first === undefined || total <= 0 ? [] : view.values(cell, "closed", first.name, "share").points;
  const wanted = (first?.weight ?? 0) / total;
  return valuesOf(
    cell,
    "points",
    points.map((point) => ({ ...point, value: Math.abs(point.value - wanted) * 100 })),
  );
}

/** Cells that differ in their gateway and level only; named by what sets them apart from the others. */
function groupsOf(cells: readonly Cell[]): { heading: string; cells: Cell[] }[] {
  const parts = [({ environment }: Cell) => environment, ({ cni }: Cell) => cni, ({ weights }: Cell) => weights];
  const telling = parts.filter((pick) => new Set(cells.map(pick)).size > 1);
  return [...Map.groupBy(cells, (cell) => telling.map((pick) => pick(cell)).join(", "))].map(([heading, own]) => ({
    heading,
    cells: own,
  }));
}

function levelsFigure(view: View, kind: LevelKind, { name, title, metrics, log }: LevelsFigure): string {
  const cells = levelCells(view, kind);
  const phase = kind === "vus" ? "closed" : "open";
  const panels = groupsOf(cells).flatMap((group) =>
    metrics.map(({ heading, quantity, metric }) => ({
      group: group.heading,
      heading: [group.heading, heading].filter((part) => part !== "").join(": "),
      quantity,
      levels: group.cells.map((cell): Level => ({
        line: cell.gateway,
        level: cell[kind] ?? 0,
        values: typeof metric === "string" ? view.values(cell, phase, "", metric) : metric(cell),
      })),
    })),
  );
  const levels = panels.flatMap((panel) => panel.levels);
  const lines = [...new Set(levels.map(({ line }) => line))];
  const dodge = new Map(lines.map((line, index) => [line, (index - (lines.length - 1) / 2) * 9]));
  const perRow = panels.length > 1 ? 2 : 1;
  const domain = log ? logDomain(levels) : ([0, largestOf(levels) * 1.08] as const);
  const bodies = panels.map(({ heading, quantity, levels: own }) =>
    drawLevels({ heading, quantity, levels: own, kind, width: figureWidth / perRow, log, domain, dodge }),
  );
  const shown = levels.map(({ values }) => values);
  const counted = shown.filter(({ basis }) => basis !== "none");
  const bound = new Set(counted.map(voidLabel).filter((label) => label !== ""));
  const rows = panels.flatMap(({ group, levels: own }) =>
    own.map(({ line, level, values }) => ({
      label: [group, line, levelName(level, kind)].filter((part) => part !== "").join(", "),
      series: [{ name: "", colour: "", symbol: "circle" as const, values }],
    })),
  );
  return frame({
    name,
    title,
    subtitle: `${labelsFor(cells).prefix}Each run counts once; ${nText(counted.map(({ n }) => n))} at a point.`,
    description: rows.map(({ label, series }) => `${label}: ${String(series[0]?.values.n ?? 0)} runs`).join("; "),
    legend: [
      ...lines.map((line) => ({ label: line, colour: toneOf(line).light, symbol: toneOf(line).symbol })),
      ...stateLegend(shown),
    ],
    bodies: bodies.flatMap((_, index) => (index % perRow === 0 ? [bodies.slice(index, index + perRow)] : [])),
    notes: [
      ...(bound.size === 0
        ? []
        : [
            `Hollow: void in every run (${[...bound].join("; ")}): what this machine gave, not what the gateway can do.`,
          ]),
      ...stateNotes(rows),
    ],
  });
}
