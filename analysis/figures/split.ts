/** Figures about the weighted split: window by window, and over the whole of each run. */
import * as Plot from "@observablehq/plot";
import type { Bundle } from "../bundle.ts";
import type { Cell, RunRecord } from "../record.ts";
import { wilsonInterval } from "../statistics/wilson.ts";
import { cellTone, inks, type MarkSymbol } from "../theme.ts";
import { labelsFor } from "./cells.ts";
import { drawPlot, figureWidth, frame, labelWidth, type Body } from "./draw.ts";
import { count, nText, number, percent } from "./format.ts";
import { signed } from "./percentPanel.ts";
import { emptyRows, rowAxis } from "./rowMarks.ts";
import { absentNotes, plainNumber } from "./rows.ts";
import { shareDomain } from "./shares.ts";
import type { SplitSeries, SplitWindow } from "./windows.ts";

/** More windows than this are thinned evenly in the drawing (never in the numbers). */
const mostWindows = 400;

/** Share of the first backend in each window beside the band that chance allows at that window's number of requests. */
export function windowsFigure(bundle: Bundle, series: readonly SplitSeries[]): string {
  const cells = cellsOf(bundle, series);
  const { labels, prefix } = labelsFor(cells);
  const bodies = series.flatMap((entry): Body[][] => {
    const cell = cells.find(({ id }) => id === entry.cell);
    return cell === undefined ? [] : [[drawWindows(entry, cell, labels.of(cell.id))]];
  });
  const thinned = series.some(({ windows }) => windows.length > mostWindows);
  const lengths = [...new Set(series.flatMap(({ windows }) => windows.map(({ window_s }) => window_s)))];
  const backends = [...new Set(series.map(({ backend }) => backend))].join(", ");
  const missing = bundle.cells.filter(
    ({ scenario, id }) => scenario === "ingress" && !cells.some((cell) => cell.id === id),
  );
  return frame({
    name: "split-windows",
    title: "Split in each window against the weight",
    subtitle: `${prefix}Share of ${backends} in windows of ${lengths.map(plainNumber).join(", ")} s, runs one after the other. Of windows drawn at random, 5 % fall outside the band.`,
    description: series
      .map(
        ({ cell, windows, outside }) =>
          `${labels.of(cell)}: ${count(windows.length, "window")}, ${String(outside)} outside the band`,
      )
      .join("; "),
    legend: [
      { label: "inside the band", colour: inks.muted.light, symbol: "circle" },
      { label: "outside", colour: inks.alarm.light, symbol: "diamond2" },
      { label: "what chance allows at that window's n", colour: inks.band.light, symbol: "band" },
      { label: "weight", colour: inks.ink.light, symbol: "dashed" },
    ],
    bodies,
    notes: [
      ...(thinned
        ? [`Cells with more than ${String(mostWindows)} windows show an even selection; the counts are over all.`]
        : []),
      ...(missing.length === 0 ? [] : [`No window that counts: ${missing.map(({ id }) => id).join("; ")}.`]),
      ...absentNotes({ bundle }, "ingress"),
    ],
  });
}

