/**
 * Several bundles side by side, as one: cloud beside local, one CNI's campaign beside another's. Like beds are compared across
 * bundles; unlike ones only stand beside each other, and what sets them apart is said. Nothing of the bundles is changed. Pure.
 */
import { describeRuns, type Bundle, type BundleTables } from "./bundle.ts";
import { compareCells, comparisonsAcross, environmentIn } from "./comparisons.ts";
import type { Environment } from "./environment.ts";
import { environmentSchema } from "./environment.ts";
import { strictest } from "./looks.ts";
import type { Plan } from "./plan.ts";
import type { RunRecord } from "./record.ts";

type Fact = Environment["bed"][string];

/** One of the bundles. */
export interface BundlePart {
  /** Name of the bundle, unique among those that stand together. */
  readonly name: string;
  readonly dir: string;
  readonly environment: Environment | null;
  /** Ids of its cells as the whole has them. */
  readonly cells: readonly string[];
  readonly runs: number;
  readonly valid: number;
  /** Seconds since the epoch. */
  readonly start_s: number;
  readonly end_s: number;
}

/** A fact in which the beds differ, with the value of each part; null where the part did not record it. */
export interface BedDifference {
  readonly fact: string;
  readonly values: readonly (Fact | null)[];
}

export interface SideBySide {
  readonly parts: readonly BundlePart[];
  /** All on one bed, so that cells are compared across the bundles. */
  readonly alike: boolean;
  readonly differences: readonly BedDifference[];
  /** Parts whose bed is not known. */
  readonly unknown: readonly string[];
}

/** Facts that only one scenario has: a bundle without that scenario does not lack them. */
const ofScenario: Readonly<Record<RunRecord["cell"]["scenario"], (fact: string) => boolean>> = {
  egress: (fact) => fact.startsWith("egress.") || fact === "iperf3",
  ingress: (fact) => fact.startsWith("ingress.") || fact === "k6",
};

/** In what the beds of some bundles differ; facts of a scenario count among the bundles that have it. */
export function bedsApart(bundles: readonly Pick<Bundle, "environment" | "cells">[]): BedDifference[] {
  const facts = [...new Set(bundles.flatMap(({ environment }) => Object.keys(environment?.bed ?? {})))].sort();
  return facts.flatMap((fact) => {
    const values = bundles.map(({ environment }) => environment?.bed[fact] ?? null);
    const asked = bundles.filter(({ environment, cells }) => {
      const scenario = (["egress", "ingress"] as const).find((each) => ofScenario[each](fact));
      return environment !== null && (scenario === undefined || cells.some((cell) => cell.scenario === scenario));
    });
    const distinct = new Set(asked.map(({ environment }) => JSON.stringify(environment?.bed[fact] ?? null)));
    return distinct.size > 1 ? [{ fact, values }] : [];
  });
}

/** @param dir where the outcome will stand */
export function combineBundles(bundles: readonly Bundle[], dir: string): Bundle {
  const names = uniqueNames(bundles.map(({ name }) => name));
  const differences = bedsApart(bundles);
  const unknown = bundles.flatMap(({ environment }, index) => (environment === null ? [names[index] ?? ""] : []));
  const alike = differences.length === 0 && unknown.length === 0;
  const named = bundles.map((bundle, index) =>
    renamed(bundle, names[index] ?? bundle.name, (environment) =>
      mustRename(bundles, index, environment, alike) ? environmentIn(environment, names[index] ?? "") : environment,
    ),
  );
  const records = named.flatMap((bundle) => bundle.records);
  const described = describeRuns(records, planOf(named));
  const parts = named.map((bundle, index): BundlePart => ({
    name: names[index] ?? bundle.name,
    dir: bundle.dir,
    environment: bundle.environment,
    cells: bundle.cells.map(({ id }) => id),
    runs: bundle.records.length,
    valid: bundle.records.filter(({ measured }) => measured.validity.valid).length,
    start_s: bundle.records[0]?.load.started_s ?? 0,
    end_s: bundle.records.at(-1)?.load.finished_s ?? 0,
  }));
  const tables = joinedTables(named.map((bundle) => bundle.tables));
  const inference = strictest(bundles.map((bundle) => bundle.inference));
  const across = alike ? comparisonsAcross(named.map(({ cells }) => cells)) : [];
  return {
    dir,
    name: names.join(" + "),
    campaign: campaignOf(named, names),
    environment: environmentOf(named, names),
    spans: named.flatMap(({ spans }) => spans),
    ...described,
    inference,
    missing: named.flatMap(({ missing }) => missing),
    tables: {
      ...tables,
      comparisons: [...tables.comparisons, ...compareCells(across, tables.samples, undefined, inference)],
    },
    notes: named.flatMap(({ notes }, index) => notes.map((note) => `${names[index] ?? ""}: ${note}`)),
    sideBySide: { parts, alike, differences, unknown },
  };
}

/** An environment's name is not enough where two bundles have it and either their beds differ or they have a cell in common. */
function mustRename(bundles: readonly Bundle[], index: number, environment: string, alike: boolean): boolean {
  const own = new Set(bundles[index]?.cells.map(({ id }) => id));
  return bundles.some(
    (other, at) =>
      at !== index && other.cells.some((cell) => cell.environment === environment && (!alike || own.has(cell.id))),
  );
}

