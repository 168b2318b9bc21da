/** `lab compare`: a regression gate between two bundles, or between the newest of a folder and those before it. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Bundle } from "../../analysis/bundle.ts";
import { readBundle } from "../../analysis/readBundle.ts";
import { AnalysisError } from "../../analysis/errors.ts";
import { betterOf, metrics } from "../../analysis/metrics.ts";
import {
  bedDifferences,
  changesBetween,
  isRegression,
  underTestDifferences,
  type Margins,
} from "../../analysis/regression.ts";
import { changesMarkdown } from "../../analysis/report/changes.ts";
import { exitCodes, LabError } from "../../runner/errors.ts";
import type { CommonFlags } from "./context.ts";
import { writeJson, writeLine } from "./output.ts";

export interface CompareFlags extends CommonFlags {
  readonly history?: string;
  /** Percent, or `metric=percent`; the last of each counts. */
  readonly margin: readonly string[];
  readonly markdown?: string;
}

export async function compareCommand(bundles: readonly string[], flags: CompareFlags): Promise<number> {
  const margins = readMargins(flags.margin);
  const { title, before, after, notes } = await sidesOf(bundles, flags);
  const changes = changesBetween(before, after, margins);
  if (changes.rows.length === 0 && !changes.lost.some(({ cell }) => knownIn(after, cell))) {
    throw new LabError("there is nothing to compare: no cell is in both", {
      kind: "input",
      details: [`before: ${cellsIn(before)}`, `now: ${cellsIn([after])}`],
      remedy: "give bundles of the same campaign",
    });
  }
  const text = changesMarkdown({ title, changes, margins, notes });
  if (flags.markdown !== undefined) writeFileSync(resolve(flags.markdown), text);
  const regression = isRegression(changes);
  if (flags.json === true) writeJson({ title, regression, margins, notes, ...changes });
  else writeLine(text);
  return regression ? exitCodes.regression : exitCodes.ok;
}

const defaultMargin = 5;

/** `5`, `latency_p99=20`: percent. Throws with every one that is none. */
export function readMargins(texts: readonly string[]): Margins {
  const known = metrics.map(({ name }) => name).filter((name) => betterOf(name) !== null);
  const read = texts.map((text) => {
    const [, metric = "", amount = ""] = /^(?:([a-z_0-9]+)=)?(\d{1,3}(?:\.\d+)?)$/.exec(text) ?? [];
    return {
      text,
      metric,
      percent: Number(amount),
      wrong: amount === "" || Number(amount) <= 0 || (metric !== "" && !known.some((name) => name === metric)),
    };
  });
  const wrong = read.filter((one) => one.wrong);
  if (wrong.length > 0) {
    throw new LabError("a margin is a percentage above 0, for all metrics or for one", {
      kind: "input",
      details: wrong.map(({ text }) => `--margin ${text}`),
      remedy: `--margin 5 or --margin latency_p99=20; metrics: ${known.join(", ")}`,
    });
  }
  return {
    usual: (read.findLast(({ metric }) => metric === "")?.percent ?? defaultMargin) / 100,
    of: Object.fromEntries(
      read.filter(({ metric }) => metric !== "").map(({ metric, percent }) => [metric, percent / 100]),
    ),
  };
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
  const read = await readAll(history === undefined ? bundles : bundlesIn(history));
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
  const changed = before.flatMap(({ name, environment }) =>
    underTestDifferences(environment, after.environment).map((text) => `Under test, against ${name}: ${text}`),
  );
  return {
    title: `${after.name} against ${before.map(({ name }) => name).join(", ")}`,
    before,
    after,
    notes: [...changed, ...sentences.map((sentence) => `Left out: ${sentence}`)],
  };
}

/** All or none: a bundle that cannot be read may be the newest, and a gate must not pass by looking past it. */
async function readAll(folders: readonly string[]): Promise<Bundle[]> {
  const read: Bundle[] = [];
  const problems: string[] = [];
  for (const folder of folders) {
    try {
      read.push(await readBundle(resolve(folder)));
    } catch (error) {
      if (!(error instanceof AnalysisError)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0) {
    throw new LabError(
      problems.length === 1 ? "a bundle cannot be read" : `${String(problems.length)} bundles cannot be read`,
      {
        kind: "input",
        details: problems,
        remedy: "repair them, or take them out of what is compared",
      },
    );
  }
  return read;
}

const startOf = ({ records }: Bundle): number => records[0]?.load.started_s ?? 0;

/** Whether a cell was meant to be in the bundle: it is in its plan, or it ran. */
const knownIn = ({ plan, cells }: Bundle, cell: string): boolean =>
  cells.some(({ id }) => id === cell) || (plan?.cells.some(({ id }) => id === cell) ?? false);

const cellsIn = (bundles: readonly Bundle[]): string =>
  [...new Set(bundles.flatMap(({ cells }) => cells.map(({ id }) => id)))].join(", ");

function bundlesIn(folder: string): string[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.map((name) => join(folder, name)).filter((dir) => existsSync(join(dir, "runs")));
}
