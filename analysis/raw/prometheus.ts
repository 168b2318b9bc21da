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
  const frame = await eachElement(pieces, source, "series", (bytes, index) => {
    const within = { ...source, within: `series[${index}]` };
    found.push(scanSeries(bytes, within) ?? parseSeries(bytes.toString("utf8"), within));
  });
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

/** As a key: inside a text its quotes would be escaped. */
const valuesKey = Buffer.from('"values":[');

/**
 * The form that JSON.stringify gives a series, values last, byte by byte: on a million samples JSON and schema take longer
 * than all the rest. null for every other form, which is then not wrong, only slower.
 */
function scanSeries(bytes: Buffer, source: Source): Series | null {
  const key = bytes.indexOf(valuesKey);
  if (key === -1) return null;
  const samples = scanSamples(bytes, key + valuesKey.length);
  if (samples === null) return null;
  const { metric: labels } = parseJson(seriesSchema, `${bytes.toString("utf8", 0, key)}"values":[]}`, source);
  return seriesOf(labels, samples);
}

const [openBracket, closeBracket, closeBrace, quote, comma] = [0x5b, 0x5d, 0x7d, 0x22, 0x2c] as const;

/** `[1790000000.5,"12.25"],…]}` from `start` to the end of the element. */
function scanSamples(bytes: Buffer, start: number): Sample[] | null {
  const samples: Sample[] = [];
  let at = start;
  if (bytes[at] === closeBracket) return bytes[at + 1] === closeBrace && at + 2 === bytes.length ? samples : null;
  do {
    if (bytes[at] !== openBracket) return null;
    const timeEnd = bytes.indexOf(comma, at);
    if (timeEnd === -1 || bytes[timeEnd + 1] !== quote) return null;
    const valueEnd = bytes.indexOf(quote, timeEnd + 2);
    if (valueEnd === -1 || bytes[valueEnd + 1] !== closeBracket) return null;
    const time = decimal(bytes, at + 1, timeEnd);
    const amount = decimal(bytes, timeEnd + 2, valueEnd);
    if (time === null || amount === null) return null;
    samples.push([time, amount]);
    at = valueEnd + 3;
  } while (bytes[at - 1] === comma);
  return bytes[at - 1] === closeBracket && bytes[at] === closeBrace && at + 1 === bytes.length ? samples : null;
}

const [zero, nine, point] = [0x30, 0x39, 0x2e] as const;
/** As a double all of these are exact, so that a quotient of a whole number by one is rounded once, as the text's own. */
const powersOfTen = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

/** A number as JSON has it, without sign and exponent; at other forms and more than 15 digits by the language. null for none. */
function decimal(bytes: Buffer, start: number, end: number): number | null {
  let [whole, digits, fraction] = [0, 0, -1];
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= zero && byte <= nine) {
      whole = whole * 10 + byte - zero;
      digits++;
    } else if (byte === point && fraction === -1 && digits > 0) {
      fraction = digits;
    } else {
      return anyNumber(bytes, start, end);
    }
  }
  if (digits === 0 || digits > 15 || fraction === digits) return anyNumber(bytes, start, end);
  // Numbers with zeros in front are none in JSON; those in texts are for the slower way too.
  if (bytes[start] === zero && end - start > 1 && bytes[start + 1] !== point) return null;
  return fraction === -1 ? whole : whole / (powersOfTen[digits - fraction] ?? NaN);
}

const numberForm = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;

function anyNumber(bytes: Buffer, start: number, end: number): number | null {
  const text = bytes.toString("latin1", start, end);
  const amount = Number(text);
  return numberForm.test(text) && Number.isFinite(amount) ? amount : null;
}
