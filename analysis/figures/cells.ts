/** Figures with a row for each cell: goodput, round-trip time, CPU and memory of each role. */
import type { MetricName } from "../metrics.ts";
import type { Cell } from "../record.ts";
import { cellTone, inks, toneName, type MarkSymbol } from "../theme.ts";
import { frame, type LegendEntry } from "./draw.ts";
import { nText } from "./format.ts";
import { cellLabels, type CellLabels } from "./labels.ts";
import { absentNotes, besidePanels, stackedPanels, stateLegend, stateNotes, type Panel, type Row } from "./rows.ts";
import { loadPhase, type Values, type View } from "./view.ts";

/** Headings of phases. */
export const phaseNames: Readonly<Record<string, string>> = {
  idle: "idle, no load",
  unloaded: "unloaded",
  half: "half of base rate",
  saturated: "saturated",
  closed: "closed model",
  open: "open model (fixed rate)",
};

/** Headings of roles. */
export function roleName(role: string): string {
  return role === "host" ? "whole host" : role;
}

/** Goodput of each egress cell under a saturating load. */
export function goodputFigure(view: View): string {
  const { labels, prefix } = labelsFor(view.egress);
  const rows = cellRows(view, view.egress, labels, "saturated", "goodput");
  return rowsFigure({
    name: "goodput",
    title: "Goodput of one saturating TCP load",
    prefix,
    panels: [{ heading: "", quantity: "goodput", rows }],
    notes: absentNotes(view, "egress"),
  });
}

/** CPU and memory of the whole host under the saturating load, a row for each egress cell: figure 5.1 of the thesis. */
export function hostMeansFigure(view: View, metric: "cpu" | "memory"): string {
  const { labels, prefix } = labelsFor(view.egress);
  const rows = cellRows(view, view.egress, labels, "saturated", metric, "host");
  return rowsFigure({
    name: `host-${metric}`,
    title: `${metric === "cpu" ? "CPU" : "Memory"} of the whole host under a saturating load`,
    prefix,
    panels: [{ heading: "", quantity: metric === "cpu" ? "CPU" : "memory in use", rows }],
    notes: absentNotes(view, "egress"),
  });
}

/** Processor time over idle for each Gbit or 1,000 requests, a panel for each phase of load. */
export function costFigure(view: View, scenario: "egress" | "ingress"): string {
  const metric = scenario === "egress" ? "cpu_per_gbit" : "cpu_per_krequest";
  const cells = view[scenario];
  const { labels, prefix } = labelsFor(cells);
  const phases = view.phases(metric, cells);
  return rowsFigure({
    name: `cost-${scenario}`,
    title: scenario === "egress" ? "CPU for each Gbit, over idle" : "CPU for 1,000 requests, over idle",
    prefix,
    panels: phases.map((phase) => ({
      heading: phases.length > 1 ? (phaseNames[phase] ?? phase) : "",
      quantity: "whole host over its idle window",
      rows: cellRows(
        view,
        cells.filter((cell) => hasPhase(cell, phase)),
        labels,
        phase,
        metric,
        "host",
      ),
    })),
    notes: absentNotes(view, scenario),
  });
}

/** Whether a cell's load has the phase: a cell of fixed rate lacks no value of the closed model. */
function hasPhase({ vus, rate }: Cell, phase: string): boolean {
  return phase === "closed" ? vus !== null : phase !== "open" || rate !== null;
}

/** Round-trip time of each egress cell, a panel for each phase. */
export function rttFigure(view: View): string {
  const { labels, prefix } = labelsFor(view.egress);
  const panels = view.phases("rtt", view.egress).map((phase) => ({
    heading: phaseNames[phase] ?? phase,
    quantity: "round-trip time",
    rows: cellRows(view, view.egress, labels, phase, "rtt"),
  }));
  return rowsFigure({
    name: "rtt",
    title: "Round-trip time by phase",
    prefix,
    panels,
    notes: absentNotes(view, "egress"),
  });
}

