/** How far the values may be trusted to be what the intervals take them for: their shape over runs, their order inside runs. */
import { count, number, scaleFor, withInterval, type Scale } from "../../figures/format.ts";
import type { View } from "../../figures/view.ts";
import { bcaInterval } from "../../statistics/bootstrap.ts";
import { isSamples } from "../../statistics/mean.ts";
import { median } from "../../statistics/median.ts";
import type { InsideRow, SummaryRow } from "../../tables.ts";
import { html, table, type Html } from "../html.ts";
import { dataOf } from "../sources.ts";
import { namesOf, questionText } from "../words.ts";
import type { Material } from "./part.ts";

/** With more runs than this the law of a mean is normal whatever the shape is, and resampling takes long. */
const mostResampled = 200;

/** Means of skewed runs with the interval of the bootstrap (BCa) beside Student's, and the median. */
export function shapeTable({ view }: Material): Html {
  const { summary, samples } = view.bundle.tables;
  const rows = summary.filter(({ shape }) => shape !== "");
  const nameOf = namesOf(view);
  const most = Math.max(0, ...summary.map(({ n }) => n));
  const keyOf = (row: Pick<SummaryRow, "cell" | "phase" | "role" | "metric">): string =>
    JSON.stringify([row.cell, row.phase, row.role, row.metric]);
  const wanted = new Set(rows.map(keyOf));
  const values = Map.groupBy(
    samples.filter((row) => row.valid && wanted.has(keyOf(row))),
    keyOf,
  );
  return html`<div id="shapes">
    <h3>Shape of the runs</h3>
    ${
      rows.length === 0
        ? html`<p>
            ${most < 8 ? "Too few runs to see a shape: it takes eight of a cell." : "No set of runs looks skewed (D'Agostino's test of the skewness at 5 %)."}
          </p>`
        : html`<p>
              These runs look skewed (D'Agostino's test at 5 %), so Student's interval of their mean covers less than it
              says: read the median. The bootstrap (bias-corrected and accelerated) shows to which side the interval
              leans; with so few runs it covers no better. One test in twenty says so by chance.
            </p>
            ${table({
              caption: `${count(rows.length, "set")} of runs that look skewed.`,
              source: dataOf("shapes"),
              columns: [
                { heading: "Question" },
                { heading: "Cell" },
                { heading: "Shape" },
                { heading: "n", numeric: true },
                { heading: "Mean", unit: "Student's t", numeric: true },
                { heading: "Mean", unit: "BCa bootstrap", numeric: true },
                { heading: "Median", unit: "order statistics", numeric: true },
                { heading: "Unit" },
              ],
              rows: rows.map((row) => {
                const scale = scaleFor(row.unit, Math.abs(row.mean));
                return [
                  questionText(row),
                  nameOf(row.cell),
                  row.shape,
                  number(row.n, 0),
                  withInterval({ mean: row.mean, low: row.ci_low, high: row.ci_high }, scale),
                  bootstrapText(
                    (values.get(keyOf(row)) ?? []).map(({ value }) => value),
                    row.mean,
                    scale,
                  ),
                  withInterval({ mean: row.median, low: row.median_low, high: row.median_high }, scale),
                  scale.unit,
                ];
              }),
            })}`
    }
  </div>`;
}

function bootstrapText(values: readonly number[], mean: number, scale: Scale): string {
  if (!isSamples(values) || values.length > mostResampled) return "–";
  const interval = bcaInterval(values);
  return interval === null ? "–" : withInterval({ mean, ...interval }, scale);
}

/** Seconds inside a run: how much they depend on each other, and whether the warm-up was long enough. */
export function insideTable({ view }: Material): Html {
  const rows = insideByCell(view);
  return html`<div id="inside">
    <h3>Inside the runs</h3>
    ${
      rows.length === 0
        ? html`<p>
            No run is long enough to look inside: batch means take twenty observations of the measured part. Whether the
            warm-up was long enough is not known.
          </p>`
        : html`<p>
              Seconds of a run depend on each other, so they are no sample of their own: the interval inside a run comes
              from the means of at most ten batches. MSER-5 looks for a start that is unlike the rest: where it would
              leave out more than the rule did in most runs of a cell, the warm-up is too short; in some runs it does so
              by chance.
            </p>
            ${table({
              caption: "Valid runs by cell; medians over runs.",
              source: dataOf("inside"),
              columns: [
                { heading: "Question" },
                { heading: "Cell" },
                { heading: "Runs", numeric: true },
                { heading: "Observations of a run", numeric: true },
                { heading: "Autocorrelation", unit: "lag 1", numeric: true },
                { heading: "Half-width inside a run", unit: "% of its value", numeric: true },
                { heading: "Runs that MSER-5 would cut further", numeric: true },
              ],
              rows: rows.map(({ name, question, all }) => [
                question,
                name,
                number(all.length, 0),
                number(middle(all.map(({ observations }) => observations)), 0),
                number(middle(all.flatMap(({ autocorrelation }) => autocorrelation ?? [])), 2),
                number(
                  middle(
                    all.flatMap(({ value, ci_low, ci_high }) =>
                      value > 0 ? [((ci_high - ci_low) / 2 / value) * 100] : [],
                    ),
                  ),
                  1,
                ),
                `${number(all.filter(unsettled).length, 0)} of ${number(all.length, 0)}`,
              ]),
            })}`
    }
  </div>`;
}

/** MSER-5 would leave out more, or found no end to the start. */
const unsettled = ({ mser }: InsideRow): boolean => mser !== 0;

function middle(values: readonly number[]): number | null {
  return isSamples(values) ? median(values) : null;
}

function insideByCell(view: View): { name: string; question: string; all: readonly InsideRow[] }[] {
  const { records, tables } = view.bundle;
  const valid = new Map(
    records.filter(({ measured }) => measured.validity.valid).map(({ run_id, cell }) => [run_id, cell.id]),
  );
  const nameOf = namesOf(view);
  const told = ["goodput", "rtt", "requests"];
  const groups = Map.groupBy(
    tables.inside.filter(({ run_id, metric, phase }) => valid.has(run_id) && told.includes(metric) && phase !== "idle"),
    ({ run_id, phase, metric }) => JSON.stringify([metric, phase, valid.get(run_id)]),
  );
  return [...groups.values()].flatMap((all) => {
    const [first] = all;
    return first === undefined
      ? []
      : [{ name: nameOf(valid.get(first.run_id) ?? ""), question: questionText(first), all }];
  });
}
