/** From a bundle's raw files to its tables, figures and report. Offline: everything can be made again. */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { readBundle, type Bundle } from "./bundle.ts";
import { renderFigures, type Figure } from "./figures/index.ts";
import { findingLines } from "./report/findings.ts";
import { renderMarkdown } from "./report/markdown.ts";
import { renderReport } from "./report/report.ts";
import { writeTables, writeWhole } from "./write.ts";

/** What an analysis left in the bundle's folder. */
export interface AnalysisResult {
  readonly bundle: Bundle;
  /** Path of report.html. */
  readonly report: string;
  /** Paths of all files written, the report last. */
  readonly files: readonly string[];
  /** The findings in at most five lines. */
  readonly findings: readonly string[];
}

/**
 * Reads the bundle and writes its tables as CSV files, figures/*.svg, report.md and report.html into it.
 * Throws AnalysisError when a record or a raw file cannot be read or a file cannot be written.
 */
export async function analyzeBundle(dir: string): Promise<AnalysisResult> {
  const bundle = await readBundle(dir);
  const files = await writeTables(dir, bundle.tables);
  const figures = renderFigures(bundle);
  files.push(...(await writeFigures(join(dir, "figures"), figures)));
  files.push(await writeWhole(join(dir, "report.md"), renderMarkdown(bundle)));
  const report = await writeWhole(join(dir, "report.html"), renderReport(bundle, figures));
  return { bundle, report, files: [...files, report], findings: findingLines(bundle) };
}

/** Figures of an earlier analysis that this one does not draw are removed. */
async function writeFigures(folder: string, figures: readonly Figure[]): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const names = new Set(figures.map(({ name }) => `${name}.svg`));
  for (const old of await readdir(folder)) {
    if (old.endsWith(".svg") && !names.has(old)) await rm(join(folder, old));
  }
  const written: string[] = [];
  for (const { name, svg } of figures) written.push(await writeWhole(join(folder, `${name}.svg`), svg));
  return written;
}
