/**
 * What the load's script writes to k6's console, k6 1.x and 2.x: counts per second and backend with a latency histogram, one
 * flush of one virtual user a line, as JSON; and, off by default, every answer as `<offset_ms> <backend index>`, -1 when no
 * backend answered. k6 has one console, so both may share a file. It may be large, so it is streamed.
 */
import { z } from "zod";
import { SecondTally, type Counts, type SecondCount } from "./counts.ts";
import { eachLine, type Pieces } from "./lines.ts";
import { parseJson, rawError, type Source } from "./text.ts";

export interface K6Log {
  readonly counts: Counts;
  /** Counts out of the log of every answer: the same form, from the other record of the same answers. */
  readonly answers: readonly SecondCount[];
}

const amount = z.number().int().min(0);
const flushSchema = z.object({
  start_ms: z.number().min(0),
  c: z.array(z.tuple([amount, z.number().int().min(-1), amount, amount])),
  h: z.array(z.tuple([amount, amount])),
});

/** Numbers one after the other, in room that is used again: a list that is emptied gives its room back and asks for it anew. */
class NumberList {
  length = 0;
  values = new Float64Array(1024);

  /** Room for so many more; gives the values, which may be in another place then. */
  room(more: number): Float64Array {
    if (this.length + more <= this.values.length) return this.values;
    const values = new Float64Array(2 * (this.length + more));
    values.set(this.values);
    return (this.values = values);
  }

  fill(values: readonly number[]): void {
    this.length = 0;
    this.room(values.length).set(values);
    this.length = values.length;
  }
}

/** A flush, the tuples one after the other. */
interface Numbers {
  start_ms: number;
  readonly c: NumberList;
  readonly h: NumberList;
}

/** Reads it line by line into what it adds up to. Throws AnalysisError with the line. */
export async function readK6Log(pieces: Pieces, { file }: Source, backends: number): Promise<K6Log> {
  const counted = new SecondTally();
  const answered = new SecondTally();
  const histogram = new Map<number, number>();
  const flush: Numbers = { start_ms: 0, c: new NumberList(), h: new NumberList() };
  let start_ms: number | null = null;
  await eachLine(pieces, { file }, (bytes, start, end, line) => {
    if (bytes[start] !== brace) {
      if (end > start) addAnswer(answered, bytes, start, end, { file, line }, backends);
      return;
    }
    if (!scanFlush(bytes, start, end, flush)) parseFlush(bytes.toString("utf8", start, end), { file, line }, flush);
    start_ms = Math.min(start_ms ?? flush.start_ms, flush.start_ms);
    const { c, h } = flush;
    for (let at = 0; at < c.length; at += 4) {
      const [second = 0, backend = 0, requests = 0, errors = 0] = [
        c.values[at],
        c.values[at + 1],
        c.values[at + 2],
        c.values[at + 3],
      ];
      if (backend >= backends) throw rawError(`names backend ${backend}, the run has ${backends}`, { file, line }, "c");
      if (errors > requests) throw rawError(`has ${errors} errors in ${requests} requests`, { file, line }, "c");
      counted.add(second, backend, requests, errors);
    }
    for (let at = 0; at < h.length; at += 2) {
      const [bucket = 0, requests = 0] = [h.values[at], h.values[at + 1]];
      histogram.set(bucket, (histogram.get(bucket) ?? 0) + requests);
    }
  });
  return { counts: { start_ms, seconds: counted.seconds(), histogram }, answers: answered.seconds() };
}

/** Any JSON, by the schema, which names the mistake. */
function parseFlush(text: string, source: Source, flush: Numbers): void {
  const { start_ms, c, h } = parseJson(flushSchema, text, source);
  flush.start_ms = start_ms;
  flush.c.fill(c.flat());
  flush.h.fill(h.flat());
}

const [brace, openBracket, closeBracket] = [0x7b, 0x5b, 0x5d] as const;
const [zero, nine, point, space, minus, comma] = [0x30, 0x39, 0x2e, 0x20, 0x2d, 0x2c] as const;

/**
 * The form that the load's script writes, byte by byte: a thousand users leave millions of numbers a minute, on which JSON and
 * schema take longer than all the rest of the analysis. False for every other form, which is then not wrong, only slower.
 */
