/** The findings, claims and comparisons of the report as Markdown, for a pull request or a paper's notes. */
import type { Bundle } from "../bundle.ts";
import { judgeClaims } from "../claims.ts";
import { number } from "../figures/format.ts";
import type { ComparisonRow } from "../tables.ts";
import { findings } from "./findings.ts";

/** `report.md`: the same words and numbers as the report. The same bundle gives the same text. */
export function renderMarkdown(bundle: Bundle): string {
  const { comparisons } = bundle.tables;
  const claims = judgeClaims(bundle.plan, comparisons);
  const parts = [
    `# ${safe(bundle.name)}: how well traffic is steered`,
    "## Findings",
    findings(bundle)
      .map(({ text, detail, level }) =>
        `- ${level === "fact" ? "" : `(${level}) `}**${safe(text)}.** ${safe(detail)}`.trim(),
      )
      .join("\n"),
    ...(claims.length === 0
      ? []
      : [
          "## Claims",
          markdownTable(
            ["Claim", "Source", "Verdict", "Effect (95 % interval)", "Why"],
            claims.map(({ text, source, verdict, comparison }) => [
              text,
              source,
              verdict,
              effectText(comparison),
              comparison.reason,
            ]),
          ),
        ]),
    "## Comparisons",
    comparisons.length === 0
      ? "No two cells of this bundle could be compared."
      : markdownTable(
          ["Metric", "Cells", "Effect (95 % interval)", "n", "Verdict", "Why"],
          comparisons.map((row) => [
            [row.metric, row.phase, row.role].filter((part) => part !== "").join(", "),
            `${row.a} against ${row.b}`,
            effectText(row),
            `${String(row.n_a)} and ${String(row.n_b)}`,
            row.verdict,
            row.reason,
          ]),
        ),
    ...(bundle.missing.length === 0
      ? []
      : [
          "## Cells without a valid run",
          markdownTable(
            ["Cell", "Why"],
            bundle.missing.map(({ cell, reason }) => [cell, reason]),
          ),
        ]),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** The ratio with its interval, or a dash where nothing could be tested. */
export function effectText({ effect, ci_low, ci_high }: ComparisonRow): string {
  if (effect === null || ci_low === null || ci_high === null) return "–";
  return `${number(effect)} (${number(ci_low)} to ${number(ci_high)})`;
}

function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(safe).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Names and reasons come from files: none may start markup or end a cell. */
function safe(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\|<>*_`[\]]/g, (character) => `\\${character}`);
}
