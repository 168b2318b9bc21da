/** Figures against the load level: requests per second and latency, one line for each gateway. */
import * as Plot from "@observablehq/plot";
import type { MetricName } from "../metrics.ts";
import type { Cell } from "../record.ts";
import { inks, toneOf } from "../theme.ts";
import { labelsFor } from "./cells.ts";
import { drawPlot, figureWidth, frame, type Body, type LegendEntry } from "./draw.ts";
import { nText, number, scaleFor, withInterval, type Scale } from "./format.ts";
import { plainNumber, stateLegend, stateNotes } from "./rows.ts";
import { isMeasured, voidLabel, type Measured, type Point, type Values, type View } from "./view.ts";

/** What the level is: VUs of the closed model or the rate of the open one. */
export type LevelKind = "vus" | "rate";

interface Level {
  readonly line: string;
  readonly level: number;
  readonly values: Values;
}
interface Spot extends Level {
  readonly values: Measured;
}

/** Ingress cells that have a level of this kind. */
export function levelCells(view: View, kind: LevelKind): Cell[] {
  return view.ingress.filter((cell) => cell[kind] !== null);
}

/** Requests per second against the level. */
export function requestsFigure(view: View, kind: LevelKind): string {
  const levels = levelsOf(view, kind, "requests");
  return levelsFigure(view, kind, levels, {
    name: `requests-${kind}`,
    title: kind === "vus" ? "Requests per second against virtual users" : "Answers per second against the offered rate",
    bodies: (dodge) => [
      [
        drawLevels({
          heading: "",
          quantity: "requests per second",
          levels,
          kind,
          width: figureWidth,
          log: false,
          dodge,
        }),
      ],
    ],
  });
}

/** Median and 99th percentile of the latency against the level, on one logarithmic scale. */
export function latencyFigure(view: View, kind: LevelKind): string {
  const panels = [
    { heading: "Median (p50)", levels: levelsOf(view, kind, "latency_p50") },
    { heading: "99th percentile (p99)", levels: levelsOf(view, kind, "latency_p99") },
  ];
  const all = panels.flatMap(({ levels }) => levels);
  const domain = logDomain(all);
  return levelsFigure(view, kind, all, {
    name: `latency-${kind}`,
    title: kind === "vus" ? "Latency against virtual users" : "Latency against the offered rate",
    bodies: (dodge) => [
      panels.map(({ heading, levels }) =>
        drawLevels({
          heading,
          quantity: "latency",
          levels,
          kind,
          width: figureWidth / 2,
          log: true,
          dodge,
          ...(domain === null ? {} : { domain }),
        }),
      ),
    ],
  });
}

function levelsOf(view: View, kind: LevelKind, metric: MetricName): Level[] {
  const cells = levelCells(view, kind);
  const phase = kind === "vus" ? "closed" : "open";
  const several = (pick: (cell: Cell) => string): boolean => new Set(cells.map(pick)).size > 1;
  const parts: ((cell: Cell) => string)[] = [({ gateway }) => gateway];
  for (const pick of [(cell: Cell) => cell.environment, (cell: Cell) => cell.cni, (cell: Cell) => cell.weights]) {
    if (several(pick)) parts.push(pick);
  }
  return cells.map((cell) => ({
    line: parts.map((pick) => pick(cell)).join(", "),
    level: cell[kind] ?? 0,
    values: view.values(cell, phase, "", metric),
  }));
}

