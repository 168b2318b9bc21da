/** `lab plan`: what a campaign would do, take, cost and find. Makes nothing. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { coefficientOfVariation } from "../../analysis/statistics/variation.ts";
import { isSamples } from "../../analysis/statistics/mean.ts";
import { loadCampaign } from "../../runner/campaign.ts";
import { exitCodes, hasCode, LabError } from "../../runner/errors.ts";
import { spoken } from "../../runner/estimate.ts";
import { exampleNoise, outlookOf, type Noise } from "../../runner/plan.ts";
import { writeJson, writeLine, type CommonFlags } from "./context.ts";

export interface PlanFlags extends CommonFlags {
  readonly from?: string;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

export function planCommand(file: string, { from, json }: PlanFlags): Promise<number> {
  const campaign = loadCampaign(file);
  const ahead = outlookOf(campaign, from === undefined ? exampleNoise : noiseOf(from));
  const end = new Date(Date.now() + 1000 * ahead.seconds).toISOString();
  if (json === true) {
    writeJson({ campaign: campaign.name, stopping: campaign.stopping, ...ahead, end });
    return Promise.resolve(exitCodes.ok);
  }
  const most = campaign.stopping.rule === "until" ? "at most " : "";
  writeLine(
    `campaign ${campaign.name}: ${ahead.cells} cells, ${most}${ahead.blocks} blocks, ${most}${ahead.runs} runs`,
  );
  writeLine(
    `takes ${most}about ${spoken(ahead.seconds)}, of it load ${spoken(ahead.loadSeconds)}; ends ${end} if begun now`,
  );
  if (ahead.cost !== undefined) writeLine(`costs ${most}about ${ahead.cost} for its nodes`);
  writeLine(`order of the first block (seed ${campaign.seed}):`);
  for (const cell of ahead.firstBlock) writeLine(`  ${cell}`);
  writeLine("smallest difference that it finds four times in five, and runs of a cell that find 5 %:");
  for (const { what, cv, smallest, runsForFivePercent } of ahead.findings) {
    writeLine(`  ${what}, CV ${percent(cv)}: ${percent(smallest)}; ${runsForFivePercent ?? "more than 10000"} runs`);
  }
  return Promise.resolve(exitCodes.ok);
}

/** The largest spread between runs of a cell, for each metric and phase of summary.csv. */
function noiseOf(bundle: string): Noise[] {
  const file = join(bundle, "samples.csv");
  const remedy = `give the folder of a bundle that has one: npx lab analyze ${bundle} makes it`;
  let lines: string[][];
  try {
    lines = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(","));
  } catch (error) {
    if (!hasCode(error, "ENOENT", "ENOTDIR")) throw error;
    throw new LabError(`there is no ${file}`, { kind: "input", remedy, cause: error });
  }
  const [head = [], ...rows] = lines;
  const at = (row: string[], name: string): string => row[head.indexOf(name)] ?? "";
  const compared = new Set(["goodput", "rtt", "requests", "latency_p99", "cpu", "memory"]);
  const used = rows.filter(
    (row) =>
      at(row, "valid") === "true" &&
      compared.has(at(row, "metric")) &&
      at(row, "phase") !== "idle" &&
      ["", "host"].includes(at(row, "role")),
  );
  const groups = Map.groupBy(used, (row) => [at(row, "metric"), at(row, "phase"), at(row, "cell")].join(" "));
  const largest = new Map<string, number>();
  for (const [name, group] of groups) {
    const values = group.map((row) => Number(at(row, "value")));
    const cv = isSamples(values) ? coefficientOfVariation(values) : null;
    const what = name.split(" ").slice(0, 2).join(" in ");
    if (cv !== null && cv > 0) largest.set(what, Math.max(cv, largest.get(what) ?? 0));
  }
  if (largest.size === 0) throw new LabError(`${file} has no cell with two valid runs`, { kind: "input", remedy });
  return [...largest].map(([what, cv]) => ({ what, cv }));
}
