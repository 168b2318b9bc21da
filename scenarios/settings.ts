/**
 * The stack's settings: one table, one reader. Pulumi.yaml declares the same names, types, defaults and descriptions
 * (a test compares them); what a type cannot say is checked here, all mistakes at once, before any resource exists.
 */
import type { z } from "zod";
import type { Placement } from "../components/platform.ts";
import { aksSettings } from "./settings/aks.ts";
import { clusterSettings } from "./settings/cluster.ts";
import { egressSettings } from "./settings/egress.ts";
import { generalSettings } from "./settings/general.ts";
import { cnisOf, combinationProblems } from "./settings/rules.ts";
import {
  cniNames,
  environmentNames,
  scenarioNames,
  type CniName,
  type ScenarioName,
  type SettingSpec,
} from "./settings/spec.ts";
import { warningsOf } from "./settings/warnings.ts";
import { loadPhases, loadSeconds, parsePhases, type Phase } from "./values.ts";

export { environmentNames } from "./settings/spec.ts";
export type { CniName, EnvironmentName, ScenarioName } from "./settings/spec.ts";

export const settingTable = {
  ...generalSettings,
  ...egressSettings,
  ...clusterSettings,
  ...aksSettings,
} as const;

export type SettingName = keyof typeof settingTable;
export const settingNames = Object.keys(settingTable) as SettingName[];

type Read = { -readonly [K in SettingName]: z.infer<(typeof settingTable)[K]["read"]> };

/** Every setting, read and checked; durations in seconds. */
export interface Settings extends Readonly<Omit<Read, "phases" | "cni" | "load.placement">> {
  /** Never empty: what the environment runs when none was named. */
  readonly cni: CniName;
  /** Where none was named as in the thesis: iperf3 in a pod, k6 outside. */
  readonly "load.placement": Placement;
  readonly phases: readonly Phase[];
  /** The settings that this scenario uses, as text: what the record keeps. */
  readonly used: Readonly<Record<string, string>>;
  /** Settings that were given though this scenario does not use them. */
  readonly unused: readonly string[];
  /** What is allowed and will surprise, one sentence each. */
  readonly warnings: readonly string[];
}

/** All mistakes in the settings, one sentence each: key, value, what is allowed, the remedy. */
export class SettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      [`${problems.length === 1 ? "1 setting is" : `${problems.length} settings are`} wrong:`, ...problems].join(
        "\n  ",
      ),
    );
    this.name = "SettingsError";
    this.problems = problems;
  }
}

/**
 * Reads settings by bare name (without the project prefix); what is not given takes its default.
 * @throws SettingsError with every mistake at once.
 */
