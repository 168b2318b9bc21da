import { isSamples, mean, type Samples } from "./mean.ts";

/**
 * Mean without the outermost values: `share` of them (10 %) is cut from each end, rounded down, but at least one. In the
 * unit of the values; null when nothing is left (fewer than three values).
 * R. R. Wilcox, Introduction to Robust Estimation and Hypothesis Testing, 2nd ed. 2005, section 2.2.3
 */
export function truncatedMean(values: Samples, share = 0.1): number | null {
  const cut = Math.max(1, Math.floor(values.length * share));
  const kept = values.toSorted((a, b) => a - b).slice(cut, -cut);
  return isSamples(kept) ? mean(kept) : null;
}
