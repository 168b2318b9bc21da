/** The campaign file: read, checked as a whole, expanded into cells. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { cellOf } from "../scenarios/cell.ts";
import { readSettings, settingNames, SettingsError, type Settings } from "../scenarios/settings.ts";
import { campaignSchema, type CampaignFile } from "./campaignSchema.ts";
import { comparisonsOf } from "./campaignPlan.ts";
import type { PlanComparison, Stopping } from "../analysis/plan.ts";
import { sequentialMethod } from "../analysis/statistics/sequential.ts";
import { parseDuration } from "../scenarios/values.ts";
import { hasCode, LabError } from "./errors.ts";
import { hash, type Replication, type ScheduledCell } from "./schedule.ts";
import type { RawSettings } from "./workFolder.ts";
import { checkYaml, parseYaml, unknownKey, type YamlFile } from "./yamlFile.ts";

/** One point of the comparison: what differs is in its settings. */
export interface CampaignCell extends ScheduledCell {
  readonly settings: RawSettings;
  readonly read: Settings;
  /** Its half rate comes from a base run that the campaign makes first. */
  readonly needsBaseRate: boolean;
}

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
  readonly cells: readonly CampaignCell[];
  /** The file as it stands, kept in the bundle. */
  readonly text: string;
}

/** Set by the runner itself. */
const reserved = new Set(["run"]);
const allowedSettings = settingNames.filter((name) => !reserved.has(name));

/** Settings that make up the bed of a scenario: cells that differ in them could not be compared. */
const bedSettings = ["phases", "duration", "warmup", "window", "mtu"] as const;

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

/** Pure. @throws LabError with every mistake, each with file, line and column. */
export function readCampaign(text: string, file: string): Campaign {
  const yaml = parseYaml(text, file);
  if (!yaml.ok) throw wrong(file, yaml.problems);
  const checked = checkYaml(yaml.value, campaignSchema, () => Object.keys(campaignSchema.shape));
  const problems = checked.ok ? [] : [...checked.problems];
  problems.push(...unknownSettings(yaml.value));
  if (!checked.ok || problems.length > 0) throw wrong(file, problems);
  const asked = checked.value;
  const cells = expand(asked, yaml.value, problems);
  if (problems.length > 0) throw wrong(file, problems);
  const labs = new Set(cells.map(({ lab }) => lab)).size;
  if (asked.until !== undefined && asked.replication === "reuse" && labs > 1) {
    problems.push(
      `${yaml.value.locate(["until"])}: until compares after each block, and with replication reuse ${labs} labs follow one another: set replication to rebuild, or make a campaign for each lab`,
    );
  }
  const comparisons = comparisonsOf(
    asked.comparisons,
    cells,
    (index) => yaml.value.locate(["comparisons", index]),
    problems,
  );
  if (problems.length > 0) throw wrong(file, problems);
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
    cells,
    text,
  };
}

/** All combinations of an entry's lists, in the order in which they are written; the first key varies slowest. */
export function combinations<T>(entry: Readonly<Record<string, T | readonly T[]>>): Record<string, T>[] {
  let all: Record<string, T>[] = [{}];
  for (const [key, value] of Object.entries(entry)) {
    const values: readonly T[] = isList(value) ? value : [value];
    all = all.flatMap((partial) => values.map((one) => ({ ...partial, [key]: one })));
  }
  return all;
}

function stoppingOf({ blocks, until }: CampaignFile): Stopping {
  if (until === undefined) return { rule: "fixed", blocks };
  const { budget, ...rule } = until;
  const budget_s = budget === undefined ? null : (parseDuration(budget) ?? null);
  return { rule: "until", method: sequentialMethod, ...rule, maxBlocks: blocks, budget_s };
}

function expand(file: CampaignFile, yaml: YamlFile, problems: string[]): CampaignCell[] {
  const common = texts(file.settings);
  const seen = new Map<string, string>();
  const beds = new Map<string, Settings>();
  return file.cells.flatMap((entry, index) =>
    combinations(entry).flatMap((combination) => {
      const whole = { ...common, ...texts(combination) };
      if (file.exclude.some((left) => Object.entries(left).every(([key, value]) => whole[key] === String(value))))
        return [];
      const place = (key?: string) => yaml.locate(["cells", index], key);
      const cell = readCell(whole, (key) =>
        key in entry ? place(key) : key in file.settings ? yaml.locate(["settings"], key) : place(),
      );
      if ("problems" in cell) {
        problems.push(...cell.problems.filter((problem) => !problems.includes(problem)));
        return [];
      }
      const twin = seen.get(cell.id);
      if (twin !== undefined) problems.push(`${place()}: the cell ${cell.id} is already there, at ${twin}`);
      seen.set(cell.id, place());
      const bed = beds.get(cell.lab) ?? cell.read;
      beds.set(cell.lab, bed);
      for (const key of bedSettings) {
        if (cell.read.used[key] === bed.used[key]) continue;
        problems.push(
          `${place(key)}: ${key} differs between cells of ${cell.read.scenario}; runs of another ${key} cannot be compared: put it under settings, or make two campaigns`,
        );
      }
      return [cell];
    }),
  );
}

function readCell(settings: RawSettings, locate: (key: string) => string): CampaignCell | { problems: string[] } {
  const needsBaseRate =
    settings["scenario"] !== "ingress" &&
    (settings["baseRate"] ?? "0") === "0" &&
    /\bhalf\b/.test(settings["phases"] ?? "");
  try {
    const read = readSettings(needsBaseRate ? { ...settings, baseRate: "1" } : settings);
    const lab = `${read.environment}-${read.cni}-${read.scenario}`;
    return { id: cellOf(read).id, lab, settings, read, needsBaseRate };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return { problems: error.problems.map((problem) => `${locate(/^[\w.]+/.exec(problem)?.[0] ?? "")}: ${problem}`) };
  }
}

function unknownSettings(yaml: YamlFile): string[] {
  const root = yaml.value;
  if (!isRecord(root)) return [];
  const cells: unknown[] = Array.isArray(root["cells"]) ? root["cells"] : [];
  const excluded: unknown[] = Array.isArray(root["exclude"]) ? root["exclude"] : [];
  const places: { path: PropertyKey[]; map: unknown }[] = [
    ...excluded.map((map, index) => ({ path: ["exclude", index], map })),
    { path: ["settings"], map: root["settings"] },
    ...cells.map((map, index) => ({ path: ["cells", index], map })),
  ];
  return places.flatMap(({ path, map }) =>
    Object.keys(isRecord(map) ? map : {})
      .filter((key) => !allowedSettings.some((name) => name === key))
      .map((key) => {
        const what = reserved.has(key)
          ? `"${key}" is set by the runner: leave it out`
          : unknownKey(key, allowedSettings);
        return `${yaml.locate(path, key)}: ${what}`;
      }),
  );
}

const texts = (values: Readonly<Record<string, string | number | boolean>>): RawSettings =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));

const campaignName = (file: string): string =>
  basename(file)
    .replace(/\.ya?ml$/, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 30);

const wrong = (file: string, problems: readonly string[]): LabError =>
  new LabError(`${file}: ${problems.length === 1 ? "1 mistake" : `${problems.length} mistakes`}`, {
    kind: "input",
    details: problems,
    remedy: "correct the file; nothing was started",
  });

const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
