/** Tables, figures and report of a bundle, from its files alone. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { analyzeBundle } from "../../analysis/main.ts";
import { exitCodes, LabError } from "../../runner/errors.ts";
import { resultLines, writeJson, writeLine, type CommonFlags } from "./context.ts";

export interface AnalyzeFlags extends CommonFlags {
  readonly png?: boolean;
}

export async function analyzeCommand(bundle: string, flags: AnalyzeFlags): Promise<number> {
  const folder = resolve(bundle);
  if (!existsSync(join(folder, "runs"))) {
    throw new LabError(`${bundle} is no bundle: it has no folder runs/`, {
      kind: "input",
      remedy: "give the folder that a campaign left, such as results/quick",
    });
  }
  const { report, findings } = await analyzed(folder, flags.png);
  if (flags.json === true) writeJson({ bundle: folder, report, findings });
  else for (const line of resultLines(report, findings)) writeLine(line);
  return exitCodes.ok;
}

/** Analyses the bundle and gives the report's path and its findings in a few lines. */
export async function analyzed(bundle: string, png = false): Promise<{ report: string; findings: readonly string[] }> {
  const { report, findings } = await analyzeBundle(bundle, { png });
  return { report, findings };
}
