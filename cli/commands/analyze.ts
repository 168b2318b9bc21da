/** Tables, figures and report of a bundle, or of several side by side, from their files alone. */
import { existsSync, realpathSync } from "node:fs";
import { basename, join, resolve, sep } from "node:path";
import { analyzeBundle, analyzeTogether } from "../../analysis/main.ts";
import { exitCodes, LabError } from "../../runner/errors.ts";
import type { CommonFlags } from "./context.ts";
import { resultLines, writeJson, writeLine } from "./output.ts";

export interface AnalyzeFlags extends CommonFlags {
  readonly png?: boolean;
  readonly output?: string;
}

export async function analyzeCommand(root: string, bundles: readonly string[], flags: AnalyzeFlags): Promise<number> {
  const folders = bundles.map((bundle) => resolve(bundle));
  checkBundles(bundles, folders);
  const output = outputFor(root, folders, flags.output);
  checkOutput(output, folders);
  const [only] = folders;
  if (folders.length === 1 && only !== undefined) {
    const { report, findings } = await analyzed(only, flags.png, output);
    if (flags.json === true) writeJson({ bundle: only, report, findings });
    else for (const line of resultLines(report, findings)) writeLine(line);
    return exitCodes.ok;
  }
  const { bundle, report, findings } = await analyzeTogether(folders, output, { png: flags.png ?? false });
  const { alike = false, differences = [], unknown = [] } = bundle.sideBySide ?? {};
  if (flags.json === true) {
    writeJson({ bundles: folders, output, alike, differences, unknown, report, findings });
    return exitCodes.ok;
  }
  writeLine(
    alike
      ? "one bed: cells are also compared across the bundles"
      : `unlike beds, side by side without a verdict: they differ in ${apart(differences, unknown)}`,
  );
  for (const line of resultLines(report, findings)) writeLine(line);
  return exitCodes.ok;
}

function apart(differences: readonly { readonly fact: string }[], unknown: readonly string[]): string {
  const facts = differences.map(({ fact }) => fact);
  const shown = facts.length > 8 ? [...facts.slice(0, 8), `${String(facts.length - 8)} more`] : facts;
  return [...shown, ...unknown.map((name) => `what ${name} stood on (it has no environment.json)`)].join(", ");
}

function checkBundles(bundles: readonly string[], folders: readonly string[]): void {
  const missing = bundles.filter((_, index) => !existsSync(join(folders[index] ?? "", "runs")));
  if (missing.length > 0) {
    throw new LabError(
      missing.length === 1
        ? `${missing[0] ?? ""} is no bundle: it has no folder runs/`
        : `${missing.join(", ")} are no bundles: they have no folder runs/`,
      { kind: "input", remedy: "give the folder that a campaign left, such as results/quick" },
    );
  }
  const real = folders.map((folder) => realpathSync(folder));
  const twice = bundles.find((_, index) => real.indexOf(real[index] ?? "") < index);
  if (twice !== undefined) {
    throw new LabError(`${twice} is given twice`, { kind: "input", remedy: "give each bundle once" });
  }
}

/** One bundle's outcome goes into the bundle, that of several beside the bundles of the project. */
function outputFor(root: string, folders: readonly string[], given: string | undefined): string {
  const [only, ...others] = folders;
  if (given !== undefined) return resolve(given);
  if (only !== undefined && others.length === 0) return only;
  return join(root, "results", folders.map((folder) => basename(folder)).join("+"));
}

/** The bundles are read only: the outcome goes neither into one of them nor into another bundle. */
function checkOutput(output: string, folders: readonly string[]): void {
  const inside = folders.find((folder) => output !== folder && `${output}${sep}`.startsWith(`${folder}${sep}`));
  if (inside !== undefined || (existsSync(join(output, "runs")) && !(folders.length === 1 && output === folders[0]))) {
    throw new LabError(`${output} is ${inside === undefined ? "a bundle itself" : `inside the bundle ${inside}`}`, {
      kind: "input",
      remedy: "give another folder with -o: bundles are read, never changed",
    });
  }
}

/** Analyses the bundle and gives the report's path and its findings in a few lines. */
export async function analyzed(
  bundle: string,
  png = false,
  output = bundle,
): Promise<{ report: string; findings: readonly string[] }> {
  const { report, findings } = await analyzeBundle(bundle, { png, output });
  return { report, findings };
}
