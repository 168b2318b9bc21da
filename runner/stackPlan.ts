/** What one stack's lab takes and costs, before it is made: `lab plan -s`. Pure. */
import { cellOf } from "../scenarios/cell.ts";
import { installsOf, machinesOf, type Machines } from "../scenarios/labPlan.ts";
import type { Settings } from "../scenarios/settings.ts";
import { loadSeconds, spoken, usual } from "./estimate.ts";

export interface Cost {
  /** For the time that the lab stands, in one text for all currencies. */
  readonly total: string;
  readonly perHour: string;
  /** What no price was given for. */
  readonly without: readonly string[];
  /** Settings that would give those prices. */
  readonly settings: readonly string[];
}

export interface StackOutlook {
  readonly cell: string;
  readonly machines: readonly Machines[];
  readonly installs: readonly string[];
  readonly buildSeconds: number;
  readonly loadSeconds: number;
  readonly destroySeconds: number;
  /** Hours that the lab stands, from its first machine to its last. */
  readonly hours: number;
  /** undefined where nobody bills. */
  readonly cost: Cost | undefined;
  /** Hours after which `lab sweep` may remove it; undefined where nothing says so. */
  readonly timeToLiveHours: number | undefined;
  readonly warnings: readonly string[];
  readonly unused: readonly string[];
}

/** @param stands hours that the user means to keep it; undefined: for one load */
export function stackOutlook(settings: Settings, stands?: number): StackOutlook {
  const { build, destroy } = usual[settings.environment];
  const load = loadSeconds(settings);
  const machines = machinesOf(settings);
  const least = (build + load + destroy) / 3600;
  const hours = Math.max(stands ?? 0, least);
  return {
    cell: cellOf(settings).id,
    machines,
    installs: installsOf(settings),
    buildSeconds: build,
    loadSeconds: load,
    destroySeconds: destroy,
    hours,
    cost: costOf(machines, hours),
    timeToLiveHours: settings.environment === "aks" ? settings["aks.timeToLive"] / 3600 : undefined,
    warnings: [
      ...settings.warnings,
      ...(settings.environment === "aks" && hours > settings["aks.timeToLive"] / 3600
        ? [`aks.timeToLive: the lab is to stand for ${hoursText(hours)}, longer than it may live. Set aks.timeToLive.`]
        : []),
    ],
    unused: settings.unused,
  };
}

function costOf(machines: readonly Machines[], hours: number): Cost | undefined {
  const billed = machines.filter((one) => one.billed);
  if (billed.length === 0) return undefined;
  // Prices in two currencies are not added.
  const sums = new Map<string, number>();
  for (const { count, price } of billed)
    if (price !== undefined) sums.set(price.currency, (sums.get(price.currency) ?? 0) + count * price.amount);
  const text = (times: number): string =>
    [...sums].map(([currency, sum]) => `${(sum * times).toFixed(2)} ${currency}`).join(" and ");
  const without = billed.filter(({ price }) => price === undefined);
  return {
    total: text(hours),
    perHour: text(1),
    without: without.map(({ count, size }) => `${count} × ${size}`),
    settings: without.flatMap(({ priceSetting }) => priceSetting ?? []),
  };
}

const hoursText = (hours: number): string => spoken(Math.round(hours * 3600));

/** What `lab plan -s` prints. */
export function stackLines(stack: string, outlook: StackOutlook): string[] {
  const { cell, machines, installs, hours, cost, timeToLiveHours, warnings, unused } = outlook;
  const fact = (label: string, lines: readonly string[]): string[] =>
    lines.map((line, index) => `${(index === 0 ? label : "").padEnd(9)} ${line}`);
  const parts = [
    `lab ${spoken(outlook.buildSeconds)}`,
    `load ${spoken(outlook.loadSeconds)}`,
    `destroy ${spoken(outlook.destroySeconds)}`,
  ];
  return [
    `stack ${stack}: ${cell}`,
    ...fact(
      "machines",
      machines.map(({ count, size, role }) => `${count} × ${size} (${role})`),
    ),
    ...fact("installs", installs.length === 0 ? [] : [installs.join(", ")]),
    ...fact("takes", [`about ${hoursText(hours)}: ${parts.join(", ")}`]),
    ...fact("costs", costLines(cost, hours)),
    ...fact("lives", [
      `until npx lab destroy -s ${stack}${timeToLiveHours === undefined ? "" : `; lab sweep may remove it after ${hoursText(timeToLiveHours)}`}`,
    ]),
    ...fact("warning", warnings),
    ...fact("unused", unused.length === 0 ? [] : [unused.join(", ")]),
    "nothing was made",
  ];
}

function costLines(cost: Cost | undefined, hours: number): string[] {
  if (cost === undefined) return ["nothing: nobody bills for these machines"];
  const { total, perHour, without, settings } = cost;
  const missing =
    without.length === 0
      ? []
      : [`no price given for ${without.join(" and ")}: ${settings.map((name) => `-c ${name}='0.20 EUR'`).join(" ")}`];
  return [
    ...(total === "" ? [] : [`about ${total} for ${hoursText(hours)}, ${perHour} an hour`]),
    ...missing,
    "beside them: disks, a public address, the load balancer and its traffic; the control plane's tier is free",
  ];
}
