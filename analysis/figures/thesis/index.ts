/** The thesis' figures that the report does not draw otherwise, one line each; the means (5.1, 5.5) are goodput, rtt, cpu, memory. */
import { overRunsFigure, type OverRuns } from "./overRuns.ts";
import type { View } from "../view.ts";

const kinds: readonly (OverRuns & { readonly figures: string })[] = [
  {
    figures: "5.2 a, 5.3",
    name: "runs-cpu",
    title: "CPU of the whole host over runs, saturating load",
    quantity: "CPU",
    metric: "cpu",
    role: "host",
  },
  {
    figures: "5.2 b, 5.4",
    name: "runs-memory",
    title: "Memory of the whole host over runs, saturating load",
    quantity: "memory in use",
    metric: "memory",
    role: "host",
  },
  {
    figures: "5.6 a, 5.7",
    name: "runs-goodput",
    title: "Goodput over runs, saturating load",
    quantity: "goodput",
    metric: "goodput",
    role: "",
  },
  {
    figures: "5.6 b, 5.8",
    name: "runs-rtt",
    title: "Round-trip time over runs, saturating load",
    quantity: "round-trip time",
    metric: "rtt",
    role: "",
  },
];

/** Entries for the table of figures; all belong to egress. */
export const thesisFigures = kinds.map((kind) => ({
  name: kind.name,
  section: "egress" as const,
  caption: `As figures ${kind.figures} of the thesis. Intervals are over runs, not over seconds inside them.`,
  needs: (view: View): boolean =>
    view.egress.some((cell) => view.values(cell, "saturated", kind.role, kind.metric).points.length > 0),
  render: (view: View): string => overRunsFigure(view, kind),
}));