/** CPU or memory of each role: under load, with the idle window of the same runs beside it. */
export function roleFigure(view: View, cells: readonly Cell[], metric: "cpu" | "memory", name: string): string {
  const { labels, prefix } = labelsFor(cells);
  const scenario = cells[0]?.scenario ?? "egress";
  const panels: Panel[] = view
    .roles(metric, cells)
    .filter((role) => role !== "")
    .map((role) => ({
      heading: roleName(role),
      quantity: metric,
      rows: cells.map((cell) => ({
        label: labels.of(cell.id),
        series: [
          {
            name: "idle",
            colour: inks.muted.light,
            symbol: "tick" as const,
            values: view.values(cell, "idle", role, metric),
          },
          ...view
            .phases(metric, [cell])
            .filter((phase) => phase !== "idle" && phase !== "unloaded")
            .map((phase) => ({
              name: phaseNames[phase] ?? phase,
              colour: cellTone(cell).light,
              symbol: phase === "half" ? ("wye" as const) : cellTone(cell).symbol,
              values: view.values(cell, phase, role, metric),
            })),
        ],
      })),
    }));
  const loads = view.phases(metric, cells).filter((phase) => phase !== "idle" && phase !== "unloaded");
  return rowsFigure({
    name,
    title: `${metric === "cpu" ? "CPU" : "Memory"} by role, ${scenario}: idle beside load`,
    prefix,
    panels,
    beside: { shared: metric === "cpu" },
    legend: [
      { label: "idle, before the load", colour: inks.muted.light, symbol: "tick" },
      ...(loads.includes("half")
        ? [{ label: "half of base rate", colour: inks.muted.light, symbol: "wye" as const }]
        : []),
    ],
    quantity: metric === "cpu" ? "cores (one processor kept busy is 1)" : "memory in use",
    notes: absentNotes(view, scenario),
  });
}

/** A row for each cell. */
function cellRows(
  view: View,
  cells: readonly Cell[],
  labels: CellLabels,
  phase: string,
  metric: MetricName,
  role = "",
): Row[] {
  return cells.map((cell) => ({
    label: labels.of(cell.id),
    series: [
      {
        name: "",
        colour: cellTone(cell).light,
        symbol: cellTone(cell).symbol,
        values: view.values(cell, phase, role, metric),
      },
    ],
  }));
}

/** Labels, and the sentence that says what they leave out. */
export function labelsFor(cells: readonly Cell[]): { labels: CellLabels; prefix: string } {
  const labels = cellLabels(cells);
  return { labels, prefix: labels.shared === "" ? "" : `All cells: ${labels.shared}. ` };
}

interface RowsFigure {
  readonly name: string;
  readonly title: string;
  readonly prefix: string;
  readonly panels: readonly Panel[];
  /** Panels side by side, as given; else one below the other. */
  readonly beside?: { shared: boolean };
  readonly legend?: readonly LegendEntry[];
  readonly quantity?: string;
  readonly notes: readonly string[];
}

function rowsFigure({ name, title, prefix, panels, beside, legend = [], quantity, notes }: RowsFigure): string {
  const rows = panels.flatMap((panel) => panel.rows);
  const shown = rows.flatMap(({ series }) =>
    series.filter(({ symbol }) => symbol !== "tick").map(({ values }) => values),
  );
  const counted = shown.filter(({ basis }) => basis !== "none");
  return frame({
    name,
    title,
    subtitle: `${prefix}${quantity === undefined ? "" : `${capital(quantity)}. `}Each run counts once; ${nText(counted.map(({ n }) => n))} in a cell.`,
    description: describe(rows),
    legend: [
      ...(beside === undefined ? [] : toneLegend(shown)),
      ...legend,
      ...stateLegend(shown, { truncated: beside === undefined }),
    ],
    bodies: beside === undefined ? stackedPanels(panels) : besidePanels(panels, beside),
    notes: [...stateNotes(rows), ...notes],
  });
}

/** Cells are told apart by their labels; where gateways have colours of their own, by those too. */
function toneLegend(shown: readonly Values[]): LegendEntry[] {
  const tones = new Map(shown.map(({ cell }) => [toneName(cell), cellTone(cell)]));
  if (tones.size < 2) return [];
  return [...tones].map(([label, tone]): LegendEntry => ({
    label,
    colour: tone.light,
    symbol: tone.symbol satisfies MarkSymbol,
  }));
}

function describe(rows: readonly Row[]): string {
  return rows
    .flatMap(({ label, series }) =>
      series.map(({ name, values }) => `${label}${name === "" ? "" : ` ${name}`}: ${String(values.n)} runs`),
    )
    .slice(0, 40)
    .join("; ");
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

/** The load phase that all given cells have in common, for headings. */
export function commonPhase(view: View, cells: readonly Cell[]): string {
  const phases = new Set(cells.map((cell) => loadPhase(view, cell)));
  return phases.size === 1 ? ([...phases][0] ?? "") : "";
}