function levelsFigure(
  view: View,
  kind: LevelKind,
  levels: readonly Level[],
  { name, title, bodies }: { name: string; title: string; bodies: (dodge: Map<string, number>) => Body[][] },
): string {
  const { prefix } = labelsFor(levelCells(view, kind));
  const lines = [...new Set(levels.map(({ line }) => line))];
  const dodge = new Map(lines.map((line, index) => [line, (index - (lines.length - 1) / 2) * 9]));
  const legend: LegendEntry[] = lines.map((line) => ({
    label: line,
    colour: toneOfLine(line).light,
    symbol: toneOfLine(line).symbol,
  }));
  const shown = levels.map(({ values }) => values);
  const counted = shown.filter(({ basis }) => basis !== "none");
  const bound = new Set(counted.map(voidLabel).filter((label) => label !== ""));
  const rows = levels.map(({ line, level, values }) => ({
    label: `${line}, ${plainNumber(level)} ${kind === "vus" ? "VUs" : "requests/s"}`,
    series: [{ name: "", colour: "", symbol: "circle" as const, values }],
  }));
  return frame({
    name,
    title,
    subtitle: `${prefix}Each run counts once; ${nText(counted.map(({ n }) => n))} at a point.`,
    description: rows.map(({ label, series }) => `${label}: ${String(series[0]?.values.n ?? 0)} runs`).join("; "),
    legend: [...legend, ...stateLegend(shown)],
    bodies: bodies(dodge),
    notes: [
      ...(bound.size === 0
        ? []
        : [
            `Hollow: void in every run (${[...bound].join("; ")}). Such a point shows what this machine gave, not what the gateway can do.`,
          ]),
      ...stateNotes(rows),
    ],
  });
}

interface Panel {
  readonly heading: string;
  readonly quantity: string;
  readonly levels: readonly Level[];
  readonly kind: LevelKind;
  readonly width: number;
  readonly log: boolean;
  readonly domain?: [number, number];
  readonly dodge: ReadonlyMap<string, number>;
}

function drawLevels({ heading, quantity, levels, kind, width, log, domain, dodge }: Panel): Body {
  const spots = levels.flatMap((level) => (isMeasured(level.values) ? [{ ...level, values: level.values }] : []));
  const largest = Math.max(
    0,
    ...levels.flatMap(({ values }) => [...values.points.map(({ value }) => value), values.high ?? 0]),
  );
  const unit = levels[0]?.values.unit ?? "";
  const scale: Scale =
    unit === "1/s" ? { factor: 1, unit: "1/s" } : scaleFor(unit, log ? (domain?.[1] ?? largest) : largest);
  const ticks = [...new Set(levels.map(({ level }) => level))].sort((a, b) => a - b);
  const x = xScale(ticks);
  const end = largest > 0 ? (largest / scale.factor) * 1.08 : 1;
  const y = log
    ? { type: "log" as const, domain: domain === undefined ? [0.1, 1] : domain.map((value) => value / scale.factor) }
    : { domain: [0, end] };
  const yTicks = log ? decades(domain ?? [0.1, 1], scale) : undefined;
  const title = ({ line, level, values }: Spot): string =>
    `${line}, ${plainNumber(level)} ${kind === "vus" ? "VUs" : "requests/s"}: mean ${withInterval(values, scale)} ${scale.unit}, n = ${String(values.n)}${values.basis === "void" ? `, ${voidLabel(values)}` : ""}`;
  const floor = log ? (domain?.[0] ?? 0.1) / scale.factor : 0;
  return drawPlot({
    width,
    height: 300,
    marginLeft: 64,
    marginRight: 26,
    marginTop: 34,
    marginBottom: 46,
    x: { ...x.options },
    y,
    marks: [
      Plot.gridY({
        ...(yTicks === undefined ? { ticks: 5 } : { ticks: yTicks }),
        stroke: inks.line.light,
        strokeOpacity: 1,
      }),
      Plot.axisY({
        ...(yTicks === undefined ? { ticks: 5 } : { ticks: yTicks }),
        tickSize: 0,
        text: plainNumber,
        label: null,
      }),
      Plot.axisX({
        ticks,
        tickSize: 4,
        text: plainNumber,
        label: kind === "vus" ? "virtual users (closed model)" : "offered requests per second (open model)",
        labelAnchor: "center",
        labelArrow: "none",
      }),
      ...(log ? [] : [Plot.ruleY([0], { stroke: inks.muted.light })]),
      Plot.text([heading === "" ? quantity : `${heading}, ${scale.unit}`], {
        frameAnchor: "top-left",
        dx: -54,
        dy: heading === "" ? -20 : -26,
        textAnchor: "start",
        fontWeight: heading === "" ? 400 : 600,
      }),
      ...[...Map.groupBy(spots, ({ line }) => line)].flatMap(([line, own]) => {
        const colour = toneOfLine(line).light;
        const dx = dodge.get(line) ?? 0;
        const sorted = [...own].sort((a, b) => a.level - b.level);
        const at = { x: "level", dx } as const;
        const mean = ({ values }: Spot): number => values.mean / scale.factor;
        const single = (state: Point["state"]): { level: number; point: Point }[] =>
          levels
            .filter((level) => level.line === line)
            .flatMap(({ level, values }) =>
              values.points.filter((point) => point.state === state).map((point) => ({ level, point })),
            );
        const runs = (state: Point["state"], options: Plot.DotOptions): Plot.Markish =>
          Plot.dot(single(state), {
            x: "level",
            y: ({ point }: { point: Point }) => Math.max(floor, point.value / scale.factor),
            dx: dx + 7,
            r: 2,
            title: ({ level, point }: { level: number; point: Point }) =>
              `${line}, ${plainNumber(level)}, run ${point.run_id}: ${number(point.value / scale.factor)} ${scale.unit}${point.state === "valid" ? "" : `, ${point.state}: ${point.reason}`}`,
            className: `run ${state}`,
            ...options,
          });
        return [
          Plot.line(sorted, { ...at, y: mean, stroke: colour, strokeWidth: 1.6, strokeOpacity: 0.8 }),
          Plot.ruleX(
            sorted.filter(({ values }) => values.low !== null),
            {
              ...at,
              y1: ({ values }: Spot) => Math.max(floor, (values.low ?? 0) / scale.factor),
              y2: ({ values }: Spot) => (values.high ?? 0) / scale.factor,
              stroke: colour,
              strokeWidth: 2,
              title,
              className: "interval",
            },
          ),
          runs("valid", { fill: colour, fillOpacity: 0.75 }),
          runs("void", { stroke: colour, strokeWidth: 1 }),
          runs("invalid", { symbol: "times", r: 3, stroke: inks.alarm.light, strokeWidth: 1.4 }),
          Plot.dot(sorted, {
            ...at,
            y: mean,
            symbol: toneOfLine(line).symbol,
            r: 4.5,
            stroke: colour,
            strokeWidth: 1.8,
            fill: ({ values }: Spot) => (values.basis === "void" ? inks.paper.light : colour),
            title,
            className: "mean",
          }),
        ];
      }),
    ],
  });
}

