/** Runners that loaded side by side, taken together as one: counts add up, histograms merge, means are weighted by what was sent. Pure. */
import { mergeHistograms } from "../latency.ts";
import { SecondTally, type Counts, type SecondCount } from "./counts.ts";
import type { IperfResult, IperfTest } from "./iperf3Client.ts";
import type { K6Summary } from "./k6Summary.ts";

/** The runners' tests of one phase. One that failed fails all: the others had the path to themselves for a while. */
export function mergeIperf(tests: readonly IperfTest[]): IperfTest | null {
  const failed = tests.find(({ state }) => state === "failed");
  if (failed !== undefined) return failed;
  const done = tests.flatMap((test) => (test.state === "done" ? [test] : []));
  const [first] = done;
  if (first === undefined || done.length === 1) return first ?? null;
  const total = (value: (test: IperfResult) => number): number => done.reduce((sum, test) => sum + value(test), 0);
  const retransmits = done.flatMap((test) => test.retransmits ?? []);
  const rtts = done.flatMap(({ rtt_s, bytes_sent }) => (rtt_s === null ? [] : [{ rtt_s, bytes_sent }]));
  const weight = rtts.reduce((sum, { bytes_sent }) => sum + bytes_sent, 0);
  const start_s = Math.max(...done.map((test) => test.start_s));
  return {
    ...first,
    streams: total(({ streams }) => streams),
    controls: total(({ controls }) => controls),
    // What all of them measured together begins with the last and ends with the first.
    start_s,
    start_exact: done.every(({ start_exact }) => start_exact),
    seconds: Math.min(...done.map((test) => test.start_s + test.seconds)) - start_s,
    goodput: total(({ goodput }) => goodput),
    retransmits: retransmits.length === done.length ? retransmits.reduce((sum, one) => sum + one, 0) : null,
    rtt_s: weight === 0 ? null : rtts.reduce((sum, { rtt_s, bytes_sent }) => sum + rtt_s * bytes_sent, 0) / weight,
    intervals: mergeIntervals(done),
    bytes_sent: total(({ bytes_sent }) => bytes_sent),
  };
}

/** Runners begin together, so the first interval of each belongs to the first of all; as many as all of them have. */
function mergeIntervals(tests: readonly IperfResult[]): IperfResult["intervals"] {
  const shortest = Math.min(...tests.map(({ intervals }) => intervals.length));
  return Array.from({ length: shortest }, (_, index) => {
    const own = tests.flatMap(({ intervals }) => intervals.slice(index, index + 1));
    const rtts = own.flatMap(({ rtt_s }) => rtt_s ?? []);
    return {
      rate: own.reduce((sum, { rate }) => sum + rate, 0),
      rtt_s: rtts.length === 0 ? null : rtts.reduce((sum, rtt) => sum + rtt, 0) / rtts.length,
    };
  });
}

export function mergeSummaries(summaries: readonly K6Summary[]): K6Summary | null {
  if (summaries.length === 0) return null;
  return {
    requests: summaries.reduce((sum, { requests }) => sum + requests, 0),
    dropped_iterations: summaries.reduce((sum, { dropped_iterations }) => sum + dropped_iterations, 0),
  };
}

/** Seconds are those since each runner's own start: they begin together, to some milliseconds. */
export function mergeCounts(counts: readonly Counts[]): Counts | null {
  const [first] = counts;
  if (first === undefined || counts.length === 1) return first ?? null;
  const starts = counts.flatMap(({ start_ms }) => start_ms ?? []);
  return {
    start_ms: starts.length === 0 ? null : starts.reduce((a, b) => Math.min(a, b)),
    seconds: mergeSeconds(counts.map(({ seconds }) => seconds)),
    histogram: mergeHistograms(counts.map(({ histogram }) => histogram)),
  };
}

export function mergeSeconds(runners: readonly (readonly SecondCount[])[]): SecondCount[] {
  const tally = new SecondTally();
  for (const counts of runners) tally.addAll(counts);
  return tally.seconds();
}
