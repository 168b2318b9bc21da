/** One panel of a figure against the load level. */
import * as Plot from "@observablehq/plot";
import { inks, type Tone } from "../theme.ts";
import { drawPlot, type Body } from "./draw.ts";
import { number, scaleFor, withInterval, type Scale } from "./format.ts";
import { plainNumber } from "./rows.ts";
import type { Chance } from "./shares.ts";
import { isMeasured, voidLabel, type Measured, type Point, type State, type Values } from "./view.ts";

/** What the level is: VUs of the closed model or the rate of the open one. */
export type LevelKind = "vus" | "rate";

export interface Level {
  /** The CNI with its gateway. */
  readonly line: string;
  readonly tone: Tone;
  readonly level: number;
  readonly values: Values;
  /** What is wanted, and what chance allows around it; null where there is no such thing. */
  readonly chance: Chance | null;
}

interface Spot extends Level {
  readonly values: Measured;
}

interface Run {
  readonly level: number;
  readonly point: Point;
}

interface Panel {
  /** Blank for the only panel. */
  readonly heading: string;
  readonly quantity: string;
  readonly levels: readonly Level[];
  readonly kind: LevelKind;
  readonly width: number;
  readonly log: boolean;
  /** Both ends of the upright axis, in the values' unit. */
  readonly domain: readonly [low: number, high: number];
  /** Sideways distance of each line in pixels, so that gateways do not hide each other. */
  readonly dodge: ReadonlyMap<string, number>;
  /** Lines that share their colour with an earlier one. */
  readonly dashed: ReadonlySet<string>;
}

/** `10 VUs` or `500 requests/s`. */
export function levelName(level: number, kind: LevelKind): string {
  return kind === "rate" ? `${plainNumber(level)} requests/s` : level === 1 ? "1 VU" : `${plainNumber(level)} VUs`;
}

/** Lines of means with their intervals, runs beside them; one unit for the whole panel. */
export function drawLevels({ heading, quantity, levels, kind, width, log, domain, dodge, dashed }: Panel): Body {
  const scale = scaleFor(levels[0]?.values.unit ?? "", domain[1]);
  const ticks = [...new Set(levels.map(({ level }) => level))].sort((a, b) => a - b);
  const [floor, top] = [domain[0] / scale.factor, domain[1] / scale.factor];
  const yTicks = { ticks: log ? decades(domain, scale) : 5 };
  return drawPlot({
    width,
    height: 300,
    marginLeft: 64,
    marginRight: 26,
    marginTop: 34,
    marginBottom: 46,
    x: levelScale(ticks),
    y: { type: log ? "log" : "linear", domain: [floor, top > floor ? top : floor + 1] },
    marks: [
      Plot.gridY({ ...yTicks, stroke: inks.line.light, strokeOpacity: 1 }),
      Plot.axisY({ ...yTicks, tickSize: 0, text: plainNumber, label: null }),
      Plot.axisX({
        ticks,
        tickSize: 4,
        text: plainNumber,
        label: kind === "vus" ? "virtual users (closed model)" : "offered requests per second (open model)",
        labelAnchor: "center",
        labelArrow: "none",
      }),
      ...(log || floor !== 0 ? [] : [Plot.ruleY([0], { stroke: inks.muted.light })]),
      ...chanceMarks(levels, { kind, scale, top, dodge }),
      Plot.text([titleOf(heading, quantity, scale)], {
        frameAnchor: "top-left",
        dx: -60,
        dy: -22,
        textAnchor: "start",
        fontWeight: heading === "" ? 400 : 600,
      }),
      ...[...Map.groupBy(levels, ({ line }) => line)].flatMap(([line, own]) =>
        lineMarks(own, { line, kind, scale, floor, dx: dodge.get(line) ?? 0, dashed: dashed.has(line) }),
      ),
    ],
  });
}

/** `cloud (AKS): CPU, cores`; the quantity alone, which names its unit, for the only panel. */
function titleOf(heading: string, quantity: string, { unit }: Scale): string {
  if (heading === "") return quantity;
  return quantity.includes(",") || unit === "" ? `${heading}: ${quantity}` : `${heading}, ${unit}`;
}

/** The weight as a dashed line, and behind each mean the range that chance alone allows a run at its number of requests. */
function chanceMarks(
  levels: readonly Level[],
  { kind, scale, top, dodge }: { kind: LevelKind; scale: Scale; top: number; dodge: ReadonlyMap<string, number> },
): Plot.Markish[] {
  const known = levels.flatMap(({ line, level, chance }) => (chance === null ? [] : [{ line, level, chance }]));
  type Known = (typeof known)[number];
  const wanted = known.find(({ chance }) => chance.low > 0)?.chance.wanted;
  return [
    ...[...Map.groupBy(known, ({ line }) => line)].map(([line, own]) =>
      Plot.ruleX(own, {
        x: "level",
        dx: (dodge.get(line) ?? 0) + 3,
        y1: ({ chance }: Known) => chance.low / scale.factor,
        // It may go on far above what was seen, but not over the words there.
        y2: ({ chance }: Known) => Math.min(chance.high / scale.factor, top),
        stroke: inks.band.light,
        strokeWidth: 15,
        title: ({ level, chance }: Known) =>
          `${line}, ${levelName(level, kind)}: chance allows ${number(chance.low, 2)} to ${number(chance.high, 2)} ${scale.unit} at ${number(chance.requests, 0)} requests a run`,
        className: "chance",
      }),
    ),
    ...(wanted === undefined ? [] : [Plot.ruleY([wanted], { stroke: inks.ink.light, strokeDasharray: "4 3" })]),
  ];
}

