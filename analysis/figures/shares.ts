/** The split as values of a cell: share of the first backend, its distance from the weight, and what chance does at that n. */
import { binomialBand } from "../statistics/binomial.ts";
import type { Cell } from "../record.ts";
import { isSplit } from "../splitPrecision.ts";
import { loadPhase, valuesOf, type Values, type View } from "./view.ts";

/** What is wanted of a cell's split, and what 95 of 100 runs of a true random splitter give, in the values' unit. */
export interface Chance {
  readonly wanted: number;
  readonly low: number;
  readonly high: number;
  /** Good answers of a run, mean over the cell's runs. */
  readonly requests: number;
}

/** The first backend of a cell with its weight as a share, 0 to 1; null where nothing is split. */
export function firstBackend(view: View, cell: Cell): { name: string; weight: number } | null {
  const backends = view.bundle.records.find((run) => run.cell.id === cell.id)?.backends ?? [];
  const [first] = backends;
  const total = backends.reduce((sum, { weight }) => sum + weight, 0);
  return first === undefined || !isSplit(backends) ? null : { name: first.name, weight: first.weight / total };
}

/**
 * Both ends of an axis of shares in percent: around the weight, as far as the values lie and `room` times that, at least `least`;
 * beyond 0 and 100 % only where an interval goes there.
 */
export function shareDomain(weight: number, ends: readonly number[], room: number, least = 0.1): [number, number] {
  const reach = Math.max(least, ...ends.map((end) => Math.abs(end - weight))) * room;
  return [Math.max(Math.min(0, ...ends), weight - reach), Math.min(Math.max(100, ...ends), weight + reach)];
}

/** Share of the first backend in each run, in percent. */
export function shareOf(view: View, cell: Cell): Values {
  return fromShares(view, cell, "%", (share) => share * 100);
}

/** |share - weight| of the first backend in each run, in percentage points. */
export function distanceOf(view: View, cell: Cell): Values {
  return fromShares(view, cell, "points", (share, weight) => Math.abs(share - weight) * 100);
}

function fromShares(view: View, cell: Cell, unit: string, value: (share: number, weight: number) => number): Values {
  const first = firstBackend(view, cell);
  const points = first === null ? [] : view.values(cell, loadPhase(view, cell), first.name, "share").points;
  return valuesOf(
    cell,
    unit,
    points.map((point) => ({ ...point, value: value(point.value, first?.weight ?? 0) })),
    view.bundle.inference.level,
  );
}

/** Where 95 of 100 runs of a random splitter lie at a cell's number of requests; null where nothing was counted. */
export function chanceOf(view: View, cell: Cell, what: "share" | "distance"): Chance | null {
  const first = firstBackend(view, cell);
  const phase = loadPhase(view, cell);
  const series = view.splits().find((each) => each.cell === cell.id && each.phase === phase);
  if (first === null || series === undefined) return null;
  const runs = new Set(series.windows.map(({ run_id }) => run_id)).size;
  const requests = Math.round(series.windows.reduce((sum, { n }) => sum + n, 0) / Math.max(1, runs));
  const band = binomialBand(requests, first.weight);
  if (band === null) return null;
  const { weight } = first;
  return what === "share"
    ? { wanted: weight * 100, low: band.low * 100, high: band.high * 100, requests }
    : { wanted: 0, low: 0, high: Math.max(band.high - weight, weight - band.low) * 100, requests };
}
