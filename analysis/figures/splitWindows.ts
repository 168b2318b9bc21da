/** The split window by window over the runs of a cell: figures 5.12 (ratio) and 5.13 (distance to the reference) of the thesis. */
import * as Plot from "@observablehq/plot";
import type { Cell } from "../record.ts";
import { isSamples, mean } from "../statistics/mean.ts";
import { tInterval } from "../statistics/meanInterval.ts";
import { chanceDistance } from "../statistics/splitDistance.ts";
import { cellTone, inks, toneName } from "../theme.ts";
import { thesisWindow_s } from "../windows.ts";
import { labelsFor } from "./cells.ts";
import { type Body, drawPlot, figureWidth, fitLabel, frame, panelText } from "./draw.ts";
import { list, nText, number, withInterval } from "./format.ts";
import { environmentName, levelText } from "./labels.ts";
import { absentNotes, plainNumber } from "./rows.ts";
import { firstBackend, shareDomain } from "./shares.ts";
import type { View } from "./view.ts";
import type { SplitSeries, SplitWindow } from "./windows.ts";

/** What a figure shows of each window: the share itself, or how far it is from the weight. */
export type SplitQuantity = "ratio" | "distance";

/** One window of all runs. */
export interface WindowMean {
  /** Seconds since the start of the measured part. */
  readonly start_s: number;
  /** Percent or percentage points. */
  readonly mean: number;
  /** 95 % t interval over the runs; null for one run. */
  readonly low: number | null;
  readonly high: number | null;
  readonly n: number;
}

/** The windows of one cell, each over its runs, and the whole over runs. */
export interface WindowLine {
  readonly cell: Cell;
  readonly window_s: number;
  readonly weight: number;
  readonly windows: readonly WindowMean[];
  /** Mean of each run over its windows, then over the runs. */
  readonly whole: Omit<WindowMean, "start_s"> | null;
  /** Mean distance of a window that chance alone gives, in points. */
  readonly chance: number;
}

/** Windows of a run taken together to windows of five seconds; as they are where a run would have fewer than three of those. */
export function fiveSeconds(windows: readonly SplitWindow[]): readonly SplitWindow[] {
  const [first] = windows;
  const size = first?.window_s ?? 0;
  const end = Math.max(0, ...windows.map(({ start_s, window_s }) => start_s + window_s));
  if (first === undefined || size >= thesisWindow_s || thesisWindow_s % size !== 0 || end < 3 * thesisWindow_s)
    return windows;
  return [...Map.groupBy(windows, ({ start_s }) => Math.floor(start_s / thesisWindow_s))].flatMap(([index, own]) => {
    const n = own.reduce((sum, window) => sum + window.n, 0);
    const hits = own.reduce((sum, window) => sum + window.share * window.n, 0);
    if (own.length * size !== thesisWindow_s || n === 0) return [];
    return [{ ...first, start_s: index * thesisWindow_s, window_s: thesisWindow_s, n, share: hits / n }];
  });
}

/** Each cell's windows over its runs. */
export function windowLines(view: View, quantity: SplitQuantity): WindowLine[] {
  return view.splits().flatMap((series): WindowLine[] => {
    const cell = view.bundle.cells.find(({ id }) => id === series.cell);
    return cell === undefined ? [] : [lineOf(cell, series, quantity)];
  });
}

function lineOf(cell: Cell, { windows, weight }: SplitSeries, quantity: SplitQuantity): WindowLine {
  const value = ({ share }: SplitWindow): number => (quantity === "ratio" ? share : Math.abs(share - weight)) * 100;
  const runs = [...Map.groupBy(windows, ({ run_id }) => run_id).values()].map(fiveSeconds);
  const all = runs.flat();
  return {
    cell,
    weight,
    window_s: all[0]?.window_s ?? 0,
    windows: [...Map.groupBy(all, ({ start_s }) => start_s)]
      .flatMap(([start_s, own]) => {
        const over = overRuns(own.map(value));
        return over === null ? [] : [{ start_s, ...over }];
      })
      .sort((a, b) => a.start_s - b.start_s),
    whole: overRuns(runs.flatMap((run) => overRuns(run.map(value))?.mean ?? [])),
    chance: overRuns(all.map(({ n }) => chanceDistance(n, [weight, 1 - weight]) * 100))?.mean ?? 0,
  };
}

