/** The cells of a campaign file: its matrices expanded, what is excluded left out, each read and checked. Pure. */
import { cellOf } from "../scenarios/cell.ts";
import { readSettings, settingTable, SettingsError, type SettingName, type Settings } from "../scenarios/settings.ts";
import { campaignSettings, reservedSettings, type CampaignFile } from "./campaignSchema.ts";
import { bedSettings } from "./fingerprint.ts";
import type { ScheduledCell } from "./schedule.ts";
import type { RawSettings } from "./workFolder.ts";
import { unknownKey, type YamlFile } from "./yamlFile.ts";

/** One point of the comparison: what differs is in its settings. */
export interface CampaignCell extends ScheduledCell {
  readonly settings: RawSettings;
  readonly read: Settings;
  /** Its half rate comes from a base run that the campaign makes first. */
  readonly needsBaseRate: boolean;
}

type Value = string | number | boolean;
type Entry = Readonly<Record<string, Value | readonly Value[]>>;

/** All combinations of an entry's lists, in the order in which they are written; the first key varies slowest. */
export function combinations<T>(entry: Readonly<Record<string, T | readonly T[]>>): Record<string, T>[] {
  let all: Record<string, T>[] = [{}];
  for (const [key, value] of Object.entries(entry)) {
    const values: readonly T[] = isList(value) ? value : [value];
    all = all.flatMap((partial) => values.map((one) => ({ ...partial, [key]: one })));
  }
  return all;
}

/** The cells in the order of the file. Mistakes go to `problems`, each with its place; unknown settings are told by `unknownSettings`. */
export function expandCells(
  { settings, cells, exclude }: Pick<CampaignFile, "settings" | "cells" | "exclude">,
  yaml: YamlFile,
  problems: string[],
): CampaignCell[] {
  const common = texts(known(settings));
  const seen = new Map<string, string>();
  const beds = new Map<string, Settings>();
  const excludes = exclude.map((entry, index) => ({ entry, index, hits: 0 }));
  const expanded = cells.flatMap((entry, index) => {
    // Without what nobody knows two cells may look alike, or an alike pair may differ: those are told in the next try.
    const isSound = Object.keys(entry).every((key) => isKnown(key));
    const place = (key?: string): string => yaml.locate(["cells", index], key);
    return combinations<Value>(known(entry)).flatMap((combination) => {
      const whole = { ...common, ...texts(combination) };
      const out = excludes.filter((one) => isExcluded(whole, one.entry));
      for (const one of out) one.hits += 1;
      if (out.length > 0) return [];
      const cell = readCell(whole, (key) =>
        key in entry ? place(key) : key in settings ? yaml.locate(["settings"], key) : place(),
      );
      if ("problems" in cell) {
        problems.push(...cell.problems);
        return [];
      }
      if (!isSound) return [];
      const twin = seen.get(cell.id);
      if (twin !== undefined) problems.push(`${place()}: the cell ${cell.id} is already there, at ${twin}`);
      seen.set(cell.id, place());
      const { environment, scenario } = cell.read;
      const bedKey = `${environment} ${scenario}`;
      const bed = beds.get(bedKey) ?? cell.read;
      beds.set(bedKey, bed);
      for (const key of bedSettings) {
        if (cell.read.used[key] === bed.used[key]) continue;
        problems.push(
          `${place(key)}: ${key} differs between cells of ${cell.read.scenario}; runs of another ${key} cannot be compared: put it under settings, or make two campaigns`,
        );
      }
      return [cell];
    });
  });
  for (const { entry, index, hits } of excludes) {
    if (hits === 0 && Object.keys(entry).every((key) => isKnown(key)))
      problems.push(
        `${yaml.locate(["exclude", index])}: no cell has these settings: correct them, or leave the entry out`,
      );
  }
  return expanded;
}

/** Whether a cell has all settings of an entry; what a cell does not name has its usual value. */
function isExcluded(cell: RawSettings, entry: Entry): boolean {
  return Object.entries(entry).every(([key, value]) => {
    const own = cell[key] ?? (isSetting(key) ? String(settingTable[key].default) : "");
    const values: readonly Value[] = isList(value) ? value : [value];
    return values.some((one) => String(one) === own);
  });
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

/** Settings that nobody knows, wherever a campaign file may name some. */
export function unknownSettings(yaml: YamlFile): string[] {
  const root = yaml.value;
  if (!isRecord(root)) return [];
  const entries = (name: string): { path: PropertyKey[]; map: unknown }[] => {
    const list: unknown = root[name];
    return Array.isArray(list) ? list.map((map: unknown, index) => ({ path: [name, index], map })) : [];
  };
  const sides = (name: string, keys: readonly string[]): { path: PropertyKey[]; map: unknown }[] =>
    entries(name).flatMap(({ path, map }) =>
      keys.flatMap((key) => (isRecord(map) ? [{ path: [...path, key], map: map[key] }] : [])),
    );
  const places = [
    ...entries("exclude"),
    { path: ["settings"], map: root["settings"] },
    ...entries("cells"),
    ...sides("comparisons", ["a", "b"]),
    ...sides("means", ["cell"]),
  ];
  return places.flatMap(({ path, map }) =>
    Object.keys(isRecord(map) ? map : {})
      .filter((key) => !isKnown(key))
      .map((key) => {
        const isReserved = reservedSettings.some((name) => name === key);
        const what = isReserved ? `"${key}" is set by the runner: leave it out` : unknownKey(key, campaignSettings);
        return `${yaml.locate(path, key)}: ${what}`;
      }),
  );
}

const isKnown = (key: string): boolean => campaignSettings.some((name) => name === key);
const isSetting = (key: string): key is SettingName => key in settingTable;

const known = <T>(values: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(values).filter(([key]) => isKnown(key)));

const texts = (values: Readonly<Record<string, Value>>): RawSettings =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));

const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
