/** `lab plan`: what a campaign would do, take, cost and find. Makes nothing. */
import type { Bundle } from "../../analysis/bundle.ts";
import { readBundle } from "../../analysis/readBundle.ts";
import { isSamples } from "../../analysis/statistics/mean.ts";
import { coefficientOfVariation } from "../../analysis/statistics/variation.ts";
import { loadCampaign, type Campaign } from "../../runner/campaign.ts";
import { questionsOf } from "../../runner/campaignPlan.ts";
import { exitCodes, LabError } from "../../runner/errors.ts";
import { Estimator, spoken } from "../../runner/estimate.ts";
import { environmentNames } from "../../scenarios/settings.ts";
import { givenNothing, measuredBy, outlookOf, type CampaignOutlook, type Given, type Time } from "../../runner/plan.ts";
import type { CommonFlags } from "./context.ts";
import { writeJson, writeLine } from "./output.ts";

export interface PlanFlags extends CommonFlags {
  readonly from?: string;
}

export async function planCommand(file: string, { from, json }: PlanFlags): Promise<number> {
  const campaign = loadCampaign(file);
  const given = from === undefined ? givenNothing() : givenBy(await readBundle(from), campaign);
  const ahead = outlookOf(campaign, given);
  const end = new Date(Date.now() + 1000 * ahead.whole.seconds);
  if (json === true) {
    const { name, seed, replication, stopping } = campaign;
    writeJson({ campaign: name, seed, replication, stopping, ...ahead, end: end.toISOString() });
  } else for (const line of planLines(campaign, ahead, { end, from })) writeLine(line);
  return exitCodes.ok;
}

const percent = (share: number): string => (Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : "–");
const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;

/** Cells that are shown; of more the number is told. */
const mostCells = 24;

/** What `lab plan` prints; pure. */
export function planLines(
  campaign: Campaign,
  ahead: CampaignOutlook,
  { end, from }: { readonly end: Date; readonly from: string | undefined },
): string[] {
  const { stopping, seed, replication, name, description } = campaign;
  const { cells, blocks, runs, labs, whole, expected, machines, findings, warnings, firstBlock } = ahead;
  const most = stopping.rule === "until" ? "at most " : "";
  const fact = (label: string, [first = "", ...more]: readonly string[]): string[] =>
    first === "" ? [] : [`${label.padEnd(10)}${first}`, ...more.map((line) => `${" ".repeat(10)}${line}`)];
  return [
    `campaign ${name}${description === "" ? "" : `: ${description}`}`,
    "",
    ...fact("runs", [
      `${most}${runs}: ${plural(cells.length, "cell")} in ${most}${plural(blocks, "block")}, ${plural(labs, "lab")}${labsText(replication, labs, machines)}`,
    ]),
    ...fact("asks", [asksText(ahead)]),
    ...fact("ends", endsLines(campaign)),
    ...fact("takes", [
      `${most}${timeText(whole)}`,
      `${most === "" ? "" : "at the latest "}until ${clock(end)} if begun now`,
      ...(expected === undefined
        ? []
        : [`with the noise of ${from ?? ""}: about ${plural(expected.blocks, "block")}, ${timeText(expected)}`]),
    ]),
    ...fact("machines", machines),
    ...fact(
      "costs",
      whole.cost === undefined
        ? []
        : [
            `${most}about ${whole.cost} for its nodes${expected?.cost === undefined ? "" : `; about ${expected.cost} with that noise`}`,
          ],
    ),
    ...fact("note", warnings),
    "",
    ...tableLines(
      ["cell", "lab", "load a run"],
      cells.slice(0, mostCells).map(({ id, lab, loadSeconds }) => [id, lab, spoken(loadSeconds)]),
    ),
    ...(cells.length > mostCells ? [`… and ${cells.length - mostCells} more`] : []),
    "",
    `order of the first block (seed ${seed}):`,
    ...firstBlock.slice(0, mostCells).map((id, index) => `${String(index + 1).padStart(4)}  ${id}`),
    ...(firstBlock.length > mostCells ? [`      … and ${firstBlock.length - mostCells} more`] : []),
    "",
    `what it can find four times in five, with ${from === undefined ? "examples of noise (--from <bundle> takes that of earlier runs)" : `the noise of ${from}`}:`,
    ...tableLines(
      ["metric", "CV", `smallest difference at ${plural(blocks, "run")} a cell`, "runs of a cell for 5 %"],
      findings.map(({ what, cv, smallest, runsForFivePercent }) => [
        what,
        percent(cv),
        percent(smallest),
        runsForFivePercent === null ? "more than 10,000" : String(runsForFivePercent),
      ]),
    ),
  ];
}

