/** The commonest figure: one row for each cell, its runs as dots, their mean with its interval, in words at the right. */
import * as Plot from "@observablehq/plot";
import type { Cell } from "../record.ts";
import { inks, type MarkSymbol } from "../theme.ts";
import { drawPlot, figureWidth, labelWidth, type Body, type LegendEntry } from "./draw.ts";
import { number, scaleFor, withInterval, type Scale } from "./format.ts";
import { emptyRows, rowAxis } from "./rowMarks.ts";
import { truncatedMarks } from "./truncated.ts";
import { isMeasured, truncatedOf, voidLabel, type Point, type Values, type View } from "./view.ts";

/** Values to be drawn in a row, in one colour and mark. */
export interface Series {
  /** What sets it apart from the other series of its row; blank for the only one. */
  readonly name: string;
  readonly colour: string;
  readonly symbol: MarkSymbol | "tick";
  readonly values: Values;
}

export interface Row {
  readonly label: string;
  readonly series: readonly Series[];
}

export interface Panel {
  /** Blank for none. */
  readonly heading: string;
  /** Name of the axis; its unit is added. */
  readonly quantity: string;
  readonly rows: readonly Row[];
}

interface Mark {
  readonly key: string;
  readonly label: string;
  readonly series: Series;
  readonly point: Point;
}

const rowHeight = 30;
const headingHeight = 22;
const axisHeight = 44;

/** Legend for runs, means and whatever states occur among the values. */
export function stateLegend(all: readonly Values[], { truncated = false } = {}): LegendEntry[] {
  const has = (state: Point["state"]): boolean =>
    all.some(({ points }) => points.some((point) => point.state === state));
  const colour = inks.muted.light;
  return [
    ...(all.some(({ low }) => low !== null)
      ? [{ label: "mean and 95 % interval", colour, symbol: "line" as const }]
      : []),
    { label: "one run", colour, symbol: "run" },
    ...(truncated && all.some((values) => truncatedOf(values) !== null)
      ? [{ label: "truncated mean", colour, symbol: "tick" as const }]
      : []),
    ...(has("void") ? [{ label: "void: the premise failed", colour, symbol: "run" as const, hollow: true }] : []),
    ...(has("invalid")
      ? [{ label: "invalid run, not counted", colour: inks.alarm.light, symbol: "times" as const }]
      : []),
  ];
}

/** Names invalid runs and cells without a value. */
export function stateNotes(rows: readonly Row[]): string[] {
  const all = rows.flatMap(({ label, series }) => series.map(({ values }) => ({ label, values })));
  const invalid = new Set(
    all.flatMap(({ label, values }) =>
      values.points.filter(({ state }) => state === "invalid").map(({ run_id }) => `${run_id} (${label})`),
    ),
  );
  const missing = rows.filter(({ series }) => series.every(({ values }) => values.basis === "none"));
  return [
    ...(invalid.size === 0 ? [] : [`Invalid, not counted: ${some([...invalid])}.`]),
    ...(missing.length === 0
      ? []
      : [`No value that counts: ${some([...new Set(missing.map(({ label }) => label))])}.`]),
  ];
}

/** Names cells that were planned and of which there is no run at all, so that no mark in a figure can stand for them. */
export function absentNotes({ bundle }: Pick<View, "bundle">, scenario: Cell["scenario"]): string[] {
  const ran = new Set(bundle.cells.map(({ id }) => id));
  const absent = bundle.missing.filter(({ cell }) => !ran.has(cell) && cell.split("/")[2] === scenario);
  return absent.length === 0 ? [] : [`Planned, never ran: ${some(absent.map(({ cell }) => cell))}.`];
}

/** At most six names; how many more there are. */
function some(names: readonly string[]): string {
  const shown = names.slice(0, 6).join("; ");
  return names.length > 6 ? `${shown}; and ${String(names.length - 6)} more` : shown;
}

