import { count, list, number } from "../figures/format.ts";
import { cellLabels } from "../figures/labels.ts";
import type { View } from "../figures/view.ts";
import type { Cell } from "../record.ts";
import type { SplitAlgorithm } from "../splitAlgorithm.ts";
import type { SplitRow } from "../tables.ts";
import type { Finding } from "./finding.ts";

type Named = Exclude<SplitAlgorithm, "" | "cannot tell">;

/** A split whose windows have a spread: what it is of, and the row with the dispersion. */
interface Spread {
  readonly label: string;
  readonly row: SplitRow;
  readonly windows: number;
}

/** A gateway with the spreads of all its load levels. */
interface Picker {
  readonly name: string;
  readonly spreads: readonly Spread[];
}

const phrases: Readonly<Record<Named, string>> = {
  random: "backends are drawn at random",
  scheduled: "backends take turns (scheduled)",
  "sticky or bursty": "backends get runs of requests (sticky or bursty)",
};

/** How each gateway picks a backend, by the dispersion of the windows of all its load levels. */
export function algorithmFindings(view: View): Finding[] {
  return pickers(view).map(finding);
}

function pickers(view: View): Picker[] {
  const labels = cellLabels(view.ingress);
  const gateways = [
    ...Map.groupBy(view.ingress, ({ environment, cni, gateway, weights }) =>
      JSON.stringify([environment, cni, gateway, weights]),
    ).values(),
  ].flatMap((cells) => {
    const spreads = cells.flatMap((cell) => spreadsOf(view, cell, labels.of(cell.id)));
    const [first] = cells;
    return first === undefined || spreads.length === 0
      ? []
      : [{ gateway: { ...first, vus: null, rate: null }, spreads }];
  });
  const names = cellLabels(gateways.map(({ gateway }) => gateway));
  return gateways.map(({ gateway, spreads }) => ({
    name: gateways.length === 1 ? gateway.gateway : names.of(gateway.id),
    spreads,
  }));
}

/** One for two backends, since the other's is the same; one for each of several. */
function spreadsOf(view: View, cell: Cell, label: string): Spread[] {
  const groups = Map.groupBy(
    view.bundle.tables.splits.filter((row) => row.cell === cell.id),
    ({ phase }) => phase,
  );
  return [...groups].flatMap(([phase, rows]) => {
    const windows =
      view.splits().find((series) => series.cell === cell.id && series.phase === phase)?.windows.length ?? 0;
    return rows
      .slice(0, rows.length === 2 ? 1 : rows.length)
      .filter(({ algorithm }) => algorithm !== "")
      .map((row) => ({
        label: [label, ...(groups.size > 1 ? [phase] : []), ...(rows.length > 2 ? [row.backend] : [])].join(", "),
        row,
        windows,
      }));
  });
}

function finding({ name, spreads }: Picker): Finding {
  const kinds = Map.groupBy(spreads, ({ row }) => row.algorithm);
  const unclear = kinds.get("cannot tell")?.length ?? 0;
  const named = [...kinds]
    .flatMap(([kind, own]) => (kind === "" || kind === "cannot tell" ? [] : [{ kind, own }]))
    .sort((a, b) => b.own.length - a.own.length);
  const [first, ...others] = named;
  const each = spreads.length === 1 ? "" : ` ${spreads.map(spreadText).join("; ")}.`;
  if (first === undefined) {
    return told(
      `${name}: cannot tell how a backend is picked, ${indexText(spreads)}`,
      `Too few windows, or too few answers in one, to tell turns from random draws.${each}`,
      "caution",
    );
  }
  if (others.length > 0) {
    const counts = named.map(({ kind, own }) => `${kind} in ${number(own.length, 0)}`);
    return told(
      `${name}: ${count(spreads.length, "case")} do not agree on how a backend is picked: ${list([...counts, ...(unclear > 0 ? [`cannot tell in ${number(unclear, 0)}`] : [])])}`,
      `One true random splitter in twenty is named otherwise by chance.${each}`,
      "caution",
    );
  }
  return told(
    `${name}: ${phrases[first.kind]}, ${indexText(first.own)}`,
    `${unclear === 0 ? "" : `In ${number(unclear, 0)} of ${count(spreads.length, "case")} it cannot be told. `}Observed over binomial variance of the windows: 1 for a draw at each request.${each}`,
    unclear === 0 ? "fact" : "caution",
  );
}

function told(text: string, detail: string, level: Finding["level"]): Finding {
  return { section: "ingress", text, detail, level, evidence: "figure-split-dispersion" };
}

/** `dispersion index 0.050 (0.041 to 0.063, n = 96 windows)`: of several the lowest and highest index and end. */
function indexText(spreads: readonly Spread[]): string {
  const of = (pick: (row: SplitRow) => number | null): number[] => spreads.flatMap(({ row }) => pick(row) ?? []);
  const [index, low, high] = [
    of(({ dispersion }) => dispersion),
    of(({ dispersion_low }) => dispersion_low),
    of(({ dispersion_high }) => dispersion_high),
  ];
  const windows = spreads.reduce((sum, spread) => sum + spread.windows, 0);
  const [least, most] = [number(Math.min(...index)), number(Math.max(...index))];
  return `dispersion index ${least}${spreads.length === 1 ? "" : ` to ${most}`} (${number(Math.min(...low))} to ${number(Math.max(...high))}, n = ${count(windows, "window")})`;
}

function spreadText({ label, row }: Spread): string {
  return `${label}: ${number(row.dispersion)} (${number(row.dispersion_low)} to ${number(row.dispersion_high)}), ${row.algorithm}`;
}
