/** Did the machine change while the campaign ran? Each run's value beside its cell's mean, in the order of time. */
import * as Plot from "@observablehq/plot";
import type { MetricName } from "../metrics.ts";
import type { Cell } from "../record.ts";
import { linearTrend } from "../statistics/trend.ts";
import { cellTone, inks, toneName } from "../theme.ts";
import { labelsFor } from "./cells.ts";
import { frame, type Body } from "./draw.ts";
import { count } from "./format.ts";
import { drawPercentPanel, signed } from "./percentPanel.ts";
import { plainNumber } from "./rows.ts";
import { isMeasured, loadPhase, type State, type View } from "./view.ts";

export interface DriftSpot {
  readonly cell: Cell;
  readonly label: string;
  readonly run_id: string;
  /** Since the first run of the bundle. */
  readonly minutes: number;
  /** Place in its block, from 1; null outside of a campaign. */
  readonly position: number | null;
  /** Distance from the cell's mean, in percent of it. */
  readonly deviation: number;
  readonly state: State;
}

type Spot = DriftSpot;

/** Runs of one scenario and, where bundles stand side by side, of one of them: each has a clock of its own. */
export interface DriftPanel {
  readonly heading: string;
  readonly spots: readonly DriftSpot[];
}

/** Cells, and the metric by which their drift is told. */
const questions: readonly { heading: string; metric: MetricName; cells: (view: View) => readonly Cell[] }[] = [
  { heading: "Egress: goodput", metric: "goodput", cells: ({ egress }) => egress },
  { heading: "Ingress: requests per second", metric: "requests", cells: ({ ingress }) => ingress },
];

/** The panels that have runs whose cell has a mean to be compared with. */
export function driftPanels(view: View): DriftPanel[] {
  const parts = view.bundle.sideBySide?.parts ?? [{ name: "", cells: view.bundle.cells.map(({ id }) => id) }];
  return questions.flatMap(({ heading, metric, cells }) =>
    parts.flatMap(({ name, cells: ids }): DriftPanel[] => {
      const own = cells(view).filter(({ id }) => ids.includes(id));
      const spots = driftSpots(view, metric, own);
      return spots.length === 0 ? [] : [{ heading: name === "" ? heading : `${name}: ${heading}`, spots }];
    }),
  );
}

function driftSpots(view: View, metric: MetricName, cells: readonly Cell[]): DriftSpot[] {
  const ids = new Set(cells.map(({ id }) => id));
  const runs = new Map(view.bundle.records.filter(({ cell }) => ids.has(cell.id)).map((run) => [run.run_id, run]));
  const first = Math.min(...[...runs.values()].map(({ load }) => load.started_s));
  const { labels } = labelsFor(cells);
  return cells.flatMap((cell) => {
    const values = view.values(cell, loadPhase(view, cell), "", metric);
    if (!isMeasured(values) || values.mean === 0) return [];
    return values.points.map(({ run_id, value, state }) => ({
      cell,
      label: labels.of(cell.id),
      run_id,
      minutes: ((runs.get(run_id)?.load.started_s ?? first) - first) / 60,
      position: runs.get(run_id)?.position ?? null,
      deviation: (value / values.mean - 1) * 100,
      state,
    }));
  });
}

/** `trend +0.3 % (−0.1 to +0.7) over the campaign`: the slope of a straight line through the valid runs, over their whole time. */
export function trendText(spots: readonly DriftSpot[]): string {
  const valid = spots.filter(({ state }) => state === "valid");
  const minutes = valid.map((spot) => spot.minutes);
  const length = Math.max(...minutes) - Math.min(...minutes);
  const trend = linearTrend(valid.map((spot) => [spot.minutes, spot.deviation] as const));
  if (trend === null) return "too few runs for a trend";
  const over = (slope: number): string => signed(slope * length);
  return `trend ${over(trend.slope)} % (${over(trend.low)} to ${over(trend.high)}) from first to last run`;
}

/** A panel for each scenario of the bundle. */
export function driftFigure(view: View): string {
  const panels = driftPanels(view);
  const spots = panels.flatMap((panel) => panel.spots);
  const invalid = [
    ...new Set(spots.filter(({ state }) => state === "invalid").map(({ run_id, label }) => `${run_id} (${label})`)),
  ];
  const tones = new Map(spots.map(({ cell }) => [toneName(cell), cellTone(cell)]));
  return frame({
    name: "drift",
    title: "Order of the runs: each run against its cell's mean",
    subtitle: "A trend, or steps between blocks, would mean that the machine changed while the campaign ran.",
    description: panels.map((panel) => `${panel.heading}: ${count(panel.spots.length, "run")}`).join("; "),
    legend: [
      ...[...tones].map(([label, { light, symbol }]) => ({ label, colour: light, symbol })),
      ...(spots.some(({ state }) => state === "void")
        ? [{ label: "void", colour: inks.muted.light, symbol: "circle" as const, hollow: true }]
        : []),
      ...(invalid.length > 0 ? [{ label: "invalid run", colour: inks.alarm.light, symbol: "times" as const }] : []),
    ],
    bodies: panels.map((panel) => [drawDrift(panel)]),
    notes: invalid.length === 0 ? [] : [`Invalid, not in the mean: ${invalid.slice(0, 6).join("; ")}.`],
  });
}

function drawDrift({ heading, spots }: DriftPanel): Body {
  const last = Math.max(1, ...spots.map(({ minutes }) => minutes));
  const hours = last > 180;
  const clock = hours ? 60 : 1;
  return drawPercentPanel({
    heading: `${heading}, % from the cell's mean; ${trendText(spots)}, n = ${String(spots.length)}`,
    height: 190,
    ends: spots.map(({ deviation }) => deviation),
    least: 1,
    x: { domain: [(-last * 0.02) / clock, (last * 1.02) / clock] },
    axisX: {
      ticks: 8,
      tickFormat: (value: number) => plainNumber(value),
      label: `${hours ? "hours" : "minutes"} since the first run`,
    },
    marks: spots.map((spot) => {
      const { light, symbol } = cellTone(spot.cell);
      const invalid = spot.state === "invalid";
      return Plot.dot([spot], {
        x: ({ minutes }: Spot) => minutes / clock,
        y: "deviation",
        r: 3.6,
        symbol: invalid ? "times" : symbol,
        stroke: invalid ? inks.alarm.light : light,
        strokeWidth: 1.4,
        fill: spot.state === "valid" ? light : "none",
        title: ({ label, run_id, deviation, state }: Spot) =>
          `${label}, run ${run_id}: ${signed(deviation)} %${state === "valid" ? "" : `, ${state}`}`,
        className: `run ${spot.state}`,
      });
    }),
  });
}
