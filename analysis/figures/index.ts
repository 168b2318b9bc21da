/** All figures of the report in one table: what each is about, what it needs, how it is drawn. */
import type { Bundle } from "../bundle.ts";
import { kernelShares } from "../kernelShare.ts";
import { costFigure, goodputFigure, hostMeansFigure, roleFigure, rttFigure } from "./cells.ts";
import { driftFigure, driftPanels } from "./drift.ts";
import {
  hostLevelsFigure,
  latencyFigure,
  latencyModelsFigure,
  levelCells,
  phaseOf,
  requestsFigure,
  splitLevelsFigure,
  type LevelKind,
} from "./levels.ts";
import { orderFigure, placesOf } from "./order.ts";
import { dispersionFigure, kernelShareFigure } from "./ratios.ts";
import { distanceOf, shareOf } from "./shares.ts";
import { windowsFigure, wholeSplitFigure } from "./split.ts";
import { splitWindowsFigure, type SplitQuantity } from "./splitWindows.ts";
import { thesisFigures } from "./thesis/index.ts";
import { timeFigure } from "./timeSpent.ts";
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
    name: `host-${kind}`,
    section: "resources",
    caption:
      kind === "vus"
        ? "As figures 5.9 (cloud) and 5.10 (local) of the thesis. In a cloud all nodes but the hidden control plane; on one machine everything that runs on it."
        : "CPU and memory of the whole host, idle part included, at each offered rate.",
    needs: (view) =>
      levelCells(view, kind).some((cell) =>
        (["cpu", "memory"] as const).some(
          (metric) => view.values(cell, phaseOf(kind), "host", metric).points.length > 0,
        ),
      ),
    render: (view) => hostLevelsFigure(view, kind),
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

const hostMeans = (metric: "cpu" | "memory"): FigureKind => ({
  name: `host-${metric}`,
  section: "egress",
  caption: `As figure 5.1 ${metric === "cpu" ? "a" : "b"} of the thesis: what the whole host uses, idle part included. The truncated mean leaves out the lowest and the highest run, by rule.`,
  needs: (view) => view.egress.some((cell) => view.values(cell, "saturated", "host", metric).points.length > 0),
  render: (view) => hostMeansFigure(view, metric),
});

const cost = (scenario: "egress" | "ingress"): FigureKind => ({
  name: `cost-${scenario}`,
  section: "resources",
  caption:
    "CPU of the whole host less its idle window, over the work done in that time: what a CNI or gateway costs whatever it achieves.",
  needs: (view) => view.phases(scenario === "egress" ? "cpu_per_gbit" : "cpu_per_krequest", view[scenario]).length > 0,
  render: (view) => costFigure(view, scenario),
});

const overTime = (quantity: SplitQuantity): FigureKind => ({
  name: `split-${quantity}-windows`,
  section: "ingress",
  caption:
    quantity === "ratio"
      ? "As figure 5.12 of the thesis. The interval of a window is over runs; windows of a cell follow each other in time, runs do not."
      : "As figure 5.13 of the thesis, with what it left out: a random splitter is never at distance 0, and with few requests it is farther away. Dashed: the mean distance of such a splitter at the same number of requests.",
  needs: ({ splits }) => splits().length > 0,
  render: (view) => splitWindowsFigure(view, quantity),
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
  hostMeans("cpu"),
  hostMeans("memory"),
  {
    name: "kernel-share",
    section: "egress",
    caption:
      "What a CNI leaves of what this machine's kernel carries with nothing in the way. Only cells on the very bed of the yardstick have a share.",
    needs: ({ bundle }) => kernelShares(bundle).shares.length > 0,
    render: kernelShareFigure,
  },
  ...thesisFigures,
  ...atLevels("vus"),
  ...atLevels("rate"),
  {
    name: "latency-models",
    section: "ingress",
    caption:
      "In the closed model a user waits for an answer before asking again, so a stalled gateway gets fewer requests and hides its tail. At a fixed rate requests come whether or not it keeps up.",
    needs: (view) =>
      (["vus", "rate"] as const).every((kind) =>
        levelCells(view, kind).some((cell) => drawn(view, cell.id, "latency_p50", phaseOf(kind))),
      ),
    render: latencyModelsFigure,
  },
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
    name: "split-dispersion",
    section: "ingress",
    caption:
      "A share says whether the weights are met on the whole, dispersion how a gateway gets there: by drawing for each request, by taking turns, or by keeping users at one backend.",
    needs: ({ bundle }) => bundle.tables.splits.some(({ dispersion }) => dispersion !== null),
    render: dispersionFigure,
  },
  {
    name: "split-share",
    section: "ingress",
    caption:
      "As figure 5.11 of the thesis: share of the first backend over whole runs. Grey: where 95 of 100 runs of a true random splitter lie at that number of requests.",
    needs: (view) => levelCells(view, "vus").some((cell) => shareOf(view, cell).points.length > 0),
    render: (view) => splitLevelsFigure(view, "share"),
  },
  overTime("ratio"),
  overTime("distance"),
  {
    name: "split-distance",
    section: "ingress",
    caption:
      "Distance of each run's split from its weights. Chance alone keeps levels with few requests farther away: grey, up to where 95 of 100 runs of a random splitter stay.",
    needs: (view) => levelCells(view, "vus").some((cell) => distanceOf(view, cell).points.length > 0),
    render: (view) => splitLevelsFigure(view, "distance"),
  },
  cost("egress"),
  cost("ingress"),
  byRole("cpu", "egress"),
  byRole("cpu", "ingress"),
  byRole("memory", "egress"),
  byRole("memory", "ingress"),
  {
    name: "drift",
    section: "quality",
    caption:
      "Runs in the order in which they started. Randomised blocks spread a slow change of the machine over all cells; this figure shows whether there was one.",
    needs: (view) => driftPanels(view).reduce((sum, { spots }) => sum + spots.length, 0) > 1,
    render: driftFigure,
  },
  {
    name: "order",
    section: "quality",
    caption:
      "A place whose interval lies off zero would mean that runs carry something over to the next: heat, caches, connections that are closing. One place in twenty does so by chance.",
    needs: (view) => driftPanels(view).some((panel) => placesOf(panel).length > 1),
    render: orderFigure,
  },
  {
    name: "time",
    section: "quality",
    caption: "From the bundle's events.jsonl. What is not load is what the campaign costs on top.",
    needs: ({ bundle }) => bundle.spans.length > 0,
    render: timeFigure,
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
