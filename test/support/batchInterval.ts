/** The interval of a series by batch means as inside.csv has it, around the mean of the batches. */
import { batchMeans, type BatchMeans } from "../../analysis/statistics/batchMeans.ts";
import type { Interval } from "../../analysis/statistics/interval.ts";
import { tInterval } from "../../analysis/statistics/meanInterval.ts";

export function batchMeansInterval(series: readonly number[], batches?: number): (BatchMeans & Interval) | null {
  const found = batchMeans(series, batches);
  const interval = found === null ? null : tInterval(found.means);
  return found === null || interval === null ? null : { ...found, ...interval };
}
