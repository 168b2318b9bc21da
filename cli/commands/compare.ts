/** `lab compare`: a regression gate between two bundles, or between the newest of a folder and those before it. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readBundle, type Bundle } from "../../analysis/bundle.ts";
import { bedDifferences, changesBetween, changesMarkdown } from "../../analysis/regression.ts";
import { exitCodes, LabError } from "../../runner/errors.ts";
import { writeJson, writeLine, type CommonFlags } from "./context.ts";

export interface CompareFlags extends CommonFlags {
  readonly history?: string;
  /** Percent. */
  readonly margin: number;
  readonly markdown?: string;
}

export async function compareCommand(bundles: readonly string[], flags: CompareFlags): Promise<number> {
  const { title, before, after, notes } = await sidesOf(bundles, flags);
  const margin = flags.margin / 100;
  const changes = changesBetween(
    before.flatMap(({ tables }) => tables.samples),
    after.tables.samples,
    margin,
  );
  if (changes.rows.length === 0) {
    throw new LabError("there is nothing to compare: no cell is in both", {
      kind: "input",
      details: changes.unmatched,
      remedy: "give bundles of the same campaign",
    });
  }
  const text = `${changesMarkdown(title, changes, margin)}${notes.map((note) => `\n${note}\n`).join("")}`;
  if (flags.markdown !== undefined) writeFileSync(resolve(flags.markdown), text);
  if (flags.json === true) writeJson({ title, margin, notes, ...changes });
  else writeLine(text);
  return changes.rows.some(({ outcome }) => outcome === "worse") ? exitCodes.regression : exitCodes.ok;
}

interface Sides {
  readonly title: string;
  readonly before: readonly Bundle[];
  readonly after: Bundle;
  readonly notes: readonly string[];
}

async function sidesOf(bundles: readonly string[], { history }: CompareFlags): Promise<Sides> {
  if ((history === undefined) !== (bundles.length === 2) || (history !== undefined && bundles.length > 0)) {
    throw new LabError("compare takes two bundles, or --history with a folder of bundles", {
      kind: "input",
      remedy: "npx lab compare results/old results/new, or npx lab compare --history results",
    });
  }
  const read: Bundle[] = [];
  for (const dir of history === undefined ? bundles : bundlesIn(history)) read.push(await readBundle(resolve(dir)));
  if (history !== undefined) read.sort((x, y) => startOf(x) - startOf(y));
  const after = read.at(-1);
  const earlier = read.slice(0, -1);
  if (after === undefined || earlier.length === 0) {
    throw new LabError(`${history ?? ""} holds fewer than two bundles`, {
      kind: "input",
      remedy: "give a folder whose folders are bundles",
    });
  }
  const unlike = earlier.map((bundle) => ({ bundle, differ: bedDifferences(bundle.environment, after.environment) }));
  const before = unlike.filter(({ differ }) => differ.length === 0).map(({ bundle }) => bundle);
  const left = unlike.filter(({ differ }) => differ.length > 0);
  const sentences = left.map(
    ({ bundle, differ }) => `${bundle.name} differs from ${after.name} in ${differ.join("; ")}`,
  );
  if (before.length === 0) {
    throw new LabError("unlike environments are not compared", {
      kind: "input",
      details: sentences,
      remedy: "run the campaign again on the same machine, with the same tools and phases",
    });
  }
  return {
    title: `${after.name} against ${before.map(({ name }) => name).join(", ")}`,
    before,
    after,
    notes: sentences.map((sentence) => `Left out: ${sentence}`),
  };
}

const startOf = ({ records }: Bundle): number => records[0]?.load.started_s ?? 0;

function bundlesIn(folder: string): string[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.map((name) => join(folder, name)).filter((dir) => existsSync(join(dir, "runs")));
}
