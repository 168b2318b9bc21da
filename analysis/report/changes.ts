/** What `lab compare` found, as Markdown for a pull request: the outcome in a sentence, then what changed, then the rest folded. */
import { number, percent, scaleFor } from "../figures/format.ts";
import { isRegression, type Change, type Changes, type Margins } from "../regression.ts";
import { markdownTable, safe } from "./markdown.ts";
import { effectText, pText, questionText } from "./words.ts";

export interface ChangesText {
  /** `newer against older, oldest`. */
  readonly title: string;
  readonly changes: Changes;
  readonly margins: Margins;
  /** What is under test and differs; bundles that were left out. */
  readonly notes: readonly string[];
}

const telling: readonly Change["outcome"][] = ["worse", "missing", "better"];

export function changesMarkdown({ title, changes, margins, notes }: ChangesText): string {
  const { rows, lost, added, inference } = changes;
  const of = (outcome: Change["outcome"]): Change[] => rows.filter((row) => row.outcome === outcome);
  const told = telling.flatMap(of);
  const rest = [...of("not enough data"), ...of("equivalent")];
  const own = Object.entries(margins.of).map(([metric, margin]) => `${metric} ${percent(margin, 0)}`);
  const parts = [
    `## ${heading(changes)}: ${safe(title)}`,
    `**${String(of("worse").length)} worse, ${String(of("missing").length + lost.length)} missing**, ${String(of("better").length)} better, ${String(of("equivalent").length)} equivalent, ${String(of("not enough data").length)} not enough data.`,
    ...lost.map(({ cell, reason }) => `**Lost: ${safe(cell)}** has valid runs before and none now: ${safe(reason)}.`),
    ...(told.length === 0 ? [] : [changeTable(told)]),
    ...(rest.length === 0
      ? []
      : [
          `<details><summary>${String(rest.length)} without a change that is sure and matters</summary>`,
          changeTable(rest),
          "</details>",
        ]),
    ...added.map((cell) => `New: ${safe(cell)}, so there is nothing to hold it against.`),
    ...notes.map(safe),
    `Change of the mean with its 95 % interval; as good as none within ${percent(margins.usual, 0)}${own.length === 0 ? "" : ` (${safe(own.join(", "))})`}; p adjusted for all ${number(rows.length, 0)} comparisons (Holm). Missing: values that counted before, and none now.`,
    ...(inference.looks.length === 0
      ? []
      : [
          `A campaign among these could end early: intervals are ${percent(inference.level, 1)} intervals as of a fixed number of runs, so that they hold at 95 % wherever it ended (see docs/statistics.md).`,
        ]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function heading(changes: Changes): string {
  if (isRegression(changes)) return "Regression";
  const judged = changes.rows.some(({ verdict }) => verdict !== "not enough data");
  return judged ? "No regression found" : "No verdict, the runs do not suffice";
}

function changeTable(rows: readonly Change[]): string {
  return markdownTable(
    ["Outcome", "Cell", "What", "Before → now", "Change (95 % interval)", "Runs", "p", "Why"],
    rows.map((row) => [
      row.outcome,
      row.cell,
      questionText(row),
      valuesText(row),
      effectText(row),
      `${String(row.n_b)} → ${String(row.n_a)}`,
      pText(row.p_adjusted),
      whyText(row),
    ]),
  );
}

/** Why there is no verdict; a change and its interval speak for themselves. */
function whyText({ outcome, cell, reason }: Change): string {
  if (outcome !== "missing" && outcome !== "not enough data") return "";
  return reason.replaceAll(`newer ${cell}`, "the newer bundle").replaceAll(`older ${cell}`, "the older side");
}

/** `9.31, 9.40 → 8.02 Gbit/s`: the mean of each older bundle and of the newer. */
function valuesText({ unit, before, after }: Change): string {
  const scale = scaleFor(unit, Math.max(0, ...before, after ?? 0));
  const shown = [...before.slice(-5), after].map((value) => number(value === null ? null : value / scale.factor));
  return `${shown.slice(0, -1).join(", ")} → ${shown.at(-1) ?? "–"} ${scale.unit}`.trim();
}
