/** One metric of two egress cells over their runs, with mean and interval: figures 5.2 to 5.4 and 5.6 to 5.8. */
import * as Plot from "@observablehq/plot";
import type { MetricName } from "../../metrics.ts";
import { isSamples } from "../../statistics/mean.ts";
import { truncatedMean } from "../../statistics/truncatedMean.ts";
import { cellTone, inks } from "../../theme.ts";
import { labelsFor } from "../cells.ts";
import { drawPlot, figureWidth, frame, type Body } from "../draw.ts";
import { nText, number, scaleFor, withInterval, type Scale } from "../format.ts";
import { plainNumber } from "../rows.ts";
import { isMeasured, type Point, type Values, type View } from "../view.ts";
import { egressPairs } from "./pairs.ts";

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
  /** The second of two lines in one colour is dashed and its marks are hollow. */
  readonly second: boolean;
}

interface Panel {
  readonly heading: string;
  readonly lines: readonly Line[];
}

interface Spot {
  readonly run: number;
  readonly value: number;
  readonly point: Point;
}

/** Two panels in a row, a panel for each pair; all on one scale that starts at zero. */
export function overRunsFigure(view: View, { name, title, quantity, metric, role }: OverRuns): string {
  const { labels, prefix } = labelsFor(view.egress);
  const panels = egressPairs(view.egress).map(({ heading, cells }): Panel => {
    const same = cellTone(cells[0]).light === cellTone(cells[1]).light;
    const lines = cells.map((cell, index) => ({
      label: labels.of(cell.id),
      values: view.values(cell, "saturated", role, metric),
      second: same && index === 1,
    }));
    return { heading, lines };
  });
  const lines = panels.flatMap((panel) => panel.lines);
  const largest = Math.max(
    0,
    ...lines.flatMap(({ values }) => [values.high ?? 0, ...values.points.map(({ value }) => value)]),
  );
  const scale = scaleFor(lines[0]?.values.unit ?? "", largest);
  const width = figureWidth / (panels.length > 1 ? 2 : 1);
  const bodies = panels.map((panel) => drawPanel(panel, scale, largest / scale.factor, width, quantity));
  const empty = [...new Set(lines.filter(({ values }) => values.basis === "none").map(({ label }) => label))];
  const absent = view.bundle.missing.map(({ cell }) => cell).filter((id) => id.includes("/egress/"));
  return frame({
    name,
    title,
    subtitle: `${prefix}Points are runs in the order in which they ran; the line through the panel is the mean, the band its 95 % t interval. ${nText(lines.map(({ values }) => values.n))} in a cell.`,
    description: lines.map(({ label, values }) => `${label}: ${String(values.n)} runs`).join("; "),
    legend: [],
    bodies: bodies.flatMap((_, index) =>
      width === figureWidth ? [[_]] : index % 2 === 0 ? [bodies.slice(index, index + 2)] : [],
    ),
    notes: [
      ...(empty.length === 0 ? [] : [`No value that counts: ${empty.join("; ")}.`]),
      ...(absent.length === 0 ? [] : [`Planned, no valid run: ${absent.join("; ")}.`]),
    ],
  });
}

/** `mean 9.0 (8.8 to 9.2) Gbit/s, n = 3`, from five runs on with the truncated mean, which leaves out both ends by rule. */
function meanTitle({ label, values }: Line, scale: Scale): string {
  if (!isMeasured(values)) return label;
  const inner = isSamples(values.counted) && values.n >= 5 ? truncatedMean(values.counted) : null;
  const cut = inner === null ? "" : `, truncated mean ${number(inner / scale.factor)} ${scale.unit}`;
  return `${label}: mean ${withInterval(values, scale)} ${scale.unit}, n = ${String(values.n)}${cut}`;
}

function drawPanel({ heading, lines }: Panel, scale: Scale, largest: number, width: number, quantity: string): Body {
  const last = Math.max(2, ...lines.map(({ values }) => values.points.length));
  return drawPlot({
    width,
    height: 262,
    marginTop: 64,
    marginBottom: 44,
    marginLeft: 52,
    marginRight: 16,
    x: { domain: [0.5, last + 0.5] },
    y: { domain: [0, largest > 0 ? largest * 1.08 : 1] },
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
      words(heading, -48, 600),
      words(`${quantity}, ${scale.unit}`, -14, 400),
      ...lines.flatMap((line, index) => lineMarks(line, scale, last, index)),
    ],
  });
}

function words(text: string, dy: number, fontWeight: number): Plot.Markish {
  return Plot.text([text], { frameAnchor: "top-left", dx: -48, dy, textAnchor: "start", fontWeight });
}

function lineMarks(line: Line, scale: Scale, last: number, index: number): Plot.Markish[] {
  const { label, values, second } = line;
  const { light, symbol } = cellTone(values.cell);
  const spots = values.points.map((point, at): Spot => ({ run: at + 1, value: point.value / scale.factor, point }));
  const ends = { x1: 0.5, x2: last + 0.5 };
  const dashes = second ? { strokeDasharray: "5 3" } : {};
  const key = { frameAnchor: "top-left", dy: -31, fill: inks.ink.light, textAnchor: "start" } as const;
  const title = ({ point, value }: Spot): string =>
    `${label}, run ${point.run_id}: ${number(value)} ${scale.unit}${point.state === "valid" ? "" : `, ${point.state}: ${point.reason}`}`;
  return [
    Plot.text([`${second ? "○" : "●"} ${label}`], { ...key, dx: -48 + index * 150, stroke: "none", fill: light }),
    ...(values.low === null || values.high === null
      ? []
      : [
          Plot.rect([values], {
            ...ends,
            y1: values.low / scale.factor,
            y2: values.high / scale.factor,
            fill: light,
            fillOpacity: 0.16,
            title: () => meanTitle(line, scale),
            className: "interval",
          }),
        ]),
    ...(isMeasured(values)
      ? [
          Plot.ruleY([values.mean / scale.factor], {
            ...ends,
            stroke: light,
            strokeWidth: 1.6,
            ...dashes,
            title: () => meanTitle(line, scale),
            className: "mean",
          }),
        ]
      : []),
    ...spots.map((spot) =>
      Plot.dot([spot], {
        x: "run",
        y: "value",
        r: 3.6,
        symbol: spot.point.state === "invalid" ? "times" : symbol,
        stroke: spot.point.state === "invalid" ? inks.alarm.light : light,
        strokeWidth: 1.4,
        fill: spot.point.state === "valid" && !second ? light : inks.paper.light,
        title,
        className: `run ${spot.point.state}`,
      }),
    ),
  ];
}