/** The gateway's look: the first part of a line's name. */
function toneOfLine(line: string): ReturnType<typeof toneOf> {
  return toneOf(line.split(", ")[0] ?? line);
}

/** Levels are usually powers: a logarithmic axis with room at both ends. */
function xScale(levels: readonly number[]): { options: Plot.ScaleOptions } {
  const low = levels[0] ?? 1;
  const high = levels.at(-1) ?? 1;
  if (low <= 0) return { options: { domain: [low - 1, high + 1] } };
  return { options: { type: "log", domain: [low / 1.6, high * 1.6] } };
}

/** From the power of ten (or its double or fivefold) below the smallest value to the one above the largest; null without values. */
function logDomain(levels: readonly Level[]): [number, number] | null {
  const values = levels
    .flatMap(({ values: { points, high } }) => [...points.map(({ value }) => value), high ?? 0])
    .filter((value) => value > 0);
  if (values.length === 0) return null;
  return [stepBelow(Math.min(...values)), stepAbove(Math.max(...values))];
}

const steps = [1, 2, 5, 10];

function stepBelow(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * (steps.findLast((step) => step * power <= value * 1.0001) ?? 1);
}

function stepAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * (steps.find((step) => step * power >= value * 0.9999) ?? 10);
}

/** 1, 2, 5 of each power of ten in the domain, in the scale's unit; only the powers where that would be many. */
function decades([low, high]: readonly [number, number], { factor }: Scale): number[] {
  const wide = Math.log10(high / low) > 3;
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const step of wide ? [1] : [1, 2, 5]) {
      const tick = step * 10 ** power;
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(Number((tick / factor).toPrecision(6)));
    }
  }
  return ticks;
}
