/**
 * prometheus.json: raw samples of the run's window, as `collect` saves them. A long run on a large cluster leaves hundreds of
 * megabytes, so one series is parsed at a time.
 */
import { z } from "zod";
import { eachElement } from "./elements.ts";
import type { Pieces } from "./lines.ts";
import { parseJson, type Source } from "./text.ts";

/** One sample: seconds since the epoch and the value. */
export type Sample = readonly [t_s: number, value: number];

export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** In the order of time. */
  readonly samples: readonly Sample[];
}

/** Prometheus writes values as text; NaN and infinities are no measurement here. */
const value = z
  .string()
  .refine((text) => text.trim() !== "" && Number.isFinite(Number(text)), "is not a finite number");
const metric = z.object({ __name__: z.string() }).catchall(z.string());
const seriesSchema = z.object({ metric, values: z.array(z.tuple([z.number(), value])) });
const fileSchema = z.object({ schema: z.literal(1), series: z.array(z.never()) });

/** Throws AnalysisError with the JSON path, or with the byte where the file is cut off. */
export async function readPrometheus(pieces: Pieces, source: Source): Promise<Series[]> {
  const found: Series[] = [];
  const within = (index: number): Source => ({ ...source, within: `series[${index}]` });
  const frame = await eachElement(
    pieces,
    source,
    "series",
    (bytes, index) => found.push(parseSeries(bytes.toString("utf8"), within(index))),
    (bytes, start, index) => {
      const scanned = scanSeries(bytes, start, within(index));
      if (scanned === null) return -1;
      found.push(scanned.series);
      return scanned.end;
    },
  );
  parseJson(fileSchema, frame, source);
  return found;
}

/** Any JSON, by the schema, which names the mistake. */
function parseSeries(text: string, source: Source): Series {
  const { metric: labels, values } = parseJson(seriesSchema, text, source);
  return seriesOf(
    labels,
    values.map(([time, amount]) => [time, Number(amount)]),
  );
}

function seriesOf({ __name__: name, ...labels }: z.infer<typeof metric>, samples: Sample[]): Series {
  return { name, labels, samples: samples.sort(([a], [b]) => a - b) };
}

const [openBracket, closeBracket, closeBrace, quote, comma] = [0x5b, 0x5d, 0x7d, 0x22, 0x2c] as const;
const before = Buffer.from('{"metric":{');
const between = Buffer.from('},"values":[');

/**
 * The form that JSON.stringify gives a series, values last, byte by byte: on a million samples JSON and schema take longer
 * than all the rest. null for every other form, which is then not wrong, only slower.
 */
function scanSeries(bytes: Buffer, start: number, source: Source): { series: Series; end: number } | null {
  const close = bytes.indexOf(closeBrace, start);
  if (close === -1 || !hasAt(bytes, start, before) || !hasAt(bytes, close, between)) return null;
  const cursor = { at: close + between.length };
  const samples = scanSamples(bytes, cursor);
  if (samples === null) return null;
  const { metric: labels } = parseJson(seriesSchema, `${bytes.toString("utf8", start, close)}},"values":[]}`, source);
  return { series: seriesOf(labels, samples), end: cursor.at };
}

const hasAt = (bytes: Buffer, start: number, text: Buffer): boolean =>
  bytes.compare(text, 0, text.length, start, Math.min(bytes.length, start + text.length)) === 0;

interface Cursor {
  at: number;
}

/** `[1790000000.5,"12.25"],…]}` to the end of the element, where it leaves the cursor. */
function scanSamples(bytes: Buffer, cursor: Cursor): Sample[] | null {
  const samples: Sample[] = [];
  const end = (): Sample[] | null =>
    bytes[cursor.at++] === closeBracket && bytes[cursor.at++] === closeBrace ? samples : null;
  if (bytes[cursor.at] === closeBracket) return end();
  for (;;) {
    if (bytes[cursor.at++] !== openBracket) return null;
    const time = scanNumber(bytes, cursor, comma);
    if (time === null || bytes[cursor.at++] !== quote) return null;
    const amount = scanNumber(bytes, cursor, quote);
    if (amount === null || bytes[cursor.at++] !== closeBracket) return null;
    samples.push([time, amount]);
    if (bytes[cursor.at] !== comma) return end();
    cursor.at++;
  }
}

const [zero, nine, point] = [0x30, 0x39, 0x2e] as const;
/** As a double all of these are exact, so that a quotient of a whole number by one is rounded once, as the text's own. */
const powersOfTen = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

/**
 * A number as JSON has it that ends before the byte `until`, behind which the cursor is left. Those with a sign, an exponent or
 * more than 15 digits are read by the language. null for none.
 */
function scanNumber(bytes: Buffer, cursor: Cursor, until: number): number | null {
  const start = cursor.at;
  let at = start;
  let [value, digits, fraction] = [0, 0, -1];
  let byte = bytes[at] ?? 0;
  for (; (byte >= zero && byte <= nine) || (byte === point && fraction === -1); byte = bytes[++at] ?? 0) {
    if (byte === point) {
      fraction = digits;
    } else {
      value = value * 10 + byte - zero;
      digits++;
    }
  }
  cursor.at = at + 1;
  const isPlain = byte === until && digits > 0 && digits <= 15 && fraction !== 0 && fraction !== digits;
  // Numbers with zeros in front are none in JSON; those in texts are for the slower way too.
  if (isPlain && (bytes[start] !== zero || at === start + 1 || bytes[start + 1] === point))
    return fraction === -1 ? value : value / (powersOfTen[digits - fraction] ?? NaN);
  const end = bytes.indexOf(until, start);
  cursor.at = end + 1;
  return end === -1 ? null : anyNumber(bytes, start, end);
}

const numberForm = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;

function anyNumber(bytes: Buffer, start: number, end: number): number | null {
  const text = bytes.toString("latin1", start, end);
  const amount = Number(text);
  return numberForm.test(text) && Number.isFinite(amount) ? amount : null;
}
