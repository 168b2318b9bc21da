/** The split in each window, beside what chance alone would give there. */
import type { Bundle } from "../bundle.ts";
import { isSplit } from "../splitPrecision.ts";
import { binomialBand } from "../statistics/binomial.ts";

/** One whole window of one valid run. */
export interface SplitWindow {
  readonly run_id: string;
  readonly start_s: number;
  readonly window_s: number;
  /** Good answers of all backends. */
  readonly n: number;
  readonly share: number;
  /** The central 95 % of the binomial law at this n. */
  readonly low: number;
  readonly high: number;
  readonly outside: boolean;
}

/** The first backend's share in the windows of one cell and phase. */
export interface SplitSeries {
  readonly cell: string;
  readonly phase: string;
  readonly backend: string;
  /** Wanted share, 0 to 1. */
  readonly weight: number;
  /** In the order in which they ran. */
  readonly windows: readonly SplitWindow[];
  readonly outside: number;
}

/** First backend's share per window of the valid runs that split, in the order of the bundle's cells; windows without an answer are left out. */
export function splitSeries({ cells, records, tables }: Bundle): SplitSeries[] {
  const windows = Map.groupBy(tables.windows, ({ run_id }) => run_id);
  const found = new Map<
    string,
    { cell: string; phase: string; backend: string; weight: number; windows: SplitWindow[] }
  >();
  for (const { run_id, cell, backends, measured } of records) {
    const first = backends[0];
    const total = backends.reduce((sum, { weight }) => sum + weight, 0);
    if (first === undefined || !isSplit(backends) || !measured.validity.valid) continue;
    const weight = first.weight / total;
    for (const [key, rows] of Map.groupBy(
      windows.get(run_id) ?? [],
      ({ phase, window_start_s }) => `${phase}\n${String(window_start_s)}`,
    )) {
      const [head] = rows;
      const good = (names: readonly string[]): number =>
        rows.reduce(
          (sum, { backend, requests, errors }) => (names.includes(backend) ? sum + requests - errors : sum),
          0,
        );
      const n = good(backends.map(({ name }) => name));
      const band = binomialBand(n, weight);
      if (head === undefined || band === null) continue;
      const share = good([first.name]) / n;
      const phase = key.slice(0, key.indexOf("\n"));
      const id = `${cell.id}\n${phase}`;
      const series = found.get(id) ?? { cell: cell.id, phase, backend: first.name, weight, windows: [] };
      series.windows.push({
        run_id,
        start_s: head.window_start_s,
        window_s: head.window_s,
        n,
        share,
        ...band,
        outside: share < band.low || share > band.high,
      });
      found.set(id, series);
    }
  }
  const place = new Map(cells.map(({ id }, index) => [id, index]));
  const sorted = [...found.values()].sort((a, b) => (place.get(a.cell) ?? 0) - (place.get(b.cell) ?? 0));
  return sorted.map((series) => ({
    ...series,
    outside: series.windows.filter(({ outside }) => outside).length,
  }));
}
