import { wilsonInterval } from "./statistics/wilson.ts";
import type { SplitRow, WindowRow } from "./tables.ts";

/** What `summarizeSplits` needs to know of a run. */
export interface SplitRun {
  readonly run_id: string;
  readonly cell: string;
  readonly backends: readonly { readonly name: string; readonly weight: number }[];
}

/** The split of each cell and phase over all windows of the given runs (leave invalid runs out before). */
export function summarizeSplits(runs: readonly SplitRun[], windows: readonly WindowRow[]): SplitRow[] {
  const runById = new Map(runs.map((run) => [run.run_id, run]));
  const groups = new Map<string, { run: SplitRun; phase: string; counts: Map<string, number> }>();
  for (const { run_id, phase, backend, requests, errors } of windows) {
    const run = runById.get(run_id);
    if (run === undefined) continue;
    const key = JSON.stringify([run.cell, phase]);
    const group = groups.get(key) ?? { run, phase, counts: new Map<string, number>() };
    group.counts.set(backend, (group.counts.get(backend) ?? 0) + requests - errors);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ run, phase, counts }) => {
    const weights = run.backends.reduce((sum, { weight }) => sum + weight, 0);
    const total = run.backends.reduce((sum, { name }) => sum + (counts.get(name) ?? 0), 0);
    return run.backends.flatMap(({ name, weight }) => {
      const requests = counts.get(name) ?? 0;
      const interval = wilsonInterval(requests, total);
      if (interval === null) return [];
      return [
        {
          cell: run.cell,
          phase,
          backend: name,
          weight: weight / weights,
          requests,
          share: requests / total,
          wilson_low: interval.low,
          wilson_high: interval.high,
        },
      ];
    });
  });
}