interface LineOptions {
  readonly line: string;
  readonly dashed: boolean;
  readonly kind: LevelKind;
  readonly scale: Scale;
  /** Lowest value that the axis can show, in the scale's unit. */
  readonly floor: number;
  readonly dx: number;
}

/** Line, intervals, runs and means of one gateway. */
function lineMarks(levels: readonly Level[], { line, kind, scale, floor, dx, dashed }: LineOptions): Plot.Markish[] {
  const { light: colour, symbol } = levels[0]?.tone ?? { light: inks.ink.light, symbol: "circle" as const };
  const spots = levels
    .flatMap((level): Spot[] => (isMeasured(level.values) ? [{ ...level, values: level.values }] : []))
    .sort((a, b) => a.level - b.level);
  const y = (value: number | null): number => Math.max(floor, (value ?? 0) / scale.factor);
  const at = { x: "level", dx } as const;
  const title = ({ level, values }: Spot): string =>
    `${line}, ${levelName(level, kind)}: mean ${withInterval(values, scale)} ${scale.unit}, n = ${String(values.n)}${values.basis === "void" ? `, ${voidLabel(values)}` : ""}`;
  const runs = (state: State, options: Plot.DotOptions): Plot.Markish =>
    Plot.dot(
      levels.flatMap(({ level, values }) =>
        values.points.filter((point) => point.state === state).map((point) => ({ level, point })),
      ),
      {
        x: "level",
        y: ({ point }: Run) => y(point.value),
        dx: dx + 7,
        r: 2,
        title: ({ level, point }: Run) =>
          `${line}, ${levelName(level, kind)}, run ${point.run_id}: ${number(point.value / scale.factor)} ${scale.unit}${point.state === "valid" ? "" : `, ${point.state}: ${point.reason}`}`,
        className: `run ${state}`,
        ...options,
      },
    );
  return [
    Plot.line(spots, {
      ...at,
      y: ({ values }: Spot) => y(values.mean),
      stroke: colour,
      strokeWidth: 1.6,
      strokeOpacity: 0.8,
      ...(dashed ? { strokeDasharray: "6 4" } : {}),
    }),
    Plot.ruleX(
      spots.filter(({ values }) => values.low !== null),
      {
        ...at,
        y1: ({ values }: Spot) => y(values.low),
        y2: ({ values }: Spot) => y(values.high),
        stroke: colour,
        strokeWidth: 2,
        title,
        className: "interval",
      },
    ),
    runs("valid", { fill: colour, fillOpacity: 0.75 }),
    runs("void", { stroke: colour, strokeWidth: 1 }),
    runs("invalid", { symbol: "times", r: 3, stroke: inks.alarm.light, strokeWidth: 1.4 }),
    Plot.dot(spots, {
      ...at,
      y: ({ values }: Spot) => y(values.mean),
      symbol,
      r: 4.5,
      stroke: colour,
      strokeWidth: 1.8,
      fill: ({ values }: Spot) => (values.basis === "void" ? inks.paper.light : colour),
      title,
      className: "mean",
    }),
  ];
}

/** Levels are usually powers: a logarithmic axis with room at both ends. */
function levelScale(levels: readonly number[]): Plot.ScaleOptions {
  const low = levels[0] ?? 1;
  const high = levels.at(-1) ?? 1;
  if (low <= 0) return { domain: [low - 1, high + 1] };
  return { type: "log", domain: [low / 1.6, high * 1.6] };
}

/** Largest value, interval ends included; 0 without values. */
export function largestOf(levels: readonly Level[]): number {
  return Math.max(
    0,
    ...levels.flatMap(({ values: { points, high } }) => [...points.map(({ value }) => value), high ?? 0]),
  );
}

/** From 1, 2 or 5 times a power of ten below the smallest value to one above the largest; a stand-in without values. */
export function logDomain(levels: readonly Level[]): readonly [number, number] {
  const values = levels
    .flatMap(({ values: { points } }) => points.map(({ value }) => value))
    .filter((value) => value > 0);
  if (values.length === 0) return [1e-4, 1e-1];
  const low = stepBelow(Math.min(...values));
  const high = stepAbove(largestOf(levels));
  return [low, high > low ? high : low * 10];
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
