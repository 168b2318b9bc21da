/** Where the time of a campaign went: a lane for each kind of work, over the campaign's own time. */
import * as Plot from "@observablehq/plot";
import type { Span } from "../campaignLog.ts";
import { inks, toneOf } from "../theme.ts";
import { drawPlot, figureWidth, frame, type Body } from "./draw.ts";
import { count, number, percent } from "./format.ts";
import { plainNumber } from "./rows.ts";
import type { View } from "./view.ts";

const meanings: Readonly<Record<Span["what"], string>> = {
  setup: "set-up",
  build: "building labs",
  up: "changing labs",
  load: "load, with its idle window",
  collect: "collecting",
  calibrate: "calibration",
  repair: "repair",
  destroy: "taking labs down",
  wait: "waiting",
};

/** Minutes of a campaign below two hours, hours else. */
function clockOf(seconds: number): { readonly factor: number; readonly unit: string } {
  return seconds < 7200 ? { factor: 60, unit: "minutes" } : { factor: 3600, unit: "hours" };
}

/** A panel for each bundle that left its events. */
export function timeFigure({ bundle }: View): string {
  const parts = bundle.sideBySide?.parts.map(({ name }) => name) ?? [""];
  const panels = parts
    .map((name) => ({ name, spans: bundle.spans.filter(({ lab }) => name === "" || lab.startsWith(`${name}/`)) }))
    .filter(({ spans }) => spans.length > 0);
  return frame({
    name: "time",
    title: "Where the time went",
    subtitle:
      "Each bar is one stretch of work, at the time at which it was done; the sum and its share stand beside the lane. Labs may work beside each other, so sums may exceed the campaign's own length.",
    description: panels
      .map(({ name, spans }) => `${name}${name === "" ? "" : ": "}${count(spans.length, "stretch", "stretches")}`)
      .join("; "),
    legend: [],
    bodies: panels.map((panel) => [drawLanes(panel)]),
    notes: [],
  });
}

function drawLanes({ name, spans }: { name: string; spans: readonly Span[] }): Body {
  const start = Math.min(...spans.map(({ t_s, seconds }) => t_s - seconds));
  const length = Math.max(1, ...spans.map(({ t_s }) => t_s - start));
  const total = spans.reduce((sum, { seconds }) => sum + seconds, 0);
  const { factor, unit } = clockOf(length);
  const kinds = [...Map.groupBy(spans, ({ what }) => what)]
    .map(([what, own]) => ({ what, own, seconds: own.reduce((sum, span) => sum + span.seconds, 0) }))
    .sort((a, b) => b.seconds - a.seconds);
  const top = name === "" ? 4 : 26;
  const words = ({ seconds }: (typeof kinds)[number]): string =>
    `${duration(seconds)}, ${percent(total > 0 ? seconds / total : 0)}`;
  return drawPlot({
    width: figureWidth,
    height: top + kinds.length * 28 + 44,
    marginTop: top,
    marginBottom: 44,
    marginLeft: 185,
    marginRight: 135,
    x: { domain: [0, length / factor] },
    y: { type: "band", domain: kinds.map(({ what }) => what), padding: 0.25 },
    marks: [
      Plot.gridX({ ticks: 6, stroke: inks.line.light, strokeOpacity: 1 }),
      Plot.axisY({ tickSize: 0, label: null, tickFormat: (what: Span["what"]) => meanings[what] }),
      Plot.axisX({
        ticks: 6,
        tickSize: 0,
        tickFormat: (value: number) => plainNumber(value),
        label: `${unit} since the campaign began`,
        labelAnchor: "center",
        labelArrow: "none",
      }),
      ...(name === ""
        ? []
        : [Plot.text([name], { frameAnchor: "top-left", dx: -185, dy: -20, textAnchor: "start", fontWeight: 600 })]),
      Plot.rect(spans, {
        x1: ({ t_s, seconds }: Span) => (t_s - seconds - start) / factor,
        // A stretch of less than a pixel would not be seen.
        x2: ({ t_s }: Span) => (t_s - start) / factor,
        y: "what",
        fill: toneOf("kernel").light,
        stroke: toneOf("kernel").light,
        strokeWidth: 0.6,
        title: ({ what, seconds, lab, run }: Span) => `${meanings[what]}: ${duration(seconds)}, ${run ?? lab}`,
        className: "span",
      }),
      Plot.text(kinds, {
        y: "what",
        frameAnchor: "right",
        textAnchor: "start",
        dx: 12,
        text: words,
        fontVariant: "tabular-nums",
      }),
    ],
  });
}

/** `45 s`, `12.5 min`, `4.9 h`. */
function duration(seconds: number): string {
  if (seconds < 90) return `${number(seconds, seconds < 10 ? 1 : 0)} s`;
  return seconds < 5400 ? `${number(seconds / 60, 1)} min` : `${number(seconds / 3600, 1)} h`;
}
