import chisquareQuantile from "@stdlib/stats-base-dists-chisquare-quantile";
import type { Interval } from "./interval.ts";

/** Answers of one window: those of one backend, and all. */
export interface WindowCount {
  readonly successes: number;
  readonly trials: number;
}

export interface Dispersion extends Interval {
  /** Observed over binomial variance: about 1 random, below 1 scheduled, above 1 sticky or bursty. */
  readonly index: number;
}

/**
 * Dispersion index of a backend's answers over windows of any number of requests: the chi-square statistic of the windows
 * against their own pooled share (not the weight, so that a wrong share is no spread), over its degrees of freedom,
 * windows less one. The interval takes each window's count as normal, which holds from about five answers for and five
 * against on. null with fewer than two windows with requests, and when the backend got none or all of them.
 * R. A. Fisher, Statistical Methods for Research Workers, 1925, sections 17 and 19
 */
export function dispersionIndex(windows: readonly WindowCount[], level = 0.95): Dispersion | null {
  const used = windows.filter(({ trials }) => trials > 0);
  const trials = used.reduce((sum, window) => sum + window.trials, 0);
  const share = used.reduce((sum, window) => sum + window.successes, 0) / trials;
  const freedom = used.length - 1;
  if (freedom < 1 || share <= 0 || share >= 1) return null;
  const statistic = used.reduce(
    (sum, window) => sum + (window.successes - window.trials * share) ** 2 / (window.trials * share * (1 - share)),
    0,
  );
  return {
    index: statistic / freedom,
    low: statistic / chisquareQuantile((1 + level) / 2, freedom),
    high: statistic / chisquareQuantile((1 - level) / 2, freedom),
  };
}
