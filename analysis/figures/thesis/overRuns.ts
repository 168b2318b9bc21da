/** One metric of egress cells over their runs, with means and intervals: figures 5.2 to 5.4 and 5.6 to 5.8. */
import * as Plot from "@observablehq/plot";
import type { MetricName } from "../../metrics.ts";
import type { InsideRow } from "../../tables.ts";
import { cellTone, inks } from "../../theme.ts";
import { labelsFor } from "../cells.ts";
import { type Body, drawPlot, figureWidth, frame, panelText } from "../draw.ts";
import { nText, number, scaleFor, withInterval, type Scale } from "../format.ts";
import { absentNotes, plainNumber } from "../rows.ts";
import { isMeasured, truncatedOf, type Point, type Values, type View } from "../view.ts";
import { egressGroups } from "./pairs.ts";

export interface OverRuns {
  readonly name: string;
  readonly title: string;
  readonly quantity: string;
  readonly metric: MetricName;
  readonly role: string;
}

interface Line {
  readonly label: string;
  readonly values: Values;
  /** Base beside gateway: both have their CNI's colour, so base is dashed and its marks are hollow. */
  readonly hollow: boolean;
  /** Interval inside each run, by run; only of runs long enough to have one. */
  readonly inside: ReadonlyMap<string, InsideRow>;
}

interface Panel {
  readonly heading: string;
  readonly lines: readonly Line[];
}

interface Spot {
  readonly run: number;
  readonly value: number;
  readonly point: Point;
  readonly inside: InsideRow | undefined;
}

/** All cells in one wide panel, then two panels in a row, one for each pair; all on one scale that starts at zero. */
export function overRunsFigure(view: View, { name, title, quantity, metric, role }: OverRuns): string {
  const { labels, prefix } = labelsFor(view.egress);
  const gated = view.egress.some(({ path }) => path === "gateway");
  const panels = egressGroups(view.egress).map(({ heading, cells }): Panel => {
    const lines = cells.map((cell) => ({
      label: labels.of(cell.id),
      values: view.values(cell, "saturated", role, metric),
      hollow: cell.path === "base" && gated,
      inside: view.inside(cell, "saturated", role, metric),
    }));
    return { heading, lines };
  });
  const lines = panels.flatMap((panel) => panel.lines);
  const ends = lines.flatMap(({ values, inside }) => [
    ...[values.low, values.high].flatMap((end) => end ?? []),
    ...values.points.map(({ value }) => value),
    ...[...inside.values()].flatMap(({ ci_low, ci_high }) => [ci_low, ci_high]),
  ]);
  const largest = Math.max(0, ...ends);
  const scale = scaleFor(lines[0]?.values.unit ?? "", largest);
  const domain = domainOf(ends.map((end) => end / scale.factor));
  const isWide = ({ lines: own }: Panel): boolean => own.length !== 2 || panels.length === 1;
  const bodies = panels.map((panel) => ({
    wide: isWide(panel),
    body: drawPanel(panel, scale, domain, figureWidth / (isWide(panel) ? 1 : 2), quantity),
  }));
  const empty = [...new Set(lines.filter(({ values }) => values.basis === "none").map(({ label }) => label))];
  const barred = lines.some(({ inside }) => inside.size > 0);
  return frame({
    name,
    title,
    subtitle: `${prefix}Points are runs in the order in which they ran${barred ? "; the bar at a point is the 95 % interval inside that run, from batch means" : ""}. The line is the mean over runs, the band its 95 % t interval, dots the truncated mean. ${nText(lines.map(({ values }) => values.n))} in a cell.`,
    description: lines.map(({ label, values }) => `${label}: ${String(values.n)} runs`).join("; "),
    legend: [],
    bodies: rowsOf(bodies),
    notes: [
      ...(empty.length === 0 ? [] : [`No value that counts: ${empty.join("; ")}.`]),
      ...absentNotes(view, "egress"),
      ...(domain[0] > 0 ? [`The upright axis starts at ${number(domain[0])} ${scale.unit}, not at zero.`] : []),
    ],
  });
}

/** From zero, unless that would press all values into the upper part of the panel. */
function domainOf(ends: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  if (!(high > 0)) return [0, 1];
  return low > high * 0.4 ? [low - (high - low) * 0.12, high + (high - low) * 0.06] : [0, high * 1.05];
}

/** A wide panel has a row of its own, the others stand in twos. */
function rowsOf(bodies: readonly { wide: boolean; body: Body }[]): Body[][] {
  const rows: Body[][] = [];
  let open = false;
  for (const { wide, body } of bodies) {
    if (!wide && open) rows.at(-1)?.push(body);
    else rows.push([body]);
    open = !wide && !open;
  }
  return rows;
}

/** `9.00 (8.80 to 9.20), n = 5, truncated 8.99`: what a reader of the printed figure can quote. */
function inWords({ values }: Line, scale: Scale): string {
  if (!isMeasured(values)) return "no value that counts";
  const inner = truncatedOf(values);
  const cut =
    inner === null ? "" : `, truncated ${withInterval({ ...values, mean: inner }, scale).split(" ")[0] ?? ""}`;
  return `${withInterval(values, scale)}, n = ${String(values.n)}${cut}`;
}

function meanTitle({ label, values }: Line, scale: Scale): string {
  if (!isMeasured(values)) return label;
  const inner = truncatedOf(values);
  const cut = inner === null ? "" : `, truncated mean ${number(inner / scale.factor)} ${scale.unit}`;
  return `${label}: mean ${withInterval(values, scale)} ${scale.unit}, n = ${String(values.n)}${cut}`;
}

