/** How much of the machine's own kernel path each egress cell reaches: its goodput over that of `netns` base, on the same bed only. Pure. */
import type { Bundle } from "./bundle.ts";
import { bedsApart } from "./combine.ts";
import type { Cell } from "./record.ts";
import { ratioEffect } from "./statistics/ratio.ts";

/** One run's goodput counts when it is valid. */
export interface KernelShare {
  readonly cell: Cell;
  /** The yardstick: kernel base. */
  readonly base: Cell;
  readonly n: number;
  readonly n_base: number;
  /** Ratio of the geometric means with its 95 % Welch interval; null with fewer than two runs on a side. */
  readonly share: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface KernelShares {
  readonly shares: readonly KernelShare[];
  /** Cells that stand on another bed than every yardstick, and in what; as sentences. */
  readonly refused: readonly string[];
}

/** What a cluster has and a bare machine has not, what the yardstick is by its nature, and what only watches. */
const aside = ["environment", "kubelet", "container-runtime", "prometheus", "node_exporter", "egress.monitoring"];

/** Shares of all egress cells for which the bundle holds a yardstick; empty without one. */
export function kernelShares(bundle: Bundle): KernelShares {
  const yardsticks = bundle.cells.filter(
    ({ scenario, cni, path, environment }) =>
      scenario === "egress" && cni === "kernel" && path === "base" && /^netns\b/.test(environment),
  );
  const others = bundle.cells.filter((cell) => cell.scenario === "egress" && !yardsticks.includes(cell));
  const shares: KernelShare[] = [];
  const refused: string[] = [];
  for (const cell of yardsticks.length === 0 ? [] : others) {
    const beds = yardsticks.map((base) => ({ base, apart: apartIn(bundle, base, cell) }));
    const [same] = beds.filter(({ apart }) => apart.length === 0);
    if (same !== undefined) shares.push(shareOf(bundle, cell, same.base));
    else
      refused.push(
        `${cell.id} stands on another bed than ${beds[0]?.base.id ?? ""}: ${beds[0]?.apart.join(", ") ?? ""}`,
      );
  }
  return { shares, refused };
}

/** In what two cells' beds differ, of what decides goodput; cells of one bundle share theirs. */
function apartIn({ sideBySide, cells }: Bundle, a: Cell, b: Cell): string[] {
  const partOf = ({ id }: Cell) => sideBySide?.parts.find((part) => part.cells.includes(id));
  const [one, other] = [partOf(a), partOf(b)];
  if (one === other) return [];
  const sides = [one, other].map((part) => ({
    environment: part?.environment ?? null,
    cells: cells.filter(({ id }) => part?.cells.includes(id) === true),
  }));
  if (sides.some(({ environment }) => environment === null)) return ["a bed that is not known"];
  return bedsApart(sides).flatMap(({ fact, values: [left, right] }) =>
    // A setting that only one platform has decides nothing on the other; the machine is recorded by both.
    aside.includes(fact) || fact.startsWith("ingress.") || ((left === null || right === null) && fact.includes("."))
      ? []
      : [`${fact} ${String(left ?? "not recorded")} against ${String(right ?? "not recorded")}`],
  );
}

function shareOf({ tables, inference }: Bundle, cell: Cell, base: Cell): KernelShare {
  const goodput = ({ id }: Cell): number[] =>
    tables.samples
      .filter((row) => row.cell === id && row.phase === "saturated" && row.metric === "goodput" && row.valid)
      .map(({ value }) => value);
  const [own, yardstick] = [goodput(cell), goodput(base)];
  const effect = ratioEffect(own, yardstick, inference.level);
  return {
    cell,
    base,
    n: own.length,
    n_base: yardstick.length,
    share: effect === null ? null : 1 + effect.effect,
    low: effect === null ? null : 1 + effect.low,
    high: effect === null ? null : 1 + effect.high,
  };
}
