import { isSamples, mean, tInterval } from "./statistics/mean.ts";
import { median, medianInterval } from "./statistics/median.ts";
import { truncatedMean } from "./statistics/truncatedMean.ts";
import { coefficientOfVariation } from "./statistics/variation.ts";
import type { SampleRow, SummaryRow } from "./tables.ts";

/**
 * One row for each cell, phase, role and metric over its runs, in the order in which they first appear. A run is one
 * observation. By default only valid samples count; `keep` lets the report show void ones under their label.
 */
export function summarize(
  samples: readonly SampleRow[],
  keep: (sample: SampleRow) => boolean = (sample) => sample.valid,
): SummaryRow[] {
  const groups = Map.groupBy(samples.filter(keep), ({ cell, phase, role, metric }) =>
    JSON.stringify([cell, phase, role, metric]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    const values = group.map(({ value }) => value);
    if (first === undefined || !isSamples(values)) return [];
    const interval = tInterval(values);
    const ofMedian = medianInterval(values);
    return [
      {
        cell: first.cell,
        phase: first.phase,
        role: first.role,
        metric: first.metric,
        unit: first.unit,
        n: values.length,
        mean: mean(values),
        ci_low: interval?.low ?? null,
        ci_high: interval?.high ?? null,
        median: median(values),
        median_low: ofMedian?.low ?? null,
        median_high: ofMedian?.high ?? null,
        truncated_mean: truncatedMean(values),
        cv: coefficientOfVariation(values),
      },
    ];
  });
}
