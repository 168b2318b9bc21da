/** Which two egress cells stand against each other in the thesis' figures 5.3, 5.4, 5.7 and 5.8. Pure. */
import type { Cell } from "../../record.ts";

export interface CellPair {
  /** What both have in common and in what they differ: `cilium: with gateway against without`. */
  readonly heading: string;
  readonly cells: readonly [Cell, Cell];
}

/** Each two CNIs on the same path, then each CNI with a gateway against without; within one environment. */
export function egressPairs(cells: readonly Cell[]): CellPair[] {
  const environments = new Set(cells.map(({ environment }) => environment));
  const named = ({ environment }: Cell, text: string): string =>
    environments.size > 1 ? `${environment}, ${text}` : text;
  return cells.flatMap((a, index) =>
    cells.slice(index + 1).flatMap((b): CellPair[] => {
      if (a.scenario !== "egress" || b.scenario !== "egress" || a.environment !== b.environment) return [];
      if (a.cni !== b.cni && a.path === b.path) {
        return [{ heading: named(a, `${a.path}: ${a.cni} against ${b.cni}`), cells: [a, b] }];
      }
      if (a.cni === b.cni && a.path !== b.path) {
        return [{ heading: named(a, `${a.cni}: ${a.path} against ${b.path}`), cells: [a, b] }];
      }
      return [];
    }),
  );
}
