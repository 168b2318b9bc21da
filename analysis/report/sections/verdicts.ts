/** What was planned to be told apart, and what came of it: claims, then comparisons. */
import { judgeClaims, type JudgedClaim } from "../../claims.ts";
import { count, list, percent } from "../../figures/format.ts";
import type { ComparisonRow } from "../../tables.ts";
import { html, nothing, table, type Html } from "../html.ts";
import { dataOf } from "../sources.ts";
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
} from "../words.ts";
import type { Material } from "./part.ts";

export function verdictsPart({ view }: Material): Html {
  const { asked, unasked } = askedComparisons(view.bundle);
  const nameOf = namesOf(view);
  const margins = [...new Set(asked.map(({ margin }) => margin))];
  return html`<section id="verdicts">
    <h2>Claims and comparisons</h2>
    ${claimTable(judgeClaims(view.bundle.plan, asked))}
    <div id="comparisons">
      <h3>Planned comparisons</h3>
      ${
        asked.length === 0
          ? html`<p>${nothingCompared}</p>`
          : html`<p>
                Named before the first run, so that nothing is picked by its result. The effect is the first cell over
                the second with its 95 % interval (Welch, on the logarithms). p is adjusted for all
                ${count(asked.length, "comparison")} (Holm). <em>Equivalent</em>: as good as equal, within
                ${margins.map((margin) => percent(margin, 0)).join(" or ")} (two one-sided tests).
              </p>
              ${table({
                caption: verdictSummary(asked),
                source: dataOf("comparisons"),
                columns: [
                  { heading: "Question" },
                  { heading: "First against second" },
                  { heading: "Effect", unit: "95 % interval", numeric: true },
                  { heading: "Runs", numeric: true },
                  { heading: "p", unit: "adjusted", numeric: true },
                  { heading: "Verdict" },
                  { heading: "What would settle it" },
                ],
                rows: asked.map((row) => [
                  questionText(row),
                  sidesText(row, nameOf),
                  effectText(row),
                  runsText(row),
                  pText(row.p_adjusted),
                  verdictTag(row.verdict),
                  settling(row),
                ]),
              })}`
      }
      ${unaskedNote(unasked)}
    </div>
  </section>`;
}

function unaskedNote(unasked: readonly ComparisonRow[]): Html {
  if (unasked.length === 0) return nothing;
  const questions = [...new Set(unasked.map(questionText))];
  return html`<p class="note">Not compared, since no run of this campaign has the phase: ${list(questions)}.</p>`;
}

/** For an open one what it takes, and why it is open in small type. */
function settling(row: ComparisonRow): Html {
  const settles = settlesText(row);
  return settles === ""
    ? html`<span class="none">settled</span>`
    : html`${settles}<span class="why">${row.reason}</span>`;
}

const kinds = {
  different: "fact",
  equivalent: "same",
  "not enough data": "caution",
  confirmed: "fact",
  refuted: "problem",
} as const;

function verdictTag(verdict: keyof typeof kinds): Html {
  return html`<span class="tag ${kinds[verdict]}">${verdict}</span>`;
}

function claimTable(claims: readonly JudgedClaim[]): Html {
  if (claims.length === 0) return html`<p class="note">The campaign names no claim to test.</p>`;
  return html`<div id="claims">
    <h3>Claims</h3>
    <p>
      What others have said, held against these runs. A claim is <em>refuted</em> by a difference the other way and by
      equivalence; where the runs do not suffice it is left open.
    </p>
    ${table({
      caption: claimSummary(claims),
      source: dataOf("claims"),
      columns: [
        { heading: "Claim" },
        { heading: "Source" },
        { heading: "Verdict" },
        { heading: "Effect", unit: "95 % interval", numeric: true },
        { heading: "Runs", numeric: true },
        { heading: "Why" },
      ],
      rows: claims.map(({ text, source, verdict, comparison }) => [
        text,
        source,
        verdictTag(verdict),
        effectText(comparison),
        runsText(comparison),
        comparison.reason,
      ]),
    })}
  </div>`;
}
