/** Windows of time, and counters read inside them. Pure. */

/** Seconds since the epoch. */
export interface Window {
  readonly start_s: number;
  readonly end_s: number;
}

/** A counter or a level over time, in the order of time. */
export type Samples = readonly (readonly [t_s: number, value: number])[];

/** What a counter did between its first and its last sample. */
export interface Increase {
  readonly amount: number;
  readonly seconds: number;
  /** How often it fell back; what it shows after that is counted from 0, as Prometheus does. */
  readonly resets: number;
}

/** Samples inside a window, its edges included. */
export function within(samples: Samples, { start_s, end_s }: Window): Samples {
  return samples.slice(
    firstWhere(samples, (time) => time >= start_s),
    firstWhere(samples, (time) => time > end_s),
  );
}

/** Number of the first sample from which on `isLate` holds, by halves: a run asks for the windows of hundreds of series. */
function firstWhere(samples: Samples, isLate: (time: number) => boolean): number {
  let [low, high] = [0, samples.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isLate(samples[middle]?.[0] ?? Infinity)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** null with fewer than two samples. */
export function increase(samples: Samples): Increase | null {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined || !(last[0] > first[0])) return null;
  let amount = 0;
  let resets = 0;
  let before = first[1];
  for (const [, value] of samples) {
    if (value < before) resets++;
    amount += gained(before, value);
    before = value;
  }
  return { amount, seconds: last[0] - first[0], resets };
}

/** What a counter gained from one sample to the next: all that it shows where it fell back. */
export const gained = (before: number, after: number): number => (after < before ? after : after - before);

/** Value at a time, on the line between the samples around it; at most the first or last sample's outside of them. */
export function interpolate(samples: Samples, time: number): number | null {
  const after = samples.findIndex(([t]) => t >= time);
  const right = after === -1 ? samples.at(-1) : samples[after];
  const left = after === -1 ? right : samples[Math.max(0, after - 1)];
  if (left === undefined || right === undefined) return null;
  if (left[0] === right[0] || time <= left[0]) return left[1];
  return left[1] + ((right[1] - left[1]) * (time - left[0])) / (right[0] - left[0]);
}

/** The longest time without a sample that reaches into the window, in seconds; the whole window when there is none. */
export function longestGap(times: readonly number[], { start_s, end_s }: Window): number {
  const before = times.filter((time) => time < start_s).at(-1) ?? start_s;
  const after = times.find((time) => time > end_s) ?? end_s;
  const edges = [before, ...times.filter((time) => time >= start_s && time <= end_s), after];
  return Math.max(...edges.slice(1).map((time, index) => time - (edges[index] ?? time)));
}

/** Usual distance of samples: the median; null with fewer than two. */
export function usualInterval(times: readonly number[]): number | null {
  const distances = times
    .slice(1)
    .map((time, index) => time - (times[index] ?? time))
    .sort((a, b) => a - b);
  return distances[Math.floor(distances.length / 2)] ?? null;
}
