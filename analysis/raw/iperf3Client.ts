/** The client's JSON of iperf3 (`-J`), 3.9 to 3.21. */
import { z } from "zod";
import { parseJson, rawError, type Source } from "./text.ts";

/** A test that iperf3 carried through. */
export interface IperfResult {
  readonly state: "done";
  readonly version: string;
  /** Port of the server. */
  readonly port: number;
  /** Data connections; the control connections come on top: one for each generator. */
  readonly streams: number;
  readonly controls: number;
  /** Start as iperf3 says it: exact to the millisecond from 3.20 on, before that cut to the second. */
  readonly start_s: number;
  readonly start_exact: boolean;
  /** Seconds at the start that iperf3 left out (`-O`). */
  readonly omit_s: number;
  /** Length of the measured part. */
  readonly seconds: number;
  /** bit/s at the receiver, without the omitted part. */
  readonly goodput: number;
  /** Per second of the measured part; null where the sender's system does not tell. */
  readonly retransmits: number | null;
  /** Seconds: mean of the intervals that are not omitted; null where the sender's system does not tell. */
  readonly rtt_s: number | null;
  /** The intervals that are not omitted: bit/s at the sender, and the mean round-trip time of their streams. */
  readonly intervals: readonly { readonly rate: number; readonly rtt_s: number | null }[];
  /** Bytes sent, the omitted part included: what counters on the way see. */
  readonly bytes_sent: number;
}

/** iperf3's own error; the exit status of 3.10 to 3.13 does not show it. */
export interface IperfFailure {
  readonly state: "failed";
  readonly error: string;
}

export type IperfTest = IperfResult | IperfFailure;

const amount = z.number().min(0);
const sum = z.object({
  bytes: amount,
  seconds: amount,
  retransmits: amount.optional(),
  omitted: z.boolean().optional(),
});

const resultSchema = z.object({
  start: z.object({
    connected: z.array(z.object({ remote_port: z.number().int() })).min(1),
    version: z.string(),
    timestamp: z.object({ timesecs: z.number(), timemillisecs: z.number().optional() }),
    test_start: z.object({ omit: amount }),
  }),
  intervals: z
    .array(z.object({ streams: z.array(z.object({ rtt: amount.optional(), omitted: z.boolean() })), sum }))
    .min(1),
  end: z.object({
    sum_sent: sum,
    sum_received: z.object({ bits_per_second: amount, seconds: amount }),
  }),
});

const failureSchema = z.object({ error: z.string() });
const anySchema = z.object({ start: z.unknown(), error: z.string().optional() });

/** Reads the client's JSON. Throws AnalysisError when it is cut off or not from iperf3. */
export function parseIperfClient(text: string, source: Source): IperfTest {
  const { error } = parseJson(anySchema, text, source);
  if (error !== undefined) return { state: "failed", error: parseJson(failureSchema, text, source).error };
  const { start, intervals, end } = parseJson(resultSchema, text, source);
  const [first] = start.connected;
  if (first === undefined) throw rawError("has no connection", source, "start.connected");
  const { timesecs, timemillisecs } = start.timestamp;
  const seconds = end.sum_sent.seconds;
  if (seconds === 0) throw rawError("has a measured part of 0 s", source, "end.sum_sent.seconds");
  const rtts = intervals
    .flatMap(({ streams }) => streams)
    .flatMap(({ rtt, omitted }) => (omitted || rtt === undefined ? [] : [rtt]));
  return {
    state: "done",
    version: start.version,
    port: first.remote_port,
    streams: start.connected.length,
    controls: 1,
    start_s: timemillisecs === undefined ? timesecs : timemillisecs / 1000,
    start_exact: timemillisecs !== undefined,
    omit_s: start.test_start.omit,
    seconds,
    goodput: end.sum_received.bits_per_second,
    retransmits: end.sum_sent.retransmits === undefined ? null : end.sum_sent.retransmits / seconds,
    rtt_s: rtts.length === 0 ? null : rtts.reduce((total, rtt) => total + rtt, 0) / rtts.length / 1e6,
    intervals: intervals.flatMap(({ streams, sum }) =>
      streams.every(({ omitted }) => omitted) || sum.seconds === 0
        ? []
        : [{ rate: (sum.bytes * 8) / sum.seconds, rtt_s: meanRtt(streams) }],
    ),
    bytes_sent: intervals.reduce((total, interval) => total + interval.sum.bytes, 0),
  };
}

function meanRtt(streams: readonly { rtt?: number | undefined }[]): number | null {
  const rtts = streams.flatMap(({ rtt }) => rtt ?? []);
  return rtts.length === 0 ? null : rtts.reduce((total, rtt) => total + rtt, 0) / rtts.length / 1e6;
}

/**
 * Window of the measured part in seconds since the epoch. Before 3.20 iperf3 tells its start cut to the second only; the
 * command started at `phaseStart_s`, so the start is taken as that moment held within the second that iperf3 tells.
 */
export function iperfWindow(test: IperfResult, phaseStart_s: number): { start_s: number; end_s: number } {
  const start = test.start_exact ? test.start_s : Math.min(Math.max(phaseStart_s, test.start_s), test.start_s + 0.999);
  return { start_s: start + test.omit_s, end_s: start + test.omit_s + test.seconds };
}
