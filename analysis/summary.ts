import { fixedInference } from "./looks.ts";
import { isSamples, mean } from "./statistics/mean.ts";
import { tInterval } from "./statistics/meanInterval.ts";
import { median, medianInterval } from "./statistics/median.ts";
import { shapeOf } from "./statistics/skewness.ts";
import { truncatedMean } from "./statistics/truncatedMean.ts";
import { coefficientOfVariation } from "./statistics/variation.ts";
import type { SampleRow, SummaryRow } from "./tables.ts";

/**
 * One row for each cell, phase, role and metric over its runs, in the order in which they first appear. A run is one
 * observation. By default only valid samples count; `keep` lets the report show void ones under their label.
 * @param level of the intervals of the means; above 0.95 where the campaign could end early
 */
export function summarize(
  samples: readonly SampleRow[],
  keep: (sample: SampleRow) => boolean = (sample) => sample.valid,
  level = fixedInference.level,
): SummaryRow[] {
  const groups = Map.groupBy(samples.filter(keep), ({ cell, phase, role, metric }) =>
    JSON.stringify([cell, phase, role, metric]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    const values = group.map(({ value }) => value);
    if (first === undefined || !isSamples(values)) return [];
    const interval = tInterval(values, level);
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
        ci_low: interval === null ? null : above(values, interval.low),
        ci_high: interval?.high ?? null,
        ci_level: interval === null ? null : level,
        median: median(values),
        median_low: ofMedian?.low ?? null,
        median_high: ofMedian?.high ?? null,
        median_level: ofMedian?.level ?? null,
        truncated_mean: truncatedMean(values),
        cv: coefficientOfVariation(values),
        shape: shapeOf(values),
      },
    ];
  });
}

/**
 * The lower end of an interval of what cannot be below zero: what lies below zero is cut off, which takes nothing from the
 * coverage, since the true mean is not there.
 */
function above(values: readonly number[], low: number): number {
  return values.every((value) => value >= 0) ? Math.max(0, low) : low;
}
