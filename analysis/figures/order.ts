/** Whether a run's place in its block mattered: mean distance from the cell's mean at each position. */
import * as Plot from "@observablehq/plot";
import { isSamples, mean } from "../statistics/mean.ts";
import { tInterval } from "../statistics/meanInterval.ts";
import { inks } from "../theme.ts";
import { frame, type Body } from "./draw.ts";
import { driftPanels, type DriftPanel } from "./drift.ts";
import { count } from "./format.ts";
import { drawPercentPanel, signed } from "./percentPanel.ts";
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

/** More places than this and not every one is named under the axis. */
const mostNamed = 30;

function drawPlaces({ heading, places }: { heading: string; places: readonly Place[] }): Body {
  const positions = places.map(({ position }) => position);
  const title = ({ position, mean: middle, low, high, n }: Place): string =>
    `place ${String(position)}: ${signed(middle)} %${low === null || high === null ? "" : ` (${signed(low)} to ${signed(high)})`}, n = ${String(n)}`;
  const step = Math.ceil(positions.length / mostNamed);
  return drawPercentPanel({
    heading: `${heading}, n = ${String(places.reduce((sum, { n }) => sum + n, 0))}`,
    height: 180,
    ends: places.flatMap(({ mean: middle, low, high }) => [middle, low ?? middle, high ?? middle]),
    least: 0.5,
    x: { type: "point", domain: positions },
    axisX: { ticks: positions.filter((_, index) => index % step === 0), label: "place in the block" },
    marks: [
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
