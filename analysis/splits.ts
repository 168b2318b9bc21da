import { splitAlgorithm } from "./splitAlgorithm.ts";
import { dispersionIndex } from "./statistics/dispersion.ts";
import { seededRandom } from "./statistics/random.ts";
import { splitTest } from "./statistics/splitTest.ts";
import { distanceToReference } from "./statistics/splitDistance.ts";
import { wilsonInterval } from "./statistics/wilson.ts";
import type { SplitRow, WindowRow } from "./tables.ts";

/** What `summarizeSplits` needs to know of a run. */
export interface SplitRun {
  readonly run_id: string;
  readonly cell: string;
  readonly backends: readonly { readonly name: string; readonly weight: number }[];
}

/** Windows of one cell and phase, from all its runs: good answers by backend, in the order of the run's backends. */
interface Group {
  readonly run: SplitRun;
  readonly phase: string;
  readonly windows: Map<string, number[]>;
}

/** A simulation starts from it, so that the same bundle gives the same tables. */
const seed = 1;

/** The split of each cell and phase over all windows of the given runs (leave invalid runs out before). */
export function summarizeSplits(runs: readonly SplitRun[], windows: readonly WindowRow[]): SplitRow[] {
  return groupWindows(runs, windows).flatMap(({ run, phase, windows: byWindow }) => {
    const counts = [...byWindow.values()];
    const totals = run.backends.map((_, index) => sum(counts.map((window) => window[index] ?? 0)));
    const total = sum(totals);
    const allWeights = sum(run.backends.map(({ weight }) => weight));
    const weights = run.backends.map(({ weight }) => weight / allWeights);
    const test = splitTest(totals, weights, seededRandom(seed));
    return run.backends.flatMap(({ name }, index) => {
      const requests = totals[index] ?? 0;
      const interval = wilsonInterval(requests, total);
      if (interval === null) return [];
      const dispersion = dispersionIndex(
        counts.map((window) => ({ successes: window[index] ?? 0, trials: sum(window) })),
      );
      return [
        {
          cell: run.cell,
          phase,
          backend: name,
          weight: weights[index] ?? 0,
          requests,
          share: requests / total,
          wilson_low: interval.low,
          wilson_high: interval.high,
          p_exact: test?.p ?? null,
          distance: distanceToReference(totals, weights),
          expected_distance: test?.chance ?? null,
          dispersion: dispersion?.index ?? null,
          dispersion_low: dispersion?.low ?? null,
          dispersion_high: dispersion?.high ?? null,
          algorithm: splitAlgorithm(dispersion, fewest(counts, requests / total)),
        },
      ];
    });
  });
}

/** Answers for or against a backend that a window of mean size has, whichever are fewer. */
function fewest(windows: readonly (readonly number[])[], share: number): number {
  const used = windows.map(sum).filter((trials) => trials > 0);
  return used.length === 0 ? 0 : (sum(used) / used.length) * Math.min(share, 1 - share);
}

function groupWindows(runs: readonly SplitRun[], windows: readonly WindowRow[]): Group[] {
  const runById = new Map(runs.map((run) => [run.run_id, run]));
  const groups = new Map<string, Group>();
  for (const { run_id, phase, window_start_s, backend, requests, errors } of windows) {
    const run = runById.get(run_id);
    const index = run?.backends.findIndex(({ name }) => name === backend) ?? -1;
    if (run === undefined || index === -1) continue;
    const key = `${run.cell}\n${phase}`;
    const group = groups.get(key) ?? { run, phase, windows: new Map<string, number[]>() };
    groups.set(key, group);
    const window = `${run_id}\n${window_start_s}`;
    const counts = group.windows.get(window) ?? run.backends.map(() => 0);
    counts[index] = (counts[index] ?? 0) + requests - errors;
    group.windows.set(window, counts);
  }
  return [...groups.values()];
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