function scanFlush(bytes: Buffer, start: number, end: number, flush: Numbers): boolean {
  const cursor: Cursor = { bytes, at: start };
  if (!word(cursor, words.vu) || !(whole(cursor) >= 0) || !word(cursor, words.start)) return false;
  flush.start_ms = whole(cursor);
  return (
    flush.start_ms >= 0 &&
    word(cursor, words.c) &&
    tuples(cursor, 4, flush.c) &&
    word(cursor, words.h) &&
    tuples(cursor, 2, flush.h) &&
    word(cursor, words.end) &&
    cursor.at === end
  );
}

interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

function word(cursor: Cursor, text: Buffer): boolean {
  for (const byte of text) if (cursor.bytes[cursor.at++] !== byte) return false;
  return true;
}

/** A whole number of at most 15 digits; NaN for anything else. */
function whole(cursor: Cursor): number {
  const { bytes, at: first } = cursor;
  let value = 0;
  let at = first;
  for (let byte = bytes[at] ?? 0; byte >= zero && byte <= nine; byte = bytes[++at] ?? 0)
    value = value * 10 + byte - zero;
  cursor.at = at;
  return at > first && at - first <= 15 && (bytes[first] !== zero || at === first + 1) ? value : NaN;
}

/** `[[1,2],[3,4]]` with `width` numbers each; the second of four may be -1. In one piece, since it is most of the reading. */
function tuples(cursor: Cursor, width: 2 | 4, numbers: NumberList): boolean {
  const { bytes } = cursor;
  let at = cursor.at;
  numbers.length = 0;
  if (bytes[at++] !== openBracket) return false;
  if (bytes[at] === closeBracket) {
    cursor.at = at + 1;
    return true;
  }
  do {
    if (bytes[at++] !== openBracket) return false;
    const values = numbers.room(width);
    for (let index = 0; index < width; index++) {
      const negative = width === 4 && index === 1 && bytes[at] === minus;
      if (negative) at++;
      const first = at;
      let byte = bytes[at] ?? 0;
      let value = 0;
      for (; byte >= zero && byte <= nine; byte = bytes[++at] ?? 0) value = value * 10 + byte - zero;
      const length = at - first;
      if (length === 0 || length > 15 || (length > 1 && bytes[first] === zero) || (negative && value !== 1))
        return false;
      if (byte !== (index === width - 1 ? closeBracket : comma)) return false;
      at++;
      values[numbers.length++] = negative ? -1 : value;
    }
  } while (bytes[at++] === comma);
  cursor.at = at;
  return bytes[at - 1] === closeBracket;
}

const words = {
  vu: Buffer.from('{"vu":'),
  start: Buffer.from(',"start_ms":'),
  c: Buffer.from(',"c":'),
  h: Buffer.from(',"h":'),
  end: Buffer.from("}"),
};

/** `<milliseconds>[.<digits>] <backend>`, byte by byte: no text and no pattern for each of millions of lines. */
function addAnswer(
  tally: SecondTally,
  bytes: Buffer,
  start: number,
  end: number,
  source: Source,
  backends: number,
): void {
  let at = start;
  let byte = bytes[at] ?? 0;
  let offset_ms = 0;
  const digits = (): number => {
    let [value, none] = [0, true];
    for (; byte >= zero && byte <= nine && at < end; byte = bytes[++at] ?? 0) {
      value = value * 10 + byte - zero;
      none = false;
    }
    if (none) throw rawError("is not `<offset_ms> <backend>`", source);
    return value;
  };
  offset_ms = digits();
  if (byte === point) {
    byte = bytes[++at] ?? 0;
    digits();
  }
  if (byte !== space || at >= end) throw rawError("is not `<offset_ms> <backend>`", source);
  byte = bytes[++at] ?? 0;
  const nobody = byte === minus;
  if (nobody) byte = bytes[++at] ?? 0;
  const backend = nobody ? -digits() : digits();
  if (at !== end || (nobody && backend !== -1)) throw rawError("is not `<offset_ms> <backend>`", source);
  if (backend >= backends) throw rawError(`names backend ${backend}, the run has ${backends}`, source);
  tally.add(Math.floor(offset_ms / 1000), backend, 1, nobody ? 1 : 0);
}
