/** The two CSV files of a run: what the load pod asked, and what the generator used. */
import { CsvError, parse } from "csv-parse/sync";
import { z } from "zod";
import { check, rawError, type Source } from "./text.ts";

/** One question of the load pod: which address it asked, which address it was told that it came from. */
export interface Probe {
  readonly t_s: number;
  readonly target: string;
  /** Blank when the question failed. */
  readonly answer: string;
}

/** Processor time of the load generator and of the host, both as counters. */
export interface GeneratorSample {
  readonly t_s: number;
  readonly phase: string;
  readonly cpu_s: number;
  readonly host_idle_s: number;
  readonly host_total_s: number;
}

const amount = z
  .string()
  .regex(/^\d+(\.\d+)?$/, "is not a number")
  .transform(Number);
const probeColumns = ["t_s", "target", "answer"];
const probeSchema = z.object({ t_s: amount, target: z.string().min(1), answer: z.string() });
const generatorColumns = ["t_s", "phase", "cpu_s", "rss_bytes", "host_idle_s", "host_total_s"];
const generatorSchema = z.object({
  t_s: amount,
  phase: z.string().min(1),
  cpu_s: amount,
  host_idle_s: amount,
  host_total_s: amount,
});

/** probe.csv. Throws AnalysisError with line and column. */
export function parseProbes(text: string, source: Source): Probe[] {
  return rows(text, source, probeColumns).map(({ line, row }) => check(probeSchema, row, { file: source.file, line }));
}

/** generator.csv. Throws AnalysisError with line and column. */
export function parseGenerator(text: string, source: Source): GeneratorSample[] {
  return plainGenerator(text) ?? checkedGenerator(text, source);
}

const plainLine = /^(\d+(?:\.\d+)?),([^",\s]+),(\d+(?:\.\d+)?),[^",\s]*,(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)$/;

/**
 * The form that the lab writes, with a sample a second of every run: by far the most rows of a campaign, for which parser and
 * schema take ten times as long. null for every other form, which is then not wrong, only slower.
 */
function plainGenerator(text: string): GeneratorSample[] | null {
  const [header, ...lines] = text.split("\n");
  if (header !== generatorColumns.join(",") || lines.pop() !== "") return null;
  const samples: GeneratorSample[] = [];
  for (const line of lines) {
    const [, t_s, phase, cpu_s, host_idle_s, host_total_s] = plainLine.exec(line) ?? [];
    if (phase === undefined) return null;
    const amounts = { cpu_s: Number(cpu_s), host_idle_s: Number(host_idle_s), host_total_s: Number(host_total_s) };
    samples.push({ t_s: Number(t_s), phase, ...amounts });
  }
  return samples;
}

/** Any CSV, by the schema, which names the mistake. */
function checkedGenerator(text: string, source: Source): GeneratorSample[] {
  return rows(text, source, generatorColumns).map(({ line, row }) =>
    check(generatorSchema, row, { file: source.file, line }),
  );
}

function rows(text: string, { file }: Source, columns: readonly string[]): { line: number; row: unknown }[] {
  const [header, ...records] = cells(text, file);
  if (header?.row.join(",") !== columns.join(",")) {
    throw rawError(`has not the header ${columns.join(",")}`, { file, line: 1 });
  }
  return records.map(({ line, row }) => ({
    line,
    row: Object.fromEntries(columns.map((column, index) => [column, row[index]])),
  }));
}

/** What the parser gives where it is asked for lines too, which its types do not tell. */
type WithLine = readonly { readonly info: { readonly lines: number }; readonly record: string[] }[];

function cells(text: string, file: string): { line: number; row: string[] }[] {
  try {
    const records = parse(text, { info: true, skip_empty_lines: true }) as unknown as WithLine;
    return records.map(({ info, record }) => ({ line: info.lines, row: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error["lines"] === "number" ? error["lines"] : 1;
    throw rawError("is not whole CSV", { file, line });
  }
}
