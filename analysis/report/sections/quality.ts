import { count, list, number } from "../../figures/format.ts";
import type { Bundle, VoidMetric } from "../../bundle.ts";
import { html, nothing, table, type Html } from "../html.ts";
import { dataOf } from "../sources.ts";
import { figure, type Material } from "./part.ts";
import { insideTable, shapeTable } from "./shape.ts";

/** What was invalid and why, what was void and why, labels, and the order of the runs. */
export function qualityPart(material: Material): Html {
  const { bundle } = material.view;
  const { records, invalid, voids, labels, notes } = bundle;
  return html`<section id="validity">
    <h2>What counts and what does not</h2>
    <p>
      Validity is decided by rules that were written before the runs, never by looking at the result; nothing is
      deleted. An <em>invalid</em> run stays in the bundle and is left out of every mean. A <em>void</em> metric failed
      its own premise in a run that is otherwise valid. A <em>label</em> says how to read a value and takes nothing
      away.
    </p>
    <h3>Invalid runs</h3>
    ${
      invalid.length === 0
        ? html`<p>
            ${records.length === 0 ? "There is no run." : `None: all ${count(records.length, "run")} passed every rule.`}
          </p>`
        : table({
            caption: `${count(invalid.length, "invalid run")} of ${String(records.length)}.`,
            columns: [{ heading: "Run" }, { heading: "Cell" }, { heading: "Why" }],
            rows: invalid.map(({ run_id, cell, reasons }) => [
              run_id,
              cell,
              reasons.length === 0 ? "no reason was recorded" : reasons.join("; "),
            ]),
          })
    }
    ${missingTable(bundle)}
    <h3>Void metrics</h3>
    ${voids.length === 0 ? html`<p>None.</p>` : voidTable(voids)}
    <h3>Labels</h3>
    ${
      labels.length === 0
        ? html`<p>None.</p>`
        : table({
            caption: "Runs that carry a label.",
            columns: [
              { heading: "Label" },
              { heading: "Cell" },
              { heading: "Phase" },
              { heading: "Runs", numeric: true },
            ],
            rows: [
              ...Map.groupBy(labels, ({ label, cell, phase }) => JSON.stringify([label, cell, phase])).values(),
            ].flatMap((group) => {
              const [first] = group;
              return first === undefined ? [] : [[first.label, first.cell, first.phase, String(group.length)]];
            }),
          })
    }
    ${
      notes.length === 0
        ? nothing
        : html`<h3>Notes of the reading</h3>
            <ul>
              ${notes.map((note) => html`<li>${note}</li>`)}
            </ul>`
    }
    ${figure(material, "drift")} ${figure(material, "order")} ${shapeTable(material)} ${insideTable(material)}
    ${timeTable(bundle)} ${figure(material, "time")}
  </section>`;
}

function missingTable({ missing }: Bundle): Html {
  if (missing.length === 0) return nothing;
  return html`<div id="missing">
    <h3>Cells without a valid run</h3>
    ${table({
      caption: `${count(missing.length, "cell")} that was planned or ran and has no valid run.`,
      source: dataOf("missing"),
      columns: [{ heading: "Cell" }, { heading: "Why" }],
      rows: missing.map(({ cell, reason }) => [cell, reason]),
    })}
  </div>`;
}

/** Seconds by what they were spent on. Labs may run beside each other, so the sum can exceed the campaign's own length. */
function timeTable({ spans }: Bundle): Html {
  if (spans.length === 0) return nothing;
  const total = spans.reduce((sum, { seconds }) => sum + seconds, 0);
  const kinds = [...Map.groupBy(spans, ({ what }) => what)].map(([what, own]) => ({
    what,
    times: own.length,
    seconds: own.reduce((sum, { seconds }) => sum + seconds, 0),
  }));
  return html`<div id="time">
    <h3>Where the time went</h3>
    ${table({
      caption: "Time of the campaign by what it was spent on, summed over labs.",
      source: dataOf("time"),
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
    })}
  </div>`;
}

/** One line for each cell, phase and kind of reason: reasons differ in their numbers from run to run. */
function voidTable(voids: readonly VoidMetric[]): Html {
  const groups = Map.groupBy(voids, ({ cell, phase, reason }) =>
    JSON.stringify([cell, phase, reason.replace(/\d[\d.,]*/g, "#")]),
  );
  return table({
    caption: "Metrics that were void in valid runs.",
    columns: [
      { heading: "Cell" },
      { heading: "Phase" },
      { heading: "Metrics" },
      { heading: "Runs", numeric: true },
      { heading: "Why (first such run)" },
    ],
    rows: [...groups.values()].flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      return [
        [
          first.cell,
          first.phase,
          list([...new Set(group.map(({ metric }) => metric))]),
          String(new Set(group.map(({ run_id }) => run_id)).size),
          `${first.reason} (${first.run_id})`,
        ],
      ];
    }),
  });
}