/** Height of a line of the panel's key. */
const keyLine = 16;

function drawPanel(
  { heading, lines }: Panel,
  scale: Scale,
  domain: [number, number],
  width: number,
  quantity: string,
): Body {
  const last = Math.max(2, ...lines.map(({ values }) => values.points.length));
  const top = 46 + lines.length * keyLine;
  const several = lines.length > 2;
  return drawPlot({
    width,
    height: (several ? 250 : 200) + top,
    marginTop: top,
    marginBottom: 44,
    marginLeft: 52,
    marginRight: 16,
    x: { domain: [0.5, last + 0.5] },
    y: { domain },
    marks: [
      Plot.gridY({ ticks: 5, stroke: inks.line.light, strokeOpacity: 1 }),
      Plot.axisY({ ticks: 5, tickSize: 0, tickFormat: (value: number) => plainNumber(value), label: null }),
      Plot.axisX({
        ticks: Math.min(last, 8),
        tickSize: 0,
        tickFormat: (value: number) => (Number.isInteger(value) ? String(value) : ""),
        label: "run of the cell",
        labelAnchor: "center",
        labelArrow: "none",
      }),
      panelText(heading, 12 - top, { fontWeight: 600 }),
      panelText(`${quantity}, ${scale.unit}`, -14, { fill: inks.muted.light }),
      ...lines.flatMap((line, index) => [
        ...keyMarks(line, scale, 31 - top + index * keyLine),
        ...lineMarks(line, scale, last, several ? (index - (lines.length - 1) / 2) * 7 : (index - 0.5) * 8, several),
      ]),
    ],
  });
}

/** Mark and words of one cell above the panel. */
function keyMarks(line: Line, scale: Scale, dy: number): Plot.Markish[] {
  const { light, symbol } = cellTone(line.values.cell);
  return [
    Plot.dot([0], {
      frameAnchor: "top-left",
      dx: -43,
      dy,
      r: 4,
      symbol,
      stroke: light,
      strokeWidth: 1.6,
      fill: line.hollow ? inks.paper.light : light,
      ariaHidden: "true",
    }),
    panelText(`${line.label}: ${inWords(line, scale)}`, dy, { dx: -34, fontVariant: "tabular-nums" }),
  ];
}

function lineMarks(line: Line, scale: Scale, last: number, dx: number, joined: boolean): Plot.Markish[] {
  const { label, values, hollow, inside } = line;
  const { light, symbol } = cellTone(values.cell);
  const spots = values.points.map((point, at): Spot => ({
    run: at + 1,
    value: point.value / scale.factor,
    point,
    inside: inside.get(point.run_id),
  }));
  const ends = { x1: 0.5, x2: last + 0.5 };
  const dashes = hollow ? { strokeDasharray: "5 3" } : {};
  const inner = truncatedOf(values);
  const show = (value: number): string => number(value / scale.factor);
  const title = ({ point, value, inside: own }: Spot): string =>
    `${label}, run ${point.run_id}: ${number(value)}${own === undefined ? "" : ` (${show(own.ci_low)} to ${show(own.ci_high)} inside the run)`} ${scale.unit}${point.state === "valid" ? "" : `, ${point.state}: ${point.reason}`}`;
  return [
    ...(joined || values.low === null || values.high === null
      ? []
      : [
          Plot.rect([values], {
            ...ends,
            // The axis does not go below zero; what an interval of few runs has there is told in the words.
            y1: Math.max(0, values.low / scale.factor),
            y2: values.high / scale.factor,
            fill: light,
            fillOpacity: 0.14,
            title: () => meanTitle(line, scale),
            className: "interval",
          }),
        ]),
    ...(isMeasured(values) && !joined
      ? [
          Plot.ruleY([values.mean / scale.factor], {
            ...ends,
            stroke: light,
            strokeWidth: 1.4,
            ...dashes,
            title: () => meanTitle(line, scale),
            className: "mean",
          }),
        ]
      : []),
    ...(inner === null || joined
      ? []
      : [
          Plot.ruleY([inner / scale.factor], {
            ...ends,
            stroke: light,
            strokeWidth: 2.2,
            strokeDasharray: "1 6",
            strokeLinecap: "round",
            title: () => `${label}: truncated mean ${show(inner)} ${scale.unit}, n = ${String(values.n)}`,
            className: "truncated",
          }),
        ]),
    ...(joined
      ? [
          Plot.line(
            spots.filter(({ point }) => point.state !== "invalid"),
            { x: "run", y: "value", dx, stroke: light, strokeWidth: 1, strokeOpacity: 0.55, ...dashes },
          ),
        ]
      : []),
    Plot.ruleX(
      spots.filter((spot) => spot.inside !== undefined && spot.point.state === "valid"),
      {
        x: "run",
        y1: (spot: Spot) => (spot.inside?.ci_low ?? 0) / scale.factor,
        y2: (spot: Spot) => (spot.inside?.ci_high ?? 0) / scale.factor,
        dx,
        stroke: light,
        strokeWidth: 1.6,
        title,
        className: "inside",
      },
    ),
    ...spots.map((spot) =>
      Plot.dot([spot], {
        x: "run",
        y: "value",
        dx,
        r: 3.6,
        symbol: spot.point.state === "invalid" ? "times" : symbol,
        stroke: spot.point.state === "invalid" ? inks.alarm.light : light,
        strokeWidth: 1.4,
        fill: spot.point.state === "valid" && !hollow ? light : inks.paper.light,
        title,
        className: `run ${spot.point.state}`,
      }),
    ),
  ];
}