/** One below the other, with means in words, all on one scale. */
export function stackedPanels(panels: readonly Panel[]): Body[][] {
  const scale = sharedScale(panels);
  const labels = labelWidth(labelsOf(panels), 250);
  const words = Math.max(
    120,
    ...panels.flatMap(({ rows }) => rows.map((row) => inWords(row, scale).length * 6.4 + 18)),
  );
  return panels.map((panel) => [
    drawPanel(panel, {
      scale,
      top: domainEnd(panels, scale),
      width: figureWidth,
      left: labels,
      right: Math.min(words, 270),
      words: true,
    }),
  ]);
}

/** More panels than this do not fit beside each other with their headings: they stand in rows of three. */
const mostBeside = 4;

/** Side by side, labels at the first of a row only; each on a scale of its own unless `shared`. */
export function besidePanels(panels: readonly Panel[], { shared }: { shared: boolean }): Body[][] {
  const labels = labelWidth(labelsOf(panels), 255);
  const perRow = panels.length > mostBeside ? 3 : Math.max(1, panels.length);
  const width = Math.floor((figureWidth - labels) / perRow);
  const drawn = panels.map((panel, index) => {
    const among = shared ? panels : [panel];
    const scale = sharedScale(among);
    const first = index % perRow === 0;
    return drawPanel(panel, {
      scale,
      top: domainEnd(among, scale),
      width: width + (first ? labels : 0),
      left: first ? labels : 26,
      right: 12,
      words: false,
    });
  });
  return drawn.flatMap((_, index) => (index % perRow === 0 ? [drawn.slice(index, index + perRow)] : []));
}

interface Layout {
  readonly scale: Scale;
  /** End of the axis, in the scale's unit. */
  readonly top: number;
  readonly width: number;
  readonly left: number;
  readonly right: number;
  readonly words: boolean;
}

function drawPanel({ heading, quantity, rows }: Panel, { scale, top, width, left, right, words }: Layout): Body {
  const keys = rows.map((_, index) => String(index));
  const marks: Mark[] = rows.flatMap(({ label, series }, index) =>
    series.flatMap((entry) =>
      entry.values.points.map((point) => ({ key: String(index), label, series: entry, point })),
    ),
  );
  const means = rows.flatMap(({ label, series }, index) =>
    series.flatMap((entry) =>
      isMeasured(entry.values) ? [{ key: String(index), label, series: entry, values: entry.values }] : [],
    ),
  );
  const intervals = means.filter(({ values }) => values.low !== null);
  const headed = heading === "" ? 0 : headingHeight;
  const height = headed + rows.length * rowHeight + axisHeight;
  const x = (value: number | null): number => (value ?? 0) / scale.factor;
  const runs = (state: Point["state"]): Mark[] => marks.filter(({ point }) => point.state === state);
  const runTitle = ({ label, series, point }: Mark): string =>
    `${label}${series.name === "" ? "" : `, ${series.name}`}, run ${point.run_id}: ${number(x(point.value))} ${scale.unit}${point.state === "valid" ? "" : `, ${point.state}: ${point.reason}`}`;
  const meanTitle = ({ label, series, values }: (typeof means)[number]): string =>
    `${label}${series.name === "" ? "" : `, ${series.name}`}: mean ${withInterval(values, scale)} ${scale.unit}, n = ${String(values.n)}${values.basis === "void" ? `, ${voidLabel(values)}` : ""}`;
  const axisName = scale.unit === "" ? quantity : `${quantity}, ${scale.unit}`;
  return drawPlot({
    width,
    height,
    marginTop: headed,
    marginBottom: axisHeight,
    marginLeft: left,
    marginRight: right,
    x: { domain: [0, top] },
    y: { type: "band", domain: keys, padding: 0 },
    marks: [
      rowAxis(left < 40 ? [] : rows.map(({ label }) => label), left),
      Plot.gridX({ ticks: axisTicks(width - left - right), stroke: inks.line.light, strokeOpacity: 1 }),
      Plot.ruleX([0], { stroke: inks.muted.light }),
      Plot.axisX({
        ticks: axisTicks(width - left - right),
        tickSize: 0,
        tickFormat: (value: number) => plainNumber(value),
        label: words ? axisName : scale.unit,
        labelAnchor: "center",
        labelArrow: "none",
      }),
      ...(heading === ""
        ? []
        : [Plot.text([heading], { frameAnchor: "top-left", dy: -17, fontWeight: 600, textAnchor: "start" })]),
      Plot.dot(runs("valid"), {
        x: ({ point }: Mark) => x(point.value),
        y: "key",
        dy: 7,
        r: 2.6,
        fill: ({ series }: Mark) => series.colour,
        fillOpacity: 0.75,
        title: runTitle,
        className: "run valid",
      }),
      Plot.dot(runs("void"), {
        x: ({ point }: Mark) => x(point.value),
        y: "key",
        dy: 7,
        r: 2.6,
        stroke: ({ series }: Mark) => series.colour,
        strokeWidth: 1.2,
        title: runTitle,
        className: "run void",
      }),
      Plot.dot(runs("invalid"), {
        x: ({ point }: Mark) => x(point.value),
        y: "key",
        dy: 7,
        r: 3,
        symbol: "times",
        stroke: inks.alarm.light,
        strokeWidth: 1.5,
        title: runTitle,
        className: "run invalid",
      }),
      Plot.ruleY(intervals, {
        x1: ({ values }: (typeof means)[number]) => Math.max(0, x(values.low)),
        x2: ({ values }: (typeof means)[number]) => x(values.high),
        y: "key",
        dy: -4,
        stroke: ({ series }: (typeof means)[number]) => series.colour,
        strokeWidth: 2,
        title: meanTitle,
        className: "interval",
      }),
      ...means.map((entry) => meanMark(entry, x, meanTitle)),
      emptyRows(rows.map(({ series }) => series.every(({ values }) => values.basis === "none"))),
      ...(words
        ? [
            Plot.text(rows, {
              y: (_: Row, index: number) => String(index),
              frameAnchor: "right",
              textAnchor: "start",
              dx: 12,
              dy: -4,
              text: (row: Row) => inWords(row, scale),
              fontVariant: "tabular-nums",
            }),
            ...truncatedMarks(rows, scale),
          ]
        : []),
    ],
  });
}