function drawWindows({ windows, outside, weight, phase }: SplitSeries, cell: Cell, label: string): Body {
  const step = Math.ceil(windows.length / mostWindows);
  const shown = windows.map((window, index) => ({ ...window, index })).filter(({ index }) => index % step === 0);
  const ends = shown.flatMap(({ share, low, high }) => [share, low, high].map((value) => value * 100));
  const starts = shown.filter(({ run_id }, index) => index > 0 && shown[index - 1]?.run_id !== run_id);
  type Shown = (typeof shown)[number];
  const title = ({ run_id, start_s, window_s, n, share, low, high }: Shown): string =>
    `run ${run_id}, ${number(start_s, 0)} to ${number(start_s + window_s, 0)} s: ${percent(share, 2)} of ${number(n, 0)} requests, chance allows ${percent(low, 2)} to ${percent(high, 2)}`;
  const half = 0.5 * step;
  const heading = `${label}${phase === "closed" ? "" : ` (${phase})`}: ${String(outside)} of ${count(windows.length, "window")} outside (${percent(windows.length === 0 ? 0 : outside / windows.length)}), ${nText(windows.map(({ n }) => n))} requests`;
  const dots = (wanted: boolean): Plot.Markish =>
    Plot.dot(
      shown.filter((window) => window.outside === wanted),
      {
        x: "index",
        y: ({ share }: Shown) => share * 100,
        r: wanted ? 3.6 : windows.length > 120 ? 1.8 : 2.8,
        symbol: wanted ? "diamond2" : "circle",
        fill: wanted ? inks.alarm.light : cellTone(cell).light,
        title,
        className: wanted ? "window outside" : "window inside",
      },
    );
  return drawPlot({
    width: figureWidth,
    height: 132,
    marginTop: 30,
    marginBottom: 22,
    marginLeft: 52,
    marginRight: 14,
    x: { domain: [-0.5, Math.max(1, windows.length) - 0.5], axis: null },
    y: { domain: shareDomain(weight * 100, ends, 1.3, 0.5) },
    marks: [
      Plot.rect(shown, {
        x1: ({ index }: Shown) => index - half,
        x2: ({ index }: Shown) => index + half,
        y1: ({ low }: Shown) => low * 100,
        y2: ({ high }: Shown) => high * 100,
        fill: inks.band.light,
      }),
      Plot.ruleX(starts, { x: ({ index }: Shown) => index - half, stroke: inks.muted.light, strokeOpacity: 0.6 }),
      Plot.ruleY([weight * 100], { stroke: inks.ink.light, strokeDasharray: "4 3" }),
      dots(false),
      dots(true),
      Plot.axisY({ ticks: 4, tickSize: 0, tickFormat: (value: number) => `${plainNumber(value)} %`, label: null }),
      ...runNames(shown),
      Plot.text([heading], { frameAnchor: "top-left", dx: -52, dy: -24, textAnchor: "start", fontWeight: 600 }),
    ],
  });
}

/** Which run the windows belong to, under the axis; only the first and the last where there is no room for all. */
function runNames(shown: readonly (SplitWindow & { index: number })[]): Plot.Markish[] {
  const runs = [...Map.groupBy(shown, ({ run_id }) => run_id).values()].map((own, index) => ({
    x: ((own[0]?.index ?? 0) + (own.at(-1)?.index ?? 0)) / 2,
    text: `run ${String(index + 1)}`,
  }));
  const named = runs.length <= 14 ? runs : runs.filter((_, index) => index === 0 || index === runs.length - 1);
  return [
    Plot.text(named, { x: "x", frameAnchor: "bottom", text: "text", dy: 16, fill: inks.muted.light, fontSize: 11 }),
  ];
}

interface WholeSplit {
  readonly run: RunRecord;
  readonly backend: string;
  readonly requests: number;
  readonly total: number;
  readonly deviation: number;
  readonly low: number;
  readonly high: number;
}

/** Split of each whole run, as the distance of each backend's share from its weight, with its Wilson interval. */
export function wholeSplitFigure(bundle: Bundle): string {
  const splits = wholeSplits(bundle);
  const cells = bundle.cells.filter(({ scenario }) => scenario === "ingress");
  const { labels, prefix } = labelsFor(cells);
  const several = bundle.records.some(({ backends }) => backends.length > 2);
  const rows = cells.flatMap((cell) => {
    const own = splits.filter(({ run }) => run.cell.id === cell.id);
    const backends = [...new Set(own.map(({ backend }) => backend))];
    return backends.length === 0
      ? [{ cell, label: labels.of(cell.id), own: [] as WholeSplit[] }]
      : backends.map((backend) => ({
          cell,
          label: several ? `${labels.of(cell.id)}, ${backend}` : labels.of(cell.id),
          own: own.filter((split) => split.backend === backend),
        }));
  });
  const invalid = bundle.invalid.filter(({ cell }) => cells.some(({ id }) => id === cell));
  return frame({
    name: "split-runs",
    title: "Split over each whole run against the weight",
    subtitle: `${prefix}Distance of the ${several ? "share of each backend" : "first backend's share"} from its weight, with the 95 % Wilson interval of the run; ${nText(rows.map(({ own }) => own.length))} valid runs in a cell.`,
    description: rows.map(({ label, own }) => `${label}: ${count(own.length, "run")}`).join("; "),
    legend: [{ label: "one run and its 95 % interval", colour: inks.muted.light, symbol: "circle" }],
    bodies: [[drawWhole(rows)]],
    notes: [
      ...(invalid.length === 0 ? [] : [`Invalid, not drawn: ${invalid.map(({ run_id }) => run_id).join("; ")}.`]),
      ...absentNotes({ bundle }, "ingress"),
    ],
  });
}

