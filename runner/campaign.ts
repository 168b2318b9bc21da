/** The campaign file: read, checked as a whole, expanded into cells. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { z } from "zod";
import { cellOf } from "../scenarios/cell.ts";
import { readSettings, settingNames, SettingsError, type Settings } from "../scenarios/settings.ts";
import { hasCode, LabError } from "./errors.ts";
import type { ScheduledCell } from "./schedule.ts";
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
  readonly blocks: number;
  readonly cells: readonly CampaignCell[];
  /** The file as it stands, kept in the bundle. */
  readonly text: string;
}

const scalar = z.union([z.string(), z.number(), z.boolean()], { error: "must be a text, a number, true or false" });
const oneOrMore = z.union([scalar, z.array(scalar).min(1)], {
  error: "must be a value or a list of values",
});

const campaignSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,29}$/, "must be up to 30 small letters, digits and dashes")
    .optional(),
  description: z.string().optional(),
  blocks: z.int("must be a whole number from 1 to 10000").min(1).max(10_000),
  settings: z.record(z.string(), scalar).default({}),
  cells: z.array(z.record(z.string(), oneOrMore)).min(1, "must list at least one cell"),
});
type CampaignFile = z.infer<typeof campaignSchema>;

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
  const cells = expand(checked.value, yaml.value, problems);
  if (problems.length > 0) throw wrong(file, problems);
  return {
    name: checked.value.name ?? campaignName(file),
    blocks: checked.value.blocks,
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

function expand(file: CampaignFile, yaml: YamlFile, problems: string[]): CampaignCell[] {
  const common = texts(file.settings);
  const seen = new Map<string, string>();
  const beds = new Map<string, Settings>();
  return file.cells.flatMap((entry, index) =>
    combinations(entry).flatMap((combination) => {
      const place = (key?: string) => yaml.locate(["cells", index], key);
      const cell = readCell({ ...common, ...texts(combination) }, (key) =>
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
    return { problems: error.problems.map((problem) => `${locate(/^\w+/.exec(problem)?.[0] ?? "")}: ${problem}`) };
  }
}

function unknownSettings(yaml: YamlFile): string[] {
  const root = yaml.value;
  if (!isRecord(root)) return [];
  const cells: unknown[] = Array.isArray(root["cells"]) ? root["cells"] : [];
  const places: { path: PropertyKey[]; map: unknown }[] = [
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
