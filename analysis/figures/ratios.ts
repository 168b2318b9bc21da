/** Figures with a row for each cell that show a ratio with its interval: dispersion of the split, share of the kernel's own path. */
import * as Plot from "@observablehq/plot";
import { kernelShares } from "../kernelShare.ts";
import { randomWithin } from "../splitAlgorithm.ts";
import { cellTone, inks, type Tone } from "../theme.ts";
import { labelsFor } from "./cells.ts";
import { drawPlot, figureWidth, frame, labelWidth, type Body } from "./draw.ts";
import { nText, number, percent } from "./format.ts";
import { rowAxis } from "./rowMarks.ts";
import { absentNotes, plainNumber } from "./rows.ts";
import type { View } from "./view.ts";

interface RatioRow {
  readonly label: string;
  readonly tone: Tone;
  /** null: no value. */
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** At the right of the row. */
  readonly words: string;
}

interface RatioAxis {
  readonly name: string;
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  readonly log: boolean;
  readonly format: (value: number) => string;
  /** What lies between these is no different from the reference of 1. */
  readonly band: readonly [number, number] | null;
}

/** Dispersion of each cell's windows with its interval and the name of what it shows. */
export function dispersionFigure(view: View): string {
  const splits = view.bundle.tables.splits.filter(
    (row, index, all) => all.findIndex(({ cell, phase }) => cell === row.cell && phase === row.phase) === index,
  );
  const cells = view.ingress.filter(({ id }) => splits.some(({ cell }) => cell === id));
  const { labels, prefix } = labelsFor(cells);
  const rows = splits.flatMap((row): RatioRow[] => {
    const cell = cells.find(({ id }) => id === row.cell);
    if (cell === undefined) return [];
    const { dispersion, dispersion_low: low, dispersion_high: high, algorithm, phase } = row;
    return [
      {
        label: `${labels.of(cell.id)}${phase === "closed" ? "" : `, ${phase}`}`,
        tone: cellTone(cell),
        ...{ value: dispersion, low, high },
        words:
          dispersion === null
            ? "no spread to be had"
            : `${number(dispersion)} (${number(low)} to ${number(high)}): ${algorithm}`,
      },
    ];
  });
  const ends = rows
    .flatMap(({ low, high, value }) => [low, high, value].flatMap((end) => end ?? []))
    .filter((end) => end > 0);
  const domain = [Math.min(0.4, ...ends) / 1.2, Math.max(2.5, ...ends) * 1.2] as const;
  const ticks = [0.001, 0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 100].filter((tick) => tick >= domain[0] && tick <= domain[1]);
  return ratioFigure({
    name: "split-dispersion",
    title: "How a gateway picks: dispersion of the windows",
    subtitle: `${prefix}Observed over binomial variance of the first backend's answers in the windows, with its 95 % interval. About 1: drawn at random; below as a whole: scheduled, backends take turns; above: sticky or bursty.`,
    rows,
    axis: {
      ...{ name: "dispersion index (logarithmic)", domain, ticks, log: true, format: plainNumber },
      band: randomWithin,
    },
    bandName: "where an interval around 1 says “random”",
    notes: absentNotes(view, "ingress"),
  });
}

/** Goodput of each egress cell over that of the machine's own kernel path. */
export function kernelShareFigure(view: View): string {
  const { shares, refused } = kernelShares(view.bundle);
  const cells = shares.map(({ cell }) => cell);
  const { labels, prefix } = labelsFor(cells);
  const rows = shares.map(({ cell, share, low, high, n, n_base }): RatioRow => ({
    label: labels.of(cell.id),
    tone: cellTone(cell),
    ...{ value: share, low, high },
    words:
      share === null
        ? `too few runs, n = ${String(n)} of ${String(n_base)}`
        : `${percent(share)} (${percent(low ?? 0).replace(" %", "")} to ${percent(high ?? 0)}), n = ${String(n)} of ${String(n_base)}`,
  }));
  const most = Math.max(1.05, ...rows.flatMap(({ high, value }) => [high ?? 0, value ?? 0])) * 1.05;
  return ratioFigure({
    name: "kernel-share",
    title: "Share of the machine's own kernel path",
    subtitle: `${prefix}Goodput over that of base in netns on the same bed: geometric means of runs, 95 % Welch interval; ${nText(shares.map(({ n }) => n))} in a cell.`,
    rows,
    axis: {
      ...{
        name: "goodput, % of the kernel's own base path",
        domain: [0, most],
        ticks: [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5],
      },
      ...{ log: false, format: (value: number) => plainNumber(value * 100), band: null },
    },
    bandName: "",
    notes: [...refused.map((sentence) => `No share: ${sentence}.`), ...absentNotes(view, "egress")],
  });
}