/** Cells by the new name of their environment, runs by the bundle's name: no two bundles share either then. */
function renamed(bundle: Bundle, name: string, environmentOf: (environment: string) => string): Bundle {
  const ids = new Map(
    [...bundle.cells, ...(bundle.plan?.cells ?? [])].map(({ id, environment }) => [
      id,
      `${environmentOf(environment)}${id.slice(id.indexOf("/"))}`,
    ]),
  );
  const idOf = (id: string): string => ids.get(id) ?? id;
  const runOf = (run_id: string): string => `${name}/${run_id}`;
  const cellOf = <T extends RunRecord["cell"]>(cell: T): T => ({
    ...cell,
    id: idOf(cell.id),
    environment: environmentOf(cell.environment),
  });
  const { samples, windows, latency, inside, summary, splits, comparisons, ...rest } = bundle.tables;
  const records = bundle.records.map((run) => ({ ...run, run_id: runOf(run.run_id), cell: cellOf(run.cell) }));
  const inRun = <T extends { readonly run_id: string }>(row: T): T => ({ ...row, run_id: runOf(row.run_id) });
  const inCell = <T extends { readonly cell: string }>(row: T): T => ({ ...row, cell: idOf(row.cell) });
  const between = <T extends { readonly a: string; readonly b: string }>(row: T): T => ({
    ...row,
    a: idOf(row.a),
    b: idOf(row.b),
  });
  return {
    ...bundle,
    records,
    cells: bundle.cells.map(cellOf),
    plan:
      bundle.plan === null
        ? null
        : { ...bundle.plan, cells: bundle.plan.cells.map(cellOf), comparisons: bundle.plan.comparisons.map(between) },
    missing: bundle.missing.map(inCell),
    spans: bundle.spans.map((span) => ({
      ...span,
      lab: `${name}/${span.lab}`,
      run: span.run === null ? null : runOf(span.run),
      cell: span.cell === null ? null : idOf(span.cell),
    })),
    tables: {
      ...rest,
      samples: samples.map((row) => ({ ...inRun(inCell(row)), environment: environmentOf(row.environment) })),
      windows: windows.map(inRun),
      latency: latency.map(inRun),
      inside: inside.map(inRun),
      summary: summary.map(inCell),
      splits: splits.map(inCell),
      comparisons: comparisons.map(between),
    },
  };
}

function joinedTables(all: readonly BundleTables[]): BundleTables {
  return {
    samples: all.flatMap(({ samples }) => samples),
    windows: all.flatMap(({ windows }) => windows),
    latency: all.flatMap(({ latency }) => latency),
    inside: all.flatMap(({ inside }) => inside),
    summary: all.flatMap(({ summary }) => summary),
    splits: all.flatMap(({ splits }) => splits),
    comparisons: all.flatMap(({ comparisons }) => comparisons),
  };
}

/** What all of them planned; the first plan's rule stands for the rest, which says nothing across bundles. */
function planOf(bundles: readonly Bundle[]): Plan | null {
  const plans = bundles.flatMap(({ plan }) => plan ?? []);
  const [first] = plans;
  if (first === undefined) return null;
  return {
    ...first,
    name: plans.map(({ name }) => name).join(" + "),
    description: plans.map(({ description }) => description).join(" "),
    cells: plans.flatMap(({ cells }) => cells),
    comparisons: plans.flatMap(({ comparisons }) => comparisons),
  };
}

function campaignOf(bundles: readonly Bundle[], names: readonly string[]): string | null {
  const texts = bundles.flatMap(({ campaign }, index) =>
    campaign === null ? [] : [`# ${names[index] ?? ""}\n${campaign.trimEnd()}\n`],
  );
  return texts.length === 0 ? null : texts.join("---\n");
}

/** Facts that all share as they are; where they differ, every bundle's value by its name. */
function environmentOf(bundles: readonly Bundle[], names: readonly string[]): Environment | null {
  const known = bundles.flatMap(({ environment }, index) =>
    environment === null ? [] : [{ environment, name: names[index] ?? "" }],
  );
  if (known.length === 0) return null;
  const join = (half: "bed" | "under_test"): Environment["bed"] =>
    Object.fromEntries(
      [...new Set(known.flatMap(({ environment }) => Object.keys(environment[half])))].map((fact) => {
        const values = known.flatMap(({ environment, name }) => {
          const value = environment[half][fact];
          return value === undefined ? [] : [{ name, value }];
        });
        const same = values.length === known.length && new Set(values.map(({ value }) => value)).size === 1;
        return [
          fact,
          same ? (values[0]?.value ?? null) : values.map(({ name, value }) => `${name}: ${String(value)}`).join(" | "),
        ];
      }),
    );
  return { schema: environmentSchema, bed: join("bed"), under_test: join("under_test") };
}

function uniqueNames(names: readonly string[]): string[] {
  return names.map((name, index) => {
    const before = names.slice(0, index).filter((other) => other === name).length;
    return before === 0 ? name : `${name} #${String(before + 1)}`;
  });
}