export function readSettings(raw: Readonly<Record<string, string>>): Settings {
  const problems = Object.keys(raw)
    .filter((name) => !(name in settingTable))
    .map((name) => `${name}: no such setting. ${nearest(name)}Known: ${settingNames.join(", ")}.`);

  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of settingNames) {
    const text = raw[name] ?? String(settingTable[name].default);
    const result = settingTable[name].read.safeParse(text);
    if (result.success) values[name] = result.data;
    else problems.push(`${name}: "${text}" ${result.error.issues[0]?.message ?? "is not valid"}. ${remedy(name)}`);
  }

  const scenario = scenarioNames.find((name) => name === values.scenario);
  const environment = environmentNames.find((name) => name === values.environment);
  const named = cniNames.find((name) => name === values.cni);
  const cni = named ?? (values.cni === "" && environment !== undefined ? cnisOf[environment][0] : undefined);
  const text = (name: SettingName): string => raw[name] ?? String(settingTable[name].default);
  const phaseProblems: string[] = [];
  const phases = scenario === undefined ? [] : readPhases(scenario, raw, values, phaseProblems);
  problems.push(
    ...combinationProblems({
      text: (name) => (isSetting(name) ? text(name) : ""),
      ...(environment === undefined ? {} : { environment }),
      ...(cni === undefined ? {} : { cni }),
      ...(scenario === undefined ? {} : { scenario }),
      ...(typeof values.gateway === "string" ? { gateway: values.gateway } : {}),
      ...(typeof values.path === "string" ? { path: values.path } : {}),
      ...(Array.isArray(values.weights) ? { weights: (values as Read).weights } : {}),
      ...(typeof values.warmup === "number" && typeof values.duration === "number"
        ? { loadSeconds: loadSeconds({ phases, warmup: values.warmup }) }
        : {}),
    }),
    ...phaseProblems,
  );
  if (values.logAnswers === true && values.countAnswers === false) {
    problems.push(
      "logAnswers: true needs the answers to be looked at. Set countAnswers to true, or leave logAnswers out.",
    );
  }
  if (problems.length > 0 || scenario === undefined || environment === undefined || cni === undefined) {
    throw new SettingsError(problems);
  }

  const isUsed = (name: SettingName): boolean => {
    const spec: SettingSpec = settingTable[name];
    return (
      (spec.usedBy?.includes(scenario) ?? true) &&
      (spec.environments?.includes(environment) ?? true) &&
      (spec.cnis?.includes(cni) ?? true)
    );
  };
  const read = values as Read;
  const placement = read["load.placement"] || (scenario === "egress" ? "inside" : "outside");
  const resolved: Partial<Record<SettingName, string>> = { cni, "load.placement": placement };
  return {
    ...read,
    cni,
    "load.placement": placement,
    phases,
    used: Object.fromEntries(settingNames.filter(isUsed).map((name) => [name, resolved[name] ?? text(name)])),
    // A default says nothing: Pulumi.yaml gives every setting one.
    unused: settingNames.filter(
      (name) => !isUsed(name) && (raw[name] ?? "") !== "" && raw[name] !== String(settingTable[name].default),
    ),
    warnings: warningsOf({ ...read, cni, environment, scenario, vmSize: read["aks.vmSize"], nodes: read["aks.nodes"] }),
  };
}

const isSetting = (name: string): name is SettingName => name in settingTable;

function readPhases(
  scenario: ScenarioName,
  raw: Readonly<Record<string, string>>,
  values: Partial<Record<SettingName, unknown>>,
  problems: string[],
): readonly Phase[] {
  const duration = typeof values.duration === "number" ? values.duration : 30;
  const rate = typeof values.rate === "number" ? values.rate : 0;
  const text = raw["phases"] ?? "";
  const result = parsePhases(text === "" ? defaultPhases(scenario, rate) : text, scenario, duration);
  if ("problem" in result) {
    problems.push(`phases: "${text}" ${result.problem}. ${remedy("phases")}`);
    return [];
  }
  const names = result.value.map((phase) => phase.phase);
  if (names.includes("half") && values.baseRate === 0) {
    problems.push(
      'phases: "half" needs the base path\'s rate. Set baseRate in bit/s (the goodput of a base run), or use a campaign: `lab run` measures it first.',
    );
  }
  if (names.includes("open") && rate === 0) {
    problems.push('phases: "open" needs a rate. Set rate in requests per second, such as -c rate=2000.');
  }
  if (rate > 0 && scenario === "ingress" && !names.includes("open")) {
    problems.push(`rate: "${rate}" has no open phase to use it. Add open to phases, or leave rate out.`);
  }
  if (!names.some((name) => loadPhases[scenario].includes(name))) {
    problems.push(`phases: "${text}" has no load. Add one of ${loadPhases[scenario].join(", ")}.`);
  }
  return result.value;
}

function defaultPhases(scenario: ScenarioName, rate: number): string {
  switch (scenario) {
    case "egress":
      return "idle:5s,unloaded:5s,saturated";
    case "ingress":
      return rate > 0 ? "idle:5s,open" : "idle:5s,closed";
  }
}

function remedy(name: SettingName): string {
  return `Set it with -c ${name}=…, in the stack's file or in the campaign; the default is "${String(settingTable[name].default)}".`;
}

function nearest(name: string): string {
  const lower = name.toLowerCase();
  const found = settingNames.find((known) => known.toLowerCase().startsWith(lower.slice(0, 3)));
  return found === undefined ? "" : `Did you mean ${found}? `;
}
