/** Which egress cells stand together in the thesis' figures 5.2 to 5.4 and 5.6 to 5.8. Pure. */
import type { Cell } from "../../record.ts";
import { environmentName } from "../labels.ts";

export interface CellGroup {
  /** What the cells have in common and in what they differ: `cilium: gateway against base`. */
  readonly heading: string;
  readonly cells: readonly Cell[];
}

/**
 * In each environment, in the thesis' order: all cells together where there are more than two; each two CNIs on the same path,
 * with the gateway first; each CNI with the gateway against without.
 */
export function egressGroups(cells: readonly Cell[]): CellGroup[] {
  const environments = Map.groupBy(
    cells.filter(({ scenario }) => scenario === "egress"),
    ({ environment }) => environment,
  );
  return [...environments].flatMap(([environment, own]) => {
    const named = (text: string): string => (environments.size > 1 ? `${environmentName(environment)}, ${text}` : text);
    const pairs = pairsOf(own).map(({ heading, ...pair }) => ({ heading: named(heading), ...pair }));
    const all = own.length > 2 || pairs.length === 0 ? [{ heading: named("all cells"), cells: own }] : [];
    return [...all, ...pairs];
  });
}

function pairsOf(cells: readonly Cell[]): CellGroup[] {
  const paths = [...new Set(cells.map(({ path }) => path))].sort((a, b) => b.localeCompare(a));
  const cnis = [...new Set(cells.map(({ cni }) => cni))];
  const find = (cni: string, path: string): Cell[] => cells.filter((cell) => cell.cni === cni && cell.path === path);
  const between = paths.flatMap((path) =>
    cnis.flatMap((a, index) =>
      cnis.slice(index + 1).map((b) => ({
        heading: `${path}: ${a} against ${b}`,
        cells: [...find(a, path), ...find(b, path)],
      })),
    ),
  );
  const within = cnis.map((cni) => ({
    heading: `${cni}: ${paths.join(" against ")}`,
    cells: paths.flatMap((path) => find(cni, path)),
  }));
  return [...between, ...within].filter((group) => group.cells.length === 2);
}
