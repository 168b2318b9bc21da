import type { Cell } from "../record.ts";

/** Short names for cells: what all of them share is said once. */
export interface CellLabels {
  /** What all cells share, e.g. `netns, kernel`; blank when nothing is shared. */
  readonly shared: string;
  /** What sets a cell apart, e.g. `nginx, 10 VUs`. */
  readonly of: (cellId: string) => string;
}

/** Labels that are unique among the given cells and no longer than they need to be. */
export function cellLabels(cells: readonly Cell[]): CellLabels {
  const parts = cells.map(partsOf);
  const first = parts[0] ?? [];
  const constant = first.map((part, index) => cells.length > 1 && parts.every((other) => other[index] === part));
  const labels = new Map(
    cells.map((cell, row) => {
      const own = (parts[row] ?? []).filter((part, index) => part !== "" && constant[index] !== true);
      return [cell.id, own.length === 0 ? cell.id : own.join(", ")];
    }),
  );
  const unique = new Set(labels.values()).size === cells.length;
  return {
    shared: unique ? first.filter((part, index) => part !== "" && constant[index] === true).join(", ") : "",
    of: (id) => (unique ? (labels.get(id) ?? id) : id),
  };
}

const environments: Readonly<Record<string, string>> = { local: "local (kind)", aks: "cloud (AKS)" };

/** An environment as a heading names it: `cloud (AKS)`; others as they are. */
export function environmentName(environment: string): string {
  return environments[environment] ?? environment;
}

/** `100 VUs` or `500 requests/s`; blank without a load level. */
export function levelText({ vus, rate }: Pick<Cell, "vus" | "rate">): string {
  if (vus !== null) return vus === 1 ? "1 VU" : `${String(vus)} VUs`;
  return rate === null ? "" : `${String(rate)} requests/s`;
}

/** Always the same number of parts, blank where a cell has none, so that they can be compared by place. */
function partsOf(cell: Cell): string[] {
  const { environment, cni, scenario, path, gateway, weights } = cell;
  // A gateway that is its CNI's own need not be named twice.
  return [environment, cni, scenario, path, gateway === cni ? "" : gateway, levelText(cell), weights];
}
