/**
 * How sure one run is of its own mean: batch means over its seconds, which are not independent. Rows of inside.csv. These
 * intervals say how steady a run was; how well a cell is known is said by the scatter between runs (summary.csv). Pure.
 */
import { unitOf, type MetricName } from "./metrics.ts";
import { coreRates, hostMemory } from "./monitoring.ts";
import { windowOf } from "./phases.ts";
import type { RawRun } from "./raw/readRun.ts";
import type { RunRecord } from "./record.ts";
import { autocorrelation } from "./statistics/autocorrelation.ts";
import { batchMeans, type BatchMeans } from "./statistics/batchMeans.ts";
import { warmupLength } from "./statistics/warmup.ts";
import type { InsideRow, SampleRow } from "./tables.ts";
import { within } from "./timeSeries.ts";
import { measuredCounts, measuredParts } from "./windows.ts";

interface Series {
  readonly phase: string;
  readonly role: string;
  readonly metric: MetricName;
  readonly values: readonly number[];
}

/** A row but for its interval, which the means of the batches give (insideIntervals.ts). */
export type InsideSeries = Omit<InsideRow, "ci_low" | "ci_high"> & Pick<BatchMeans, "means">;

/**
 * Batch means for each metric of a run that was observed at least 20 times in the measured part: goodput and round-trip time by
 * iperf3's intervals, requests by second, the host's CPU and memory by the scrapes of the monitoring. The value is that
 * of samples.csv.
 */
export function insideRows(record: RunRecord, raw: RawRun, samples: readonly SampleRow[]): InsideSeries[] {
  return [...pathSeries(raw), ...requestSeries(record, raw), ...hostSeries(record, raw)].flatMap(
    ({ phase, role, metric, values }) => {
      const found = batchMeans(values);
      const sample = samples.find((row) => row.phase === phase && row.role === role && row.metric === metric);
      if (found === null || sample === undefined) return [];
      return [
        {
          run_id: record.run_id,
          phase,
          role,
          metric,
          unit: unitOf(metric),
          value: sample.value,
          observations: values.length,
          batches: found.batches,
          means: found.means,
          autocorrelation: autocorrelation(values),
          mser: warmupLength(values),
        },
      ];
    },
  );
}

function pathSeries({ iperf }: RawRun): Series[] {
  return [...iperf].flatMap(([phase, test]): Series[] => {
    if (test.state === "failed") return [];
    const rtts = test.intervals.flatMap(({ rtt_s }) => rtt_s ?? []);
    return [
      { phase, role: "", metric: "goodput", values: test.intervals.map(({ rate }) => rate) },
      { phase, role: "", metric: "rtt", values: rtts },
    ];
  });
}

function requestSeries(record: RunRecord, raw: RawRun): Series[] {
  return measuredParts(record).flatMap((part): Series[] => {
    const counts = raw.counts.get(part.phase);
    if (counts === undefined) return [];
    const values = new Array<number>(Math.floor(part.seconds)).fill(0);
    for (const { second, requests } of measuredCounts(counts, part)) {
      const at = Math.floor(second - part.warmup_s);
      if (at < values.length) values[at] = (values[at] ?? 0) + requests;
    }
    return [{ phase: part.phase, role: "", metric: "requests", values }];
  });
}

function hostSeries({ measured, load }: RunRecord, { series }: RawRun): Series[] {
  if (series === null) return [];
  return load.phases.flatMap(({ phase }): Series[] => {
    const window = windowOf(measured.windows, phase);
    if (window === null) return [];
    const levels = within(hostMemory(series), window).map(([, bytes]) => bytes);
    return [
      { phase, role: "host", metric: "cpu", values: coreRates(series, window) },
      { phase, role: "host", metric: "memory", values: levels },
    ];
  });
}