interface RatioFigure {
  readonly name: string;
  readonly title: string;
  readonly subtitle: string;
  readonly rows: readonly RatioRow[];
  readonly axis: RatioAxis;
  readonly bandName: string;
  readonly notes: readonly string[];
}

function ratioFigure({ name, title, subtitle, rows, axis, bandName, notes }: RatioFigure): string {
  const lost = rows.filter(({ value }) => value === null);
  return frame({
    name,
    title,
    subtitle,
    description: rows.map(({ label, words }) => `${label}: ${words}`).join("; "),
    legend: [
      { label: "ratio and 95 % interval", colour: inks.muted.light, symbol: "line" },
      { label: "1: no difference", colour: inks.ink.light, symbol: "dashed" },
      ...(axis.band === null ? [] : [{ label: bandName, colour: inks.band.light, symbol: "band" as const }]),
    ],
    bodies: [[drawRows(rows, axis)]],
    notes: [...(lost.length === 0 ? [] : [`No value: ${lost.map(({ label }) => label).join("; ")}.`]), ...notes],
  });
}

const rowHeight = 28;

function drawRows(rows: readonly RatioRow[], { name, domain, ticks, log, format, band }: RatioAxis): Body {
  const labels = rows.map(({ label }) => label);
  const left = labelWidth(labels, 240);
  const right = Math.min(300, Math.max(120, ...rows.map(({ words }) => words.length * 6.4 + 18)));
  const keyed = rows.map((row, index) => ({ ...row, key: String(index) }));
  type Keyed = (typeof keyed)[number];
  const [floor, top] = domain;
  const clamp = (value: number | null): number => Math.min(top, Math.max(floor, value ?? floor));
  const shown = keyed.filter(({ value }) => value !== null);
  const title = ({ label, words }: Keyed): string => `${label}: ${words}`;
  const inside = ticks.filter((tick) => tick >= floor && tick <= top);
  return drawPlot({
    width: figureWidth,
    height: rows.length * rowHeight + 46,
    marginTop: 2,
    marginBottom: 44,
    marginLeft: left,
    marginRight: right,
    x: { type: log ? "log" : "linear", domain: [floor, top] },
    y: { type: "band", domain: keyed.map(({ key }) => key), padding: 0 },
    marks: [
      ...(band === null
        ? []
        : [
            Plot.rectX([band], {
              x1: ([low]: readonly number[]) => low,
              x2: ([, high]: readonly number[]) => high,
              fill: inks.band.light,
            }),
          ]),
      Plot.gridX(inside, { stroke: inks.line.light, strokeOpacity: 1 }),
      Plot.ruleX([1], { stroke: inks.ink.light, strokeDasharray: "4 3" }),
      rowAxis(labels, left),
      Plot.axisX(inside, { tickSize: 0, text: format, label: name, labelAnchor: "center", labelArrow: "none" }),
      ...keyed.flatMap((row) =>
        row.low === null || row.high === null
          ? []
          : [
              Plot.ruleY([row], {
                y: "key",
                x1: ({ low }: Keyed) => clamp(low),
                x2: ({ high }: Keyed) => clamp(high),
                stroke: row.tone.light,
                strokeWidth: 2,
                title,
                className: "interval",
              }),
            ],
      ),
      ...shown.map((row) =>
        Plot.dot([row], {
          y: "key",
          x: ({ value }: Keyed) => clamp(value),
          r: 4.5,
          symbol: row.tone.symbol,
          fill: row.tone.light,
          title,
          className: "ratio",
        }),
      ),
      Plot.text(keyed, {
        y: "key",
        frameAnchor: "right",
        textAnchor: "start",
        dx: 12,
        text: "words",
        fontVariant: "tabular-nums",
      }),
    ],
  });
}
