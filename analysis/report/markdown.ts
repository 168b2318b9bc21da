/** The findings, the decision, claims and comparisons of the report as Markdown, for a pull request or a paper's notes. */
import type { Bundle } from "../bundle.ts";
import type { SideBySide } from "../combine.ts";
import { judgeClaims } from "../claims.ts";
import { count } from "../figures/format.ts";
import { viewOf } from "../figures/view.ts";
import { choicesOf, optionsOf, type Choice, type Option } from "./decision.ts";
import { verdictText } from "./sections/sideBySide.ts";
import { findings } from "./findings.ts";
import {
  askedComparisons,
  claimSummary,
  effectText,
  namesOf,
  nothingCompared,
  pText,
  questionText,
  runsText,
  settlesText,
  sidesText,
  verdictSummary,
} from "./words.ts";

/** `report.md`: the same words and numbers as the report. The same bundle gives the same text. */
export function renderMarkdown(bundle: Bundle): string {
  const view = viewOf(bundle);
  const { asked: comparisons } = askedComparisons(bundle);
  const claims = judgeClaims(bundle.plan, comparisons);
  const options = optionsOf(view);
  const nameOf = namesOf(view);
  const parts = [
    `# ${safe(bundle.name)}: how well traffic is steered`,
    `${count(bundle.records.length, "run")} in ${count(bundle.cells.length, "cell")}, ${count(bundle.invalid.length, "invalid run")}. Figures, evidence, method and limits are in report.html.`,
    ...(bundle.sideBySide === undefined ? [] : ["## Side by side", sideBySideText(bundle.sideBySide)]),
    "## Findings",
    findings(bundle)
      .map(({ text, detail, level }) =>
        `- ${level === "fact" ? "" : `(${level}) `}**${safe(text)}.** ${safe(detail)}`.trim(),
      )
      .join("\n"),
    ...(options.length === 0 ? [] : ["## For your decision", optionTable(options)]),
    ...choicesOf(view, options).map(choiceText),
    ...(claims.length === 0
      ? []
      : [
          "## Claims",
          claimSummary(claims),
          markdownTable(
            ["Claim", "Source", "Verdict", "Effect (95 % interval)", "Runs", "Why"],
            claims.map(({ text, source, verdict, comparison }) => [
              text,
              source,
              verdict,
              effectText(comparison),
              runsText(comparison),
              comparison.reason,
            ]),
          ),
        ]),
    "## Comparisons",
    ...(comparisons.length === 0
      ? [nothingCompared]
      : [
          verdictSummary(comparisons),
          markdownTable(
            [
              "Question",
              "First against second",
              "Effect (95 % interval)",
              "Runs",
              "p, adjusted",
              "Verdict",
              "What would settle it",
            ],
            comparisons.map((row) => [
              questionText(row),
              sidesText(row, nameOf),
              effectText(row),
              runsText(row),
              pText(row.p_adjusted),
              row.verdict,
              row.verdict === "not enough data" ? `${settlesText(row)}: ${row.reason}` : "settled",
            ]),
          ),
        ]),
    ...(bundle.missing.length === 0
      ? []
      : [
          "## Cells without a valid run",
          markdownTable(
            ["Cell", "Why"],
            bundle.missing.map(({ cell, reason }) => [cell, reason]),
          ),
        ]),
    ...(bundle.invalid.length === 0
      ? []
      : [
          "## Invalid runs",
          markdownTable(
            ["Run", "Cell", "Why"],
            bundle.invalid.map(({ run_id, cell, reasons }) => [run_id, cell, reasons.join("; ")]),
          ),
        ]),
    ...(bundle.notes.length === 0
      ? []
      : ["## Notes of the reading", bundle.notes.map((note) => `- ${safe(note)}`).join("\n")]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function optionTable(options: readonly Option[]): string {
  return markdownTable(
    ["Option", "What it gives", "What it costs", "How sure", "Not known"],
    options.map(({ name, scenario, gives, costs, sure, open }) => [
      `${scenario}: ${name}`,
      ...[gives, costs, sure, open].map((lines) => (lines.length === 0 ? "–" : lines.join("; "))),
    ]),
  );
}

function choiceText({ a, b, forA, forB, equal, open }: Choice): string {
  const line = (heading: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [`- ${safe(heading)}: ${lines.map(safe).join("; ")}`];
  return [
    `**${safe(a)} against ${safe(b)}**\n`,
    ...line(`better ${a}`, forA),
    ...line(`better ${b}`, forB),
    ...line("as good as equal", equal),
    ...line("open", open),
  ].join("\n");
}

/** A table with escaped cells. */
export function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(safe).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Names and reasons come from files: none may start markup or end a cell. */
export function safe(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\|<>*_`[\]]/g, (character) => `\\${character}`);
}

/** What stands side by side, and in what the beds differ. */
function sideBySideText(together: SideBySide): string {
  const { parts, differences } = together;
  return [
    safe(verdictText(together)),
    markdownTable(
      ["Bundle", "Cells", "Valid runs", "Folder"],
      parts.map(({ name, cells, runs, valid, dir }) => [
        name,
        String(cells.length),
        `${String(valid)} of ${String(runs)}`,
        dir,
      ]),
    ),
    ...(differences.length === 0
      ? []
      : [
          markdownTable(
            ["Fact of the bed", ...parts.map(({ name }) => name)],
            differences.map(({ fact, values }) => [fact, ...values.map((value) => String(value ?? "not recorded"))]),
          ),
        ]),
  ].join("\n\n");
}
