/** The thesis' figures one by one, and which figure here has the same content. Pure. */
import type { Cell } from "../../record.ts";

export interface ThesisFigure {
  /** As the thesis numbers it. */
  readonly figure: string;
  readonly content: string;
  /** Name of the figure here. */
  readonly name: string;
  readonly scenario: Cell["scenario"];
  /** Environment that it is about, where the thesis has one for each. */
  readonly environment?: string;
}

const egress = (figure: string, content: string, name: string): ThesisFigure => ({
  figure,
  content,
  name,
  scenario: "egress",
});
const ingress = (figure: string, content: string, name: string, environment?: string): ThesisFigure => ({
  ...{ figure, content, name, scenario: "ingress" },
  ...(environment === undefined ? {} : { environment }),
});

export const thesisContents: readonly ThesisFigure[] = [
  egress("5.1 a", "mean CPU of the egress cases", "host-cpu"),
  egress("5.1 b", "mean memory of the egress cases", "host-memory"),
  egress("5.2 a, 5.3 a to d", "CPU over runs, with intervals, by pairs", "runs-cpu"),
  egress("5.2 b, 5.4 a to d", "memory over runs, with intervals, by pairs", "runs-memory"),
  egress("5.5 a", "mean throughput of the egress cases", "goodput"),
  egress("5.5 b", "mean round-trip time of the egress cases", "rtt"),
  egress("5.6 a, 5.7 a to d", "throughput over runs, with intervals, by pairs", "runs-goodput"),
  egress("5.6 b, 5.8 a to d", "round-trip time over runs, with intervals, by pairs", "runs-rtt"),
  ingress("5.9 a, b", "CPU and memory against virtual users, cloud", "host-vus", "aks"),
  ingress("5.10 a, b", "CPU and memory against virtual users, local", "host-vus", "local"),
  ingress("5.11 a", "accuracy of the split against virtual users, cloud", "split-share", "aks"),
  ingress("5.11 b", "accuracy of the split against virtual users, local", "split-share", "local"),
  ingress("5.12", "ratio in windows of five seconds, for each number of users", "split-ratio-windows"),
  ingress("5.13 a to d", "distance of the ratio to the reference, for each number of users", "split-distance-windows"),
];

/** Whether some cells hold what a figure of the thesis is about; an environment may stand under a longer name of its own. */
export function holds({ scenario, environment }: ThesisFigure, cells: readonly Cell[]): boolean {
  return cells.some(
    (cell) =>
      cell.scenario === scenario &&
      (environment === undefined ||
        cell.environment === environment ||
        cell.environment.startsWith(`${environment} in `)),
  );
}