function overRuns(values: readonly number[]): Omit<WindowMean, "start_s"> | null {
  if (!isSamples(values)) return null;
  const interval = tInterval(values);
  return { mean: mean(values), low: interval?.low ?? null, high: interval?.high ?? null, n: values.length };
}

/** Cells that are drawn in one panel: those of one environment, weights and level. */
interface Panel {
  readonly heading: string;
  readonly environment: string;
  readonly lines: readonly WindowLine[];
}

/** A panel for each load level, two in a row; the levels of one environment share a scale. */
export function splitWindowsFigure(view: View, quantity: SplitQuantity): string {
  const lines = windowLines(view, quantity);
  const cells = lines.map(({ cell }) => cell);
  const environments = new Set(cells.map(({ environment }) => environment));
  const weights = new Set(cells.map((cell) => cell.weights));
  const panels = [
    ...Map.groupBy(lines, ({ cell }) => JSON.stringify([cell.environment, cell.weights, cell.vus, cell.rate])).values(),
  ].flatMap((own): Panel[] => {
    const [first] = own;
    if (first === undefined) return [];
    const { cell } = first;
    const heading = [
      environments.size > 1 ? environmentName(cell.environment) : "",
      levelText(cell),
      weights.size > 1 ? cell.weights : "",
    ].filter((part) => part !== "");
    return [{ heading: heading.join(", "), environment: cell.environment, lines: own }];
  });
  const lengths = [...new Set(lines.map(({ window_s }) => window_s))];
  const tones = new Map(cells.map((cell) => [toneName(cell), cellTone(cell)]));
  const drawn = panels.map((panel) => drawPanel(panel, domainOf(panels, panel, quantity), quantity));
  const lost = view.ingress.filter(
    (cell) => !cells.some(({ id }) => id === cell.id) && firstBackend(view, cell) !== null,
  );
  const { labels, prefix } = labelsFor(view.ingress);
  const what =
    quantity === "ratio" ? "Share of the first backend" : "Distance of the first backend's share from its weight";
  return frame({
    name: `split-${quantity}-windows`,
    title: quantity === "ratio" ? "Ratio of the split over time" : "Distance of the ratio to its reference over time",
    subtitle: `${prefix}${what} in windows of ${lengths.map(plainNumber).join(" and ")} s: mean over runs, band: 95 % t interval; ${nText(lines.flatMap(({ whole }) => whole?.n ?? []))} runs in a cell.`,
    description: lines.map(({ cell, whole }) => `${labels.of(cell.id)}: ${String(whole?.n ?? 0)} runs`).join("; "),
    legend: [
      ...[...tones].map(([label, { light, symbol }]) => ({ label, colour: light, symbol })),
      { label: "95 % interval over runs", colour: inks.band.light, symbol: "band" },
      quantity === "ratio"
        ? { label: "weight (reference)", colour: inks.ink.light, symbol: "dashed" }
        : { label: "what chance alone gives", colour: inks.muted.light, symbol: "dashed" },
    ],
    bodies: drawn.flatMap((_, index) => (index % 2 === 0 ? [drawn.slice(index, index + 2)] : [])),
    notes: [
      ...(lost.length === 0 ? [] : [`No window that counts: ${lost.map(({ id }) => labels.of(id)).join("; ")}.`]),
      ...absentNotes(view, "ingress"),
    ],
  });
}

/** One scale for the levels of an environment. */
function domainOf(panels: readonly Panel[], { environment }: Panel, quantity: SplitQuantity): [number, number] {
  const lines = panels.filter((panel) => panel.environment === environment).flatMap((panel) => panel.lines);
  const ends = lines.flatMap(({ windows }) =>
    windows.flatMap(({ mean: middle, low, high }) => [middle, low ?? middle, high ?? middle]),
  );
  if (quantity === "distance") {
    const most = Math.max(0, ...ends, ...lines.map(({ chance }) => chance));
    return [0, most > 0 ? most * 1.08 : 1];
  }
  return shareDomain((lines[0]?.weight ?? 0.5) * 100, ends, 1.08);
}

