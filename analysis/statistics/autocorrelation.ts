import { isSamples, mean } from "./mean.ts";

/**
 * Autocorrelation of a series at a lag of `lag` steps, -1 to 1: about 0 for independent values, near 1 when each is like the
 * one before. null when the series is not longer than the lag or does not vary.
 * G. E. P. Box, G. M. Jenkins, G. C. Reinsel, Time Series Analysis, 3rd ed. 1994, equation 2.1.11 (biased estimator)
 */
export function autocorrelation(series: readonly number[], lag = 1): number | null {
  if (!isSamples(series) || series.length <= lag) return null;
  const centre = mean(series);
  const all = series.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  if (all <= series.length * (1e-12 * centre) ** 2) return null;
  const shared = series
    .slice(lag)
    .reduce((sum, value, index) => sum + (value - centre) * ((series[index] ?? centre) - centre), 0);
  return shared / all;
}
