/** All figures of the report in one table: what each is about, what it needs, how it is drawn. */
import type { Bundle } from "../bundle.ts";
import { goodputFigure, roleFigure, rttFigure } from "./cells.ts";
import { driftFigure, driftSpots } from "./drift.ts";
import { distanceFigure, distanceOf, latencyFigure, levelCells, requestsFigure, type LevelKind } from "./levels.ts";
import { windowsFigure, wholeSplitFigure } from "./split.ts";
import { thesisFigures } from "./thesis/index.ts";
import { viewOf, type View } from "./view.ts";

/** Part of the report that a figure belongs to. */
export type Section = "egress" | "ingress" | "resources" | "quality";

/** A drawn figure; `svg` is a whole file. */
export interface Figure {
  /** Name of the file without its ending, and id in the report. */
  readonly name: string;
  readonly section: Section;
  /** How to read it, in one or two sentences. */
  readonly caption: string;
  readonly svg: string;
}

interface FigureKind extends Omit<Figure, "svg"> {
  /** True when the bundle has something to draw. */
  readonly needs: (view: View) => boolean;
  readonly render: (view: View) => string;
}

const atLevels = (kind: LevelKind): FigureKind[] => [
  {
    name: `requests-${kind}`,
    section: "ingress",
    caption:
      kind === "vus"
        ? "Closed model: each virtual user waits for its answer before it asks again, so a slow gateway also gets fewer requests."
        : "Open model: requests start at a fixed rate whether or not earlier ones were answered. A gateway that keeps up answers as many as are offered.",
    needs: (view) => levelCells(view, kind).some((cell) => drawn(view, cell.id, "requests", phaseOf(kind))),
    render: (view) => requestsFigure(view, kind),
  },
  {
    name: `latency-${kind}`,
    section: "ingress",
    caption:
      kind === "vus"
        ? "Percentiles come from the merged histogram of each run. In the closed model the tail is too good when a gateway stalls: claims about latency need the fixed-rate load."
        : "Percentiles come from the merged histogram of each run, at a rate that does not slow down with the gateway.",
    needs: (view) => levelCells(view, kind).some((cell) => drawn(view, cell.id, "latency_p50", phaseOf(kind))),
    render: (view) => latencyFigure(view, kind),
  },
];

const byRole = (metric: "cpu" | "memory", scenario: "egress" | "ingress"): FigureKind => ({
  name: `${metric}-${scenario}`,
  section: "resources",
  caption:
    metric === "cpu"
      ? "All panels share one scale. Work in network interrupts is part of the whole host but is charged to no role, so the roles add up to less than the host."
      : "Each panel has a scale of its own. Host: total less available memory; a role: its working set.",
  needs: (view) => view[scenario].some((cell) => view.roles(metric, [cell]).length > 0),
  render: (view) => roleFigure(view, view[scenario], metric, `${metric}-${scenario}`),
});

export const figureTable: readonly FigureKind[] = [
  {
    name: "goodput",
    section: "egress",
    caption:
      "Payload that the receiver got, warm-up left out. The bar is the 95 % t interval of the mean over runs; the axis starts at zero.",
    needs: (view) => view.egress.some(({ id }) => drawn(view, id, "goodput", "saturated")),
    render: goodputFigure,
  },
  {
    name: "rtt",
    section: "egress",
    caption:
      "As TCP itself measures it. Under a saturating load it is mostly time spent in queues; the unloaded phase shows the path.",
    needs: (view) => view.phases("rtt", view.egress).length > 0,
    render: rttFigure,
  },
  ...thesisFigures,
  ...atLevels("vus"),
  ...atLevels("rate"),
  {
    name: "split-windows",
    section: "ingress",
    caption:
      "A random splitter leaves the band in one window of twenty. Windows with more requests have a narrower band.",
    needs: ({ splits }) => splits().length > 0,
    render: ({ bundle, splits }) => windowsFigure(bundle, splits()),
  },
  {
    name: "split-runs",
    section: "ingress",
    caption:
      "An interval that does not reach the dashed line means that chance alone hardly explains the distance from the weight in that run; one run in twenty does so by chance.",
    needs: ({ splits }) => splits().length > 0,
    render: ({ bundle }) => wholeSplitFigure(bundle),
  },
  {
    name: "split-distance",
    section: "ingress",
    caption:
      "As figures 5.11 and 5.13 of the thesis: distance of each run's split from its weights. Chance alone keeps levels with few requests farther away; the table says how far.",
    needs: (view) => levelCells(view, "vus").some((cell) => distanceOf(view, cell).points.length > 0),
    render: distanceFigure,
  },
  byRole("cpu", "egress"),
  byRole("cpu", "ingress"),
  byRole("memory", "egress"),
  byRole("memory", "ingress"),
  {
    name: "drift",
    section: "quality",
    caption:
      "Runs in the order in which they started. Randomised blocks spread a slow change of the machine over all cells; this figure shows whether there was one.",
    needs: (view) =>
      driftSpots(view, "goodput", view.egress).length + driftSpots(view, "requests", view.ingress).length > 1,
    render: driftFigure,
  },
];

/** Every figure for which the bundle has values, in the order of the report. */
export function renderFigures(bundle: Bundle): Figure[] {
  const view = viewOf(bundle);
  return figureTable
    .filter(({ needs }) => needs(view))
    .map(({ name, section, caption, render }) => ({ name, section, caption, svg: render(view) }));
}

function drawn(view: View, cellId: string, metric: "goodput" | "requests" | "latency_p50", phase: string): boolean {
  const cell = view.bundle.cells.find(({ id }) => id === cellId);
  return cell !== undefined && view.values(cell, phase, "", metric).points.length > 0;
}

function phaseOf(kind: LevelKind): string {
  return kind === "vus" ? "closed" : "open";
}
