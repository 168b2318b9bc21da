import tQuantile from "@stdlib/stats-base-dists-t-quantile";
import type { Interval } from "./interval.ts";

export interface Trend extends Interval {
  /** Change of y for each unit of x. */
  readonly slope: number;
}

/**
 * Straight line through points by least squares: its slope with the t interval of n - 2 degrees of freedom, in units of y per
 * unit of x. null with fewer than three points and when all stand at one x.
 * N. R. Draper, H. Smith, Applied Regression Analysis, 3rd ed. 1998, sections 1.2 and 1.4
 */
export function linearTrend(points: readonly (readonly [x: number, y: number])[], level = 0.95): Trend | null {
  const n = points.length;
  if (n < 3) return null;
  const [meanX, meanY] = [0, 1].map((at) => points.reduce((sum, point) => sum + (point[at] ?? 0), 0) / n) as [
    number,
    number,
  ];
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  if (spread === 0) return null;
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const rest = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  const half = tQuantile((1 + level) / 2, n - 2) * Math.sqrt(rest / (n - 2) / spread);
  return { slope, low: slope - half, high: slope + half };
}
