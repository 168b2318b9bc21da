/** Where each figure of the thesis is in this report, and which of them this campaign cannot have. */
import { holds, thesisContents } from "../../figures/thesis/contents.ts";
import { html, table, type Html } from "../html.ts";
import type { Material } from "./part.ts";

export function thesisIndexPart({ view: { bundle }, figures }: Pick<Material, "view" | "figures">): Html {
  const names = new Set(figures.map(({ name }) => name));
  const here = bundle.cells;
  return html`<section id="thesis">
    <h2>Figures of the thesis</h2>
    <p>
      The campaign's answer to each figure of the thesis that this project began from, on the cells of this report.
      Where the thesis has one figure for the cloud and one for a local cluster, <code>npx lab analyze</code> with both
      bundles puts them side by side.
    </p>
    ${table({
      caption: "Same content as in the thesis, with intervals over runs.",
      columns: [{ heading: "Thesis" }, { heading: "Content" }, { heading: "Here" }],
      rows: thesisContents.map((entry) => [
        entry.figure,
        entry.content,
        holds(entry, here) && names.has(entry.name)
          ? html`<a href="#figure-${entry.name}">${entry.name}</a>`
          : missingText(entry.scenario, entry.environment, holds(entry, here)),
      ]),
    })}
  </section>`;
}

function missingText(scenario: string, environment: string | undefined, hasCells: boolean): string {
  if (hasCells) return "no run left a value";
  return `no ${scenario} cell${environment === undefined ? "" : ` on ${environment}`} in this campaign`;
}