const keyLine = 16;

function drawPanel({ heading, lines }: Panel, domain: [number, number], quantity: SplitQuantity): Body {
  const top = 46 + lines.length * keyLine;
  const last = Math.max(
    1,
    ...lines.flatMap(({ windows, window_s }) => windows.map(({ start_s }) => start_s + window_s)),
  );
  const weights = [...new Set(lines.map(({ weight }) => weight * 100))];
  const unit = quantity === "ratio" ? "%" : "points";
  const each = lines.map(({ chance }) => number(chance, 2));
  const chances = list(new Set(each).size === 1 ? each.slice(0, 1) : each);
  return drawPlot({
    width: figureWidth / 2,
    height: 190 + top,
    marginTop: top,
    marginBottom: 42,
    marginLeft: 52,
    marginRight: 14,
    x: { domain: [0, last] },
    y: { domain },
    marks: [
      Plot.gridY({ ticks: 5, stroke: inks.line.light, strokeOpacity: 1 }),
      Plot.axisY({ ticks: 5, tickSize: 0, tickFormat: (value: number) => plainNumber(value), label: null }),
      Plot.axisX({
        ticks: 6,
        tickSize: 3,
        tickFormat: (value: number) => plainNumber(value),
        label: "seconds of the measured part",
        labelAnchor: "center",
        labelArrow: "none",
      }),
      ...(quantity === "ratio"
        ? weights.map((weight) => Plot.ruleY([weight], { stroke: inks.ink.light, strokeDasharray: "4 3" }))
        : []),
      panelText(heading, 12 - top, { fontWeight: 600 }),
      panelText(quantity === "ratio" ? "share, %" : `distance, percentage points (by chance ${chances})`, -14, {
        fill: inks.muted.light,
      }),
      ...lines.flatMap((line, index) => [
        ...key(line, quantity, 31 - top + index * keyLine),
        ...lineMarks(line, heading, quantity, unit),
      ]),
    ],
  });
}

function key({ cell, whole }: WindowLine, quantity: SplitQuantity, dy: number): Plot.Markish[] {
  const { light, symbol } = cellTone(cell);
  const words =
    whole === null
      ? "no window that counts"
      : `${withInterval(whole)}${quantity === "distance" ? "" : " %"}, n = ${String(whole.n)}`;
  return [
    Plot.dot([0], { frameAnchor: "top-left", dx: -43, dy, r: 4, symbol, fill: light, ariaHidden: "true" }),
    panelText(`${fitLabel(toneName(cell), 140)}: ${words}`, dy, {
      dx: -34,
      fontVariant: "tabular-nums",
      fontSize: 11.5,
    }),
  ];
}

function lineMarks(
  { cell, windows, window_s, chance }: WindowLine,
  heading: string,
  quantity: SplitQuantity,
  unit: string,
): Plot.Markish[] {
  const { light, symbol } = cellTone(cell);
  const x = ({ start_s }: WindowMean): number => start_s + window_s / 2;
  const title = (window: WindowMean): string =>
    `${toneName(cell)}, ${heading}, ${plainNumber(window.start_s)} to ${plainNumber(window.start_s + window_s)} s: mean ${withInterval(window)} ${unit}, n = ${String(window.n)}`;
  return [
    Plot.areaY(
      windows.filter(({ low }) => low !== null),
      {
        x,
        // No distance is below zero.
        y1: ({ low }: WindowMean) => (quantity === "distance" ? Math.max(0, low ?? 0) : (low ?? 0)),
        y2: ({ high }: WindowMean) => high ?? 0,
        fill: light,
        fillOpacity: 0.2,
        className: "interval",
      },
    ),
    ...(quantity === "distance"
      ? [Plot.ruleY([chance], { stroke: light, strokeWidth: 1.2, strokeDasharray: "4 3", className: "chance" })]
      : []),
    Plot.line(windows, { x, y: "mean", stroke: light, strokeWidth: 1.6 }),
    Plot.dot(windows, { x, y: "mean", r: 2.6, symbol, fill: light, title, className: "window mean" }),
  ];
}