function meanMark<T extends { key: string; series: Series; values: Values }>(
  entry: T,
  x: (value: number | null) => number,
  title: (entry: T) => string,
): Plot.Markish {
  const { series, values } = entry;
  const place = { x: () => x(values.mean), y: "key", dy: -4, title, className: "mean" };
  if (series.symbol === "tick") {
    return Plot.tickX([entry], { ...place, insetTop: 7, insetBottom: 7, stroke: series.colour, strokeWidth: 2.5 });
  }
  const hollow = values.basis === "void";
  return Plot.dot([entry], {
    ...place,
    r: 5,
    symbol: series.symbol,
    stroke: series.colour,
    strokeWidth: 1.8,
    fill: hollow ? inks.paper.light : series.colour,
  });
}

/** `10.0 (9.75 to 10.25), n = 3`, of the last series of a row. */
function inWords({ series }: Row, scale: Scale): string {
  const values = series.at(-1)?.values;
  if (values === undefined || !isMeasured(values)) return "";
  return `${withInterval(values, scale)}, n = ${String(values.n)}`;
}

function labelsOf(panels: readonly Panel[]): string[] {
  return panels.flatMap(({ rows }) => rows.map(({ label }) => label));
}

function extremes(panels: readonly Panel[]): number[] {
  return panels
    .flatMap(({ rows }) => rows.flatMap(({ series }) => series.map(({ values }) => values)))
    .flatMap(({ points, high }) => [...points.map(({ value }) => value), ...(high === null ? [] : [high])]);
}

function sharedScale(panels: readonly Panel[]): Scale {
  const unit =
    panels.flatMap(({ rows }) => rows.flatMap(({ series }) => series.map(({ values }) => values.unit)))[0] ?? "";
  return scaleFor(unit, Math.max(0, ...extremes(panels)));
}

function domainEnd(panels: readonly Panel[], scale: Scale): number {
  const largest = Math.max(0, ...extremes(panels)) / scale.factor;
  return largest > 0 ? largest * 1.06 : 1;
}

function axisTicks(width: number): number {
  return Math.max(2, Math.floor(width / 75));
}

const plain = new Intl.NumberFormat("en-US", { maximumFractionDigits: 6 });

/** Tick label: no more decimals than it needs. */
export function plainNumber(value: number): string {
  return plain.format(value);
}
