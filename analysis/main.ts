/** From a bundle's raw files to its tables, figures and report. Offline: everything can be made again. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Bundle } from "./bundle.ts";
import { readBundle } from "./readBundle.ts";

/** What draws, words and writes: loaded while other threads read the runs. */
const loadPages = async () => ({
  ...(await import("./figureFiles.ts")),
  ...(await import("./figures/index.ts")),
  ...(await import("./report/findings.ts")),
  ...(await import("./report/markdown.ts")),
  ...(await import("./report/report.ts")),
  ...(await import("./write.ts")),
});

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

export interface AnalysisOptions {
  /** Figures as PNG beside the SVG, for documents that take no SVG. */
  readonly png?: boolean;
}

/**
 * Reads the bundle and writes its tables as CSV files, figures/*.svg, report.md and report.html into `output`, by default the
 * bundle's own folder.
 * Throws AnalysisError when a record or a raw file cannot be read or a file cannot be written.
 */
export async function analyzeBundle(
  dir: string,
  { output = dir, ...options }: AnalysisOptions & { readonly output?: string } = {},
): Promise<AnalysisResult> {
  return writeAnalysis(readBundle(dir), output, options);
}

/** Reads several bundles and writes the analysis of all of them, side by side, into `output`; as `analyzeBundle` otherwise. */
export async function analyzeTogether(
  dirs: readonly string[],
  output: string,
  options: AnalysisOptions = {},
): Promise<AnalysisResult> {
  const read = async (): Promise<Bundle> => {
    const bundles: Bundle[] = [];
    for (const dir of dirs) bundles.push(await readBundle(dir));
    const { combineBundles } = await import("./combine.ts");
    return combineBundles(bundles, output);
  };
  return writeAnalysis(read(), output, options);
}

async function writeAnalysis(
  reading: Promise<Bundle>,
  dir: string,
  { png = false }: AnalysisOptions,
): Promise<AnalysisResult> {
  const [bundle, pages] = await Promise.all([reading, loadPages()]);
  await mkdir(dir, { recursive: true });
  const files = await pages.writeTables(dir, bundle.tables);
  const figures = pages.renderFigures(bundle);
  files.push(...(await pages.writeFigures(join(dir, "figures"), figures, png)));
  files.push(await pages.writeWhole(join(dir, "report.md"), pages.renderMarkdown(bundle)));
  const report = await pages.writeWhole(join(dir, "report.html"), pages.renderReport(bundle, figures));
  return { bundle, report, files: [...files, report], findings: pages.findingLines(bundle) };
}
