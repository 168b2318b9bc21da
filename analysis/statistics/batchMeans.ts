import { autocorrelation } from "./autocorrelation.ts";
import { isSamples, mean } from "./mean.ts";

export interface BatchMeans {
  readonly batches: number;
  /** Values in each batch; what does not fill a batch is left out at the start, where a warm-up would be. */
  readonly size: number;
  /** Of each batch, in order. */
  readonly means: readonly [number, ...number[]];
}

/** A batch should be so many times as long as the dependence reaches, or its mean still depends on the one before. */
const longEnough = 4;
/** With fewer batches the interval says nothing; on a short series of long dependence it is then too narrow. */
const fewest = 4;

/**
 * A series whose values depend on each other, cut into batches of equal length, whose means are nearly independent when a batch
 * is much longer than the dependence reaches: a t interval of these means (`tInterval`) is one of the series' mean. In the unit
 * of the values; null for fewer than two values a batch. `batches` is the most: where the series shows a longer dependence there
 * are fewer and longer ones, at least 4, so that each has four times (1 + r) / (1 - r) values, the integrated autocorrelation
 * time at a lag-1 autocorrelation r.
 * B. Schmeiser, Batch size effects in the analysis of simulation output, Operations Research 30 (1982) 556-568; A. D. Sokal,
 * Monte Carlo Methods in Statistical Mechanics, 1997, section 3, for the time
 */
export function batchMeans(series: readonly number[], batches = 10): BatchMeans | null {
  if (batches < 2 || Math.floor(series.length / batches) < 2) return null;
  const dependence = Math.max(0, autocorrelation(series) ?? 0);
  const independent = (series.length * (1 - dependence)) / (1 + dependence);
  const count = Math.max(Math.min(batches, fewest), Math.min(batches, Math.floor(independent / longEnough)));
  const size = Math.floor(series.length / count);
  const used = series.slice(series.length - size * count);
  const means = Array.from({ length: count }, (_, batch) => used.slice(batch * size, (batch + 1) * size)).flatMap(
    (batch) => (isSamples(batch) ? [mean(batch)] : []),
  );
  return isSamples(means) ? { batches: count, size, means } : null;
}
