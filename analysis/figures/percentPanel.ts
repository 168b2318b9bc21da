/** A panel of distances from a mean, in percent of it, on both sides of zero. */
import * as Plot from "@observablehq/plot";
import { inks } from "../theme.ts";
import { drawPlot, figureWidth, type Body } from "./draw.ts";
import { number } from "./format.ts";
import { plainNumber } from "./rows.ts";

export interface PercentPanel {
  readonly heading: string;
  readonly height: number;
  /** All distances that must fit, in percent. */
  readonly ends: readonly number[];
  /** The axis shows at least this much on both sides of zero. */
  readonly least: number;
  readonly x: Plot.ScaleOptions;
  readonly axisX: Plot.AxisXOptions;
  readonly marks: readonly Plot.Markish[];
}

/** Draws the panel as wide as the figure. */
export function drawPercentPanel({ heading, height, ends, least, x, axisX, marks }: PercentPanel): Body {
  const reach = Math.max(least, ...ends.map(Math.abs)) * 1.12;
  return drawPlot({
    width: figureWidth,
    height,
    marginTop: 28,
    marginBottom: 44,
    marginLeft: 58,
    marginRight: 16,
    x,
    y: { domain: [-reach, reach] },
    marks: [
      Plot.gridY({ ticks: 5, stroke: inks.line.light, strokeOpacity: 1 }),
      Plot.ruleY([0], { stroke: inks.muted.light }),
      Plot.axisY({
        ticks: 5,
        tickSize: 0,
        tickFormat: (value: number) => `${plainNumber(value).replace("-", "−")} %`,
        label: null,
      }),
      Plot.axisX({ tickSize: 0, labelAnchor: "center", labelArrow: "none", ...axisX }),
      Plot.text([heading], { frameAnchor: "top-left", dx: -58, dy: -22, textAnchor: "start", fontWeight: 600 }),
      ...marks,
    ],
  });
}

/** `+0.4`, `−1.2`; no sign where nothing is left after rounding. */
export function signed(value: number, decimals = 1): string {
  const text = number(Math.abs(value), decimals);
  return /[1-9]/.test(text) ? `${value < 0 ? "−" : "+"}${text}` : text;
}
