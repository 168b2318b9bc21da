/** The campaign file: read, checked as a whole, expanded into cells. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { z } from "zod";
import type { PlanComparison, PlannedMean, Stopping } from "../analysis/plan.ts";
import { plannedLooks, sequentialMethod } from "../analysis/statistics/sequential.ts";
import { parseDuration } from "../scenarios/values.ts";
import { expandCells, isRecord, unknownSettings, type CampaignCell } from "./campaignCells.ts";
import { comparisonsOf, meansOf } from "./campaignQuestions.ts";
import { campaignSchema, type CampaignFile } from "./campaignSchema.ts";
import { hasCode, LabError } from "./errors.ts";
import { hash, type Replication } from "./schedule.ts";
import { checkYaml, parseYaml, type Path, type YamlFile } from "./yamlFile.ts";

export { combinations, type CampaignCell } from "./campaignCells.ts";

export interface Campaign {
  readonly name: string;
  readonly description: string;
  /** Blocks of a fixed campaign; the most that one with a stopping rule makes. */
  readonly blocks: number;
  readonly stopping: Stopping;
  readonly seed: number;
  readonly replication: Replication;
  /** Seconds between two runs. */
  readonly cooldown: number;
  readonly limits: Readonly<Record<string, number>>;
  readonly comparisons: readonly PlanComparison[];
  readonly means: readonly PlannedMean[];
  readonly cells: readonly CampaignCell[];
  /** The file as it stands, kept in the bundle. */
  readonly text: string;
}

export function loadCampaign(file: string): Campaign {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (!hasCode(error, "ENOENT", "EISDIR")) throw error;
    throw new LabError(`there is no campaign file ${file}`, {
      kind: "input",
      remedy: "give the path of a campaign file, such as campaigns/quick.yaml",
      cause: error,
    });
  }
  return readCampaign(text, file);
}

/** Pure. @throws LabError with every mistake, each with file, line and column, in the order of the file. */
export function readCampaign(text: string, file: string): Campaign {
  const parsed = parseYaml(text, file);
  if (!parsed.ok) throw wrong(file, parsed.problems);
  const yaml = parsed.value;
  const checked = checkYaml(yaml, campaignSchema);
  const problems = [...(checked.ok ? [] : checked.problems), ...unknownSettings(yaml)];
  const asked = checked.ok ? checked.value : soundPartsOf(yaml.value);
  const before = problems.length;
  const cells = expandCells(asked, yaml, problems);
  // What names cells is looked at only where the cells are known: else each mistake would be told twice.
  const cellsAreSound = problems.length === before && cellPartsFit(yaml.value);
  if (checked.ok) problems.push(...untilProblems(asked, cells, yaml));
  const complain = (list: string) => (index: number, problem: string, key?: string) => {
    problems.push(`${yaml.locate([list, index], key)}: ${problem}`);
  };
  const [comparisons, means] = cellsAreSound
    ? [comparisonsOf(asked.comparisons, cells, complain("comparisons")), meansOf(asked.means, cells, complain("means"))]
    : [[], []];
  if (checked.ok && problems.length === 0 && cells.length === 0) {
    problems.push(`${yaml.locate(["exclude"])}: exclude leaves no cell: take an entry out of it`);
  }
  if (!checked.ok || problems.length > 0) throw wrong(file, problems);
  const name = asked.name ?? campaignName(file);
  const stopping = stoppingOf(asked);
  return {
    name,
    description: asked.description ?? "",
    blocks: stopping.rule === "fixed" ? stopping.blocks : stopping.maxBlocks,
    stopping,
    seed: asked.seed ?? hash(name),
    replication: asked.replication,
    cooldown: parseDuration(asked.cooldown) ?? 0,
    limits: Object.fromEntries(
      Object.entries(asked.limits).flatMap(([key, limit]) =>
        typeof limit === "number" ? [[key, limit] as const] : [],
      ),
    ),
    comparisons,
    means,
    cells,
    text,
  };
}

/** What the file says where it fits the grammar, so that the rest of its mistakes can be told at once. */
function soundPartsOf(root: unknown): CampaignFile {
  const { shape } = campaignSchema;
  const given = isRecord(root) ? root : {};
  const sound = <T>(schema: z.ZodType<T>, value: unknown, instead: T): T => schema.safeParse(value).data ?? instead;
  return {
    blocks: sound(shape.blocks, given["blocks"], 1),
    replication: sound(shape.replication, given["replication"], "reuse"),
    cooldown: "0s",
    limits: {},
    settings: sound(shape.settings, given["settings"], {}),
    cells: sound(shape.cells, given["cells"], []),
    exclude: sound(shape.exclude, given["exclude"], []),
    comparisons: sound(shape.comparisons, given["comparisons"], []),
    means: sound(shape.means, given["means"], []),
  };
}

/** Whether the parts that make up the cells fit the grammar. */
function cellPartsFit(root: unknown): boolean {
  const { settings, cells, exclude } = campaignSchema.shape;
  return z.looseObject({ settings, cells, exclude }).safeParse(root).success;
}

/** What a stopping rule needs of the rest of the file. */
function untilProblems(
  { until, replication, blocks, means }: CampaignFile,
  cells: readonly CampaignCell[],
  yaml: YamlFile,
): string[] {
  const at = (path: Path, key?: string): string => yaml.locate(path, key);
  if (until === undefined) {
    return means.length > 0 ? [`${at(["means"])}: means are what until waits for: add until, or leave them out`] : [];
  }
  const labs = new Set(cells.map(({ lab }) => lab)).size;
  const apart = cells.every(({ read }) => read.environment === "aks");
  return [
    ...(replication === "reuse" && labs > 1 && !apart
      ? [
          `${at(["until"])}: until compares after each block, and with replication reuse ${labs} labs follow one another on this machine: set replication to rebuild, or make a campaign for each lab`,
        ]
      : []),
    ...(blocks <= until.minBlocks
      ? [
          `${at([], "blocks")}: blocks is the most there will be, and the first look is after ${until.minBlocks}: give more, or leave until out`,
        ]
      : []),
  ];
}

function stoppingOf({ blocks, until }: CampaignFile): Stopping {
  if (until === undefined) return { rule: "fixed", blocks };
  const { budget, ...rule } = until;
  const budget_s = budget === undefined ? null : (parseDuration(budget) ?? null);
  const looks = plannedLooks(until.minBlocks, blocks);
  return { rule: "until", method: sequentialMethod, ...rule, maxBlocks: blocks, looks, budget_s };
}

const campaignName = (file: string): string =>
  basename(file)
    .replace(/\.ya?ml$/, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 30);

/** Each mistake once, in the order of the file. */
function wrong(file: string, found: readonly string[]): LabError {
  const problems = [...new Set(found)].toSorted((x, y) => placeOf(x) - placeOf(y));
  return new LabError(`${file}: ${problems.length === 1 ? "1 mistake" : `${problems.length} mistakes`}`, {
    kind: "input",
    details: problems,
    remedy: "correct the file; nothing was started",
  });
}

/** The place that a mistake begins with, as a number that grows through the file. */
function placeOf(problem: string): number {
  const [, line = "0", column = "0"] = /:(\d+):(\d+): /.exec(problem) ?? [];
  return Number(line) * 10_000 + Number(column);
}