interface SplitLine {
  readonly cell: Cell;
  readonly label: string;
  readonly own: readonly WholeSplit[];
}

function drawWhole(rows: readonly SplitLine[]): Body {
  const most = Math.max(1, ...rows.map(({ own }) => own.length));
  const rowHeight = Math.min(60, Math.max(30, most * 8 + 10));
  const reach =
    Math.max(0.001, ...rows.flatMap(({ own }) => own.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]))) *
    108;
  const labels = rows.map(({ label }) => label);
  const left = labelWidth(labels, 260);
  const marks = rows.flatMap(({ own, cell }, row) =>
    own.map((split, index) => ({
      ...split,
      cell,
      row: String(row),
      dy: (index - (own.length - 1) / 2) * Math.min(8, (rowHeight - 8) / Math.max(1, own.length)),
    })),
  );
  type Placed = (typeof marks)[number];
  const title = ({ run, backend, requests, total, deviation, low, high }: Placed): string =>
    `${run.run_id}, ${backend}: ${percent(requests / total, 2)} of ${number(total, 0)} requests, ${points(deviation)} points from the weight (${points(low)} to ${points(high)})`;
  return drawPlot({
    width: figureWidth,
    height: rows.length * rowHeight + 46,
    marginTop: 2,
    marginBottom: 44,
    marginLeft: left,
    marginRight: 20,
    x: { domain: [-reach, reach] },
    y: { type: "band", domain: rows.map((_, index) => String(index)), padding: 0 },
    marks: [
      Plot.gridX({ ticks: 7, stroke: inks.line.light, strokeOpacity: 1 }),
      Plot.ruleX([0], { stroke: inks.ink.light, strokeDasharray: "4 3" }),
      rowAxis(labels, left),
      Plot.axisX({
        ticks: 7,
        tickSize: 0,
        tickFormat: (value: number) => plainNumber(value).replace("-", "−"),
        label: "share minus weight, percentage points",
        labelAnchor: "center",
        labelArrow: "none",
      }),
      emptyRows(rows.map(({ own }) => own.length === 0)),
      ...marks.flatMap((mark) => {
        const { light: colour, symbol }: { light: string; symbol: MarkSymbol } = cellTone(mark.cell);
        return [
          Plot.ruleY([mark], {
            y: "row",
            x1: mark.low * 100,
            x2: mark.high * 100,
            dy: mark.dy,
            stroke: colour,
            strokeWidth: 1.6,
            title,
            className: "interval",
          }),
          Plot.dot([mark], {
            y: "row",
            x: mark.deviation * 100,
            dy: mark.dy,
            r: 3.2,
            symbol,
            fill: colour,
            title,
            className: "run valid",
          }),
        ];
      }),
    ],
  });
}

/** Counts of each valid run over all its windows. With two backends the second is the first's mirror and is left out. */
function wholeSplits({ records, tables }: Bundle): WholeSplit[] {
  const windows = Map.groupBy(tables.windows, ({ run_id }) => run_id);
  return records.flatMap((run) => {
    const { backends, measured, run_id } = run;
    const weights = backends.reduce((sum, { weight }) => sum + weight, 0);
    if (!measured.validity.valid || weights <= 0) return [];
    const own = windows.get(run_id) ?? [];
    const good = (name: string): number =>
      own.reduce((sum, { backend, requests, errors }) => (backend === name ? sum + requests - errors : sum), 0);
    const total = backends.reduce((sum, { name }) => sum + good(name), 0);
    return backends.slice(0, backends.length > 2 ? undefined : 1).flatMap(({ name, weight }) => {
      const requests = good(name);
      const interval = wilsonInterval(requests, total);
      const wanted = weight / weights;
      if (interval === null) return [];
      return [
        {
          run,
          backend: name,
          requests,
          total,
          deviation: requests / total - wanted,
          low: interval.low - wanted,
          high: interval.high - wanted,
        },
      ];
    });
  });
}

/** Signed percentage points of a share. */
function points(share: number): string {
  return signed(share * 100, 2);
}

function cellsOf(bundle: Bundle, series: readonly SplitSeries[]): Cell[] {
  const wanted = new Set(series.map(({ cell }) => cell));
  return bundle.cells.filter(({ id }) => wanted.has(id));
}
