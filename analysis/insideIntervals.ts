/** The intervals of inside.csv. Apart from inside.ts, which runs in threads that load no quantiles. Pure. */
import type { InsideSeries } from "./inside.ts";
import { tInterval } from "./statistics/meanInterval.ts";
import type { InsideRow } from "./tables.ts";

/**
 * Each lies around the value in samples.csv: iperf3 tells the goodput of intervals at the sender only, which differs a little
 * from the receiver's.
 */
export function insideIntervals(series: readonly InsideSeries[]): InsideRow[] {
  return series.flatMap(({ means, value, ...row }) => {
    const interval = tInterval(means);
    if (interval === null) return [];
    const half = (interval.high - interval.low) / 2;
    return [{ ...row, value, ci_low: value - half, ci_high: value + half }];
  });
}
