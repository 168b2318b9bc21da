/** What was planned and what came of it: claims, comparisons, missing cells, and where the time went. */
import { judgeClaims } from "../../claims.ts";
import { count, number } from "../../figures/format.ts";
import { html, nothing, table, type Html } from "../html.ts";
import { effectText } from "../markdown.ts";
import type { Material } from "./part.ts";

export function verdictsPart({ view: { bundle } }: Material): Html {
  const { comparisons } = bundle.tables;
  return html`<section id="verdicts">
    <h2>Claims and comparisons</h2>
    ${claimTable(bundle)}
    ${
      comparisons.length === 0
        ? html`<p>No two cells of this bundle could be compared.</p>`
        : html`<p>
              The effect is the ratio of the first cell to the second with its 95 % interval (Welch, on the logarithms);
              p is adjusted for all comparisons (Holm). <em>Equivalent</em>: the interval lies inside the margin that
              was named before.
            </p>
            ${table({
              caption: `${count(comparisons.length, "planned comparison")}, as in comparisons.csv.`,
              columns: [
                { heading: "Metric" },
                { heading: "Cells" },
                { heading: "Effect", numeric: true },
                { heading: "n", numeric: true },
                { heading: "p", numeric: true },
                { heading: "Verdict" },
                { heading: "Runs needed", numeric: true },
              ],
              rows: comparisons.map((row) => [
                [row.metric, row.phase, row.role].filter((part) => part !== "").join(", "),
                `${row.a} against ${row.b}`,
                effectText(row),
                `${String(row.n_a)} and ${String(row.n_b)}`,
                row.p_adjusted === null ? "–" : row.p_adjusted < 0.001 ? "< 0.001" : number(row.p_adjusted, 3),
                html`<span title="${row.reason}">${row.verdict}</span>`,
                row.runs_needed === null ? "–" : number(row.runs_needed, 0),
              ]),
            })}`
    }
    ${missingTable(bundle)} ${timeTable(bundle)}
  </section>`;
}

type Shown = Material["view"]["bundle"];

function claimTable({ plan, tables }: Shown): Html {
  const claims = judgeClaims(plan, tables.comparisons);
  if (claims.length === 0) return html`<p>The campaign names no claim to test.</p>`;
  return table({
    caption: "Claims that the campaign tests.",
    columns: [
      { heading: "Claim" },
      { heading: "Source" },
      { heading: "Verdict" },
      { heading: "Effect (ratio with 95 % interval)", numeric: true },
      { heading: "Why" },
    ],
    rows: claims.map(({ text, source, verdict, comparison }) => [
      text,
      source,
      html`<strong>${verdict}</strong>`,
      effectText(comparison),
      comparison.reason,
    ]),
  });
}

function missingTable({ missing }: Shown): Html {
  if (missing.length === 0) return nothing;
  return html`<h3>Cells without a valid run</h3>
    ${table({
      caption: `${count(missing.length, "cell")} that was planned or ran and has no valid run.`,
      columns: [{ heading: "Cell" }, { heading: "Why" }],
      rows: missing.map(({ cell, reason }) => [cell, reason]),
    })}`;
}

/** Seconds by what they were spent on. Labs may run beside each other, so the sum can exceed the campaign's own length. */
function timeTable({ spans }: Shown): Html {
  if (spans.length === 0) return nothing;
  const total = spans.reduce((sum, { seconds }) => sum + seconds, 0);
  const kinds = [...Map.groupBy(spans, ({ what }) => what)].map(([what, own]) => ({
    what,
    times: own.length,
    seconds: own.reduce((sum, { seconds }) => sum + seconds, 0),
  }));
  return html`<h3>Where the time went</h3>
    ${table({
      caption: "Time of the campaign by what it was spent on, summed over labs (events.jsonl).",
      columns: [
        { heading: "What" },
        { heading: "Times", numeric: true },
        { heading: "Time", unit: "s", numeric: true },
        { heading: "Share", unit: "%", numeric: true },
      ],
      rows: kinds
        .toSorted((a, b) => b.seconds - a.seconds)
        .map(({ what, times, seconds }) => [
          what,
          number(times, 0),
          number(seconds, 1),
          total > 0 ? number((seconds / total) * 100, 1) : "–",
        ]),
    })}`;
}
