/** Whether a run's place in its block mattered: mean distance from the cell's mean at each position. */
import * as Plot from "@observablehq/plot";
import { isSamples, mean, tInterval } from "../statistics/mean.ts";
import { inks } from "../theme.ts";
import { drawPlot, figureWidth, frame, type Body } from "./draw.ts";
import { driftPanels, type DriftPanel } from "./drift.ts";
import { count, number } from "./format.ts";
import { plainNumber } from "./rows.ts";
import type { View } from "./view.ts";

interface Place {
  readonly position: number;
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly n: number;
}

/** Valid runs at each position of their block, over all blocks and cells. */
export function placesOf({ spots }: Pick<DriftPanel, "spots">): Place[] {
  const placed = spots.filter(({ state, position }) => state === "valid" && position !== null);
  return [...Map.groupBy(placed, ({ position }) => position ?? 0)]
    .flatMap(([position, own]): Place[] => {
      const values = own.map(({ deviation }) => deviation);
      if (!isSamples(values)) return [];
      const interval = tInterval(values);
      return [
        { position, mean: mean(values), low: interval?.low ?? null, high: interval?.high ?? null, n: values.length },
      ];
    })
    .sort((a, b) => a.position - b.position);
}

/** A panel for each scenario and bundle. */
export function orderFigure(view: View): string {
  const panels = driftPanels(view).map((panel) => ({ heading: panel.heading, places: placesOf(panel) }));
  const drawn = panels.filter(({ places }) => places.length > 1);
  return frame({
    name: "order",
    title: "Place in the block: does it matter when a cell has its turn?",
    subtitle:
      "Distance from the cell's mean of all valid runs that had this place in their block, with 95 % t interval. Random order spreads such an effect over all cells; without it, it would look like a difference between them.",
    description: drawn.map(({ heading, places }) => `${heading}: ${count(places.length, "place")}`).join("; "),
    legend: [{ label: "mean and 95 % interval", colour: inks.muted.light, symbol: "line" }],
    bodies: drawn.map((panel) => [drawPlaces(panel)]),
    notes: [],
  });
}

function drawPlaces({ heading, places }: { heading: string; places: readonly Place[] }): Body {
  const ends = places.flatMap(({ mean: middle, low, high }) => [middle, low ?? middle, high ?? middle]);
  const reach = Math.max(0.5, ...ends.map(Math.abs)) * 1.12;
  const title = ({ position, mean: middle, low, high, n }: Place): string =>
    `place ${String(position)}: ${signed(middle)} %${low === null || high === null ? "" : ` (${signed(low)} to ${signed(high)})`}, n = ${String(n)}`;
  return drawPlot({
    width: figureWidth,
    height: 180,
    marginTop: 28,
    marginBottom: 44,
    marginLeft: 58,
    marginRight: 16,
    x: { type: "point", domain: places.map(({ position }) => position) },
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
      Plot.axisX({ tickSize: 0, label: "place in the block", labelAnchor: "center", labelArrow: "none" }),
      Plot.text([`${heading}, n = ${String(places.reduce((sum, { n }) => sum + n, 0))}`], {
        frameAnchor: "top-left",
        dx: -58,
        dy: -22,
        textAnchor: "start",
        fontWeight: 600,
      }),
      Plot.ruleX(
        places.filter(({ low }) => low !== null),
        {
          x: "position",
          y1: "low",
          y2: "high",
          stroke: inks.muted.light,
          strokeWidth: 2,
          title,
          className: "interval",
        },
      ),
      Plot.dot(places, { x: "position", y: "mean", r: 4, fill: inks.muted.light, title, className: "mean" }),
    ],
  });
}

/** `+0.4`, `−1.2`. */
export function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${number(Math.abs(value), Math.abs(value) < 10 ? 1 : 0)}`;
}
