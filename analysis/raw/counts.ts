/** k6's counts per second and backend and its latency histogram: one flush of one VU a line, merged here. */
import { z } from "zod";
import type { Histogram } from "../latency.ts";
import { answerForm } from "./answers.ts";
import { parseJson, rawError, type Source } from "./text.ts";

/** Answers of one backend in one second; `backend` -1 stands for requests that no backend answered. */
export interface SecondCount {
  /** Whole seconds since the start of the scenario, warm-up included. */
  readonly second: number;
  readonly backend: number;
  /** Errors included. */
  readonly requests: number;
  readonly errors: number;
}

export interface Counts {
  /** Start of the scenario, milliseconds since the epoch; null without any flush. */
  readonly start_ms: number | null;
  readonly seconds: readonly SecondCount[];
  /** Good answers of the measured part. */
  readonly histogram: Histogram;
}

const whole = z.number().int().min(0);
const flushSchema = z.object({
  start_ms: z.number().min(0),
  c: z.array(z.tuple([whole, z.number().int().min(-1), whole, whole])),
  h: z.array(z.tuple([whole, whole])),
});

/**
 * Merges the flushes line by line, so that a long log needs little memory; lines of the log of every answer are passed over.
 * Throws AnalysisError with the line.
 */
export async function readCounts(
  lines: AsyncIterable<string> | Iterable<string>,
  { file }: Source,
  backends: number,
): Promise<Counts> {
  let start_ms: number | null = null;
  let line = 0;
  const seconds = new Map<string, SecondCount>();
  const histogram = new Map<number, number>();
  for await (const text of lines) {
    line++;
    if (text.trim() === "" || answerForm.test(text)) continue;
    const flush = parseJson(flushSchema, text, { file, line });
    start_ms = Math.min(start_ms ?? flush.start_ms, flush.start_ms);
    for (const [second, backend, requests, errors] of flush.c) {
      if (backend >= backends) throw rawError(`names backend ${backend}, the run has ${backends}`, { file, line }, "c");
      if (errors > requests) throw rawError(`has ${errors} errors in ${requests} requests`, { file, line }, "c");
      const key = `${second},${backend}`;
      const before = seconds.get(key);
      seconds.set(key, {
        second,
        backend,
        requests: requests + (before?.requests ?? 0),
        errors: errors + (before?.errors ?? 0),
      });
    }
    for (const [bucket, count] of flush.h) histogram.set(bucket, (histogram.get(bucket) ?? 0) + count);
  }
  const ordered = [...seconds.values()].sort((a, b) => a.second - b.second || a.backend - b.backend);
  return { start_ms, seconds: ordered, histogram };
}