function labsText(replication: Campaign["replication"], labs: number, machines: readonly string[]): string {
  if (replication === "rebuild")
    return labs === 1 ? ", built again for each block" : ", each built again for each block, in random order";
  if (labs === 1) return " that stays";
  return machines.some((machine) => machine.includes("at the same time"))
    ? " that stand together and take turns block by block"
    : " one after the other, each with all its blocks";
}

function asksText({ comparisons, means }: CampaignOutlook): string {
  const named = [
    ...(comparisons > 0 ? [plural(comparisons, "comparison")] : []),
    ...(means > 0 ? [plural(means, "mean")] : []),
  ];
  return named.length === 0
    ? "what is usually compared: it names nothing of its own"
    : `${named.join(" and ")}, named before the first run`;
}

function endsLines({ stopping, cells }: Campaign): string[] {
  if (stopping.rule === "fixed") return [];
  const { halfWidth, minBlocks, maxBlocks, budget_s, alpha } = stopping;
  const late = budget_s === null ? "" : `, or ${spoken(budget_s)} after its first run began`;
  return [
    `when all of that is known to ± ${percent(halfWidth)}, at the latest after ${maxBlocks} blocks${late}`,
    `looks after each block from block ${minBlocks} (${minBlocks * cells.length} runs) on; intervals hold at ${percent(1 - alpha)} under all looks`,
  ];
}

const timeText = ({ seconds, load, labs, between }: Time): string =>
  `about ${spoken(seconds)}: load ${spoken(load)}, building labs and taking them down ${spoken(labs)}, between runs ${spoken(between)}`;

/** `Thu 26 Nov 04:10 UTC` */
const clock = (time: Date): string => {
  const [day = "", date = "", month = "", , hour = ""] = time.toUTCString().split(" ");
  return `${day.replace(",", "")} ${date} ${month} ${hour.slice(0, 5)} UTC`;
};

/** Columns as wide as their widest cell; numbers, all but the first column, stand as they are. */
function tableLines(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [headings, ...rows].map((row) =>
    `  ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join("   ")}`.trimEnd(),
  );
}

/** The largest spread between runs of a cell for each metric that the campaign asks about, and what its runs and labs took. */
export function givenBy(bundle: Bundle, campaign: Campaign): Given {
  const wanted = new Set(questionsOf(campaign).map(measuredBy));
  const valid = bundle.tables.samples.filter((row) => row.valid && wanted.has(measuredBy(row)));
  const largest = new Map<string, number>();
  for (const rows of Map.groupBy(valid, (row) => JSON.stringify([measuredBy(row), row.cell])).values()) {
    const values = rows.map(({ value }) => value);
    const cv = isSamples(values) ? coefficientOfVariation(values) : null;
    const [row] = rows;
    if (row === undefined || cv === null || cv <= 0) continue;
    largest.set(measuredBy(row), Math.max(cv, largest.get(measuredBy(row)) ?? 0));
  }
  if (largest.size === 0) {
    throw new LabError(`${bundle.dir} has no cell with two valid runs of what ${campaign.name} asks about`, {
      kind: "input",
      details: [`asked: ${[...wanted].join(", ")}`],
      remedy: "give a bundle of the same scenario with the same phases, or leave --from out",
    });
  }
  return { noise: [...largest].map(([what, cv]) => ({ what, cv })), measured: true, estimator: timesOf(bundle) };
}

/** What building labs and running in them took in a bundle. */
function timesOf({ spans, records }: Bundle): Estimator {
  const estimator = new Estimator();
  const runs = new Map(records.map(({ run_id, cell }) => [run_id, cell.environment]));
  for (const [run, own] of Map.groupBy(spans, (span) => span.run ?? "")) {
    const environment = environmentNames.find((name) => name === runs.get(run));
    if (environment === undefined) continue;
    const build = own.find(({ what }) => what === "build");
    if (build !== undefined) estimator.observeBuild(environment, build.seconds);
    else {
      const beyond = own.filter(({ what }) => what === "up" || what === "collect");
      estimator.observe(
        environment,
        0,
        beyond.reduce((sum, { seconds }) => sum + seconds, 0),
      );
    }
  }
  return estimator;
}
