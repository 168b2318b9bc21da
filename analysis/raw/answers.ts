/**
 * k6's log of every answer, off by default: `<offset_ms> <backend index>` a line. It may be large, so it is streamed. k6
 * has one console: the log may share its file with the counts per second, whose lines are JSON.
 */
import type { SecondCount } from "./counts.ts";
import { rawError, type Source } from "./text.ts";

export interface Answer {
  /** Milliseconds since the start of the scenario. */
  readonly offset_ms: number;
  /** -1 when no backend answered. */
  readonly backend: number;
}

/** A line of the log. */
export const answerForm = /^(\d+(?:\.\d+)?) (-1|\d+)$/;

/** Answers in the order of the log; lines of the counts are passed over. Throws AnalysisError with the line. */
export async function* readAnswers(
  lines: AsyncIterable<string> | Iterable<string>,
  { file }: Source,
  backends: number,
): AsyncGenerator<Answer> {
  let line = 0;
  for await (const text of lines) {
    line++;
    if (text.trim() === "" || text.startsWith("{")) continue;
    const [, offset, backend] = answerForm.exec(text.trimEnd()) ?? [];
    if (offset === undefined || backend === undefined) {
      throw rawError("is not `<offset_ms> <backend>`", { file, line });
    }
    if (Number(backend) >= backends)
      throw rawError(`names backend ${backend}, the run has ${backends}`, { file, line });
    yield { offset_ms: Number(offset), backend: Number(backend) };
  }
}

/** Counts per second out of the log of every answer: the same form, from the other record of the same answers. */
export async function countAnswers(answers: AsyncIterable<Answer>): Promise<SecondCount[]> {
  const counts = new Map<string, SecondCount>();
  for await (const { offset_ms, backend } of answers) {
    const second = Math.floor(offset_ms / 1000);
    const key = `${second},${backend}`;
    const requests = (counts.get(key)?.requests ?? 0) + 1;
    counts.set(key, { second, backend, requests, errors: backend === -1 ? requests : 0 });
  }
  return [...counts.values()].sort((a, b) => a.second - b.second || a.backend - b.backend);
}
