/** Markup from values: every text that is put in is escaped, unless it is markup made here. */
import { escapeMarkup } from "../figures/draw.ts";

/** A piece of finished markup. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | readonly Part[];

/** Template tag: html`<p>${text}</p>` escapes the text; lists are joined, markup is kept. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((text, index) => text + markup(parts[index] ?? "")).join(""));
}

/** Markup made elsewhere in the analysis, such as a figure. Never for text of a bundle. */
export function raw(text: string): Html {
  return new Html(text);
}

/** Nothing, where there is nothing to say. */
export const nothing = new Html("");

function markup(part: Part): string {
  if (part instanceof Html) return part.text;
  if (typeof part === "string" || typeof part === "number") return escapeMarkup(String(part));
  return part.map(markup).join("");
}

/** A column: its heading, its unit (blank for none), and whether it holds numbers. */
export interface Column {
  readonly heading: string;
  readonly unit?: string;
  readonly numeric?: boolean;
}

export interface Table {
  readonly caption: string;
  /** File and columns that the numbers are from; see `dataOf`. Blank for none. */
  readonly source?: string;
  /** A row of long texts: on a narrow screen its cells stand below each other, each under its heading. */
  readonly stack?: boolean;
  readonly columns: readonly Column[];
  /** The first cell of a row is its heading. */
  readonly rows: readonly (readonly (string | Html)[])[];
}

/** A table in a box of its own, so that a narrow screen scrolls the table and not the page. */
export function table({ caption, columns, rows, source = "", stack = false }: Table): Html {
  const kind = (index: number): string => (columns[index]?.numeric === true ? "number" : "text");
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table${stack ? raw(' class="stack"') : nothing}>
      <caption>
        <span>${caption}</span>
      </caption>
      <thead>
        <tr>
          ${columns.map(
            ({ heading, unit }, index) =>
              html`<th scope="col" class="${kind(index)}">
                ${heading}${unit === undefined || unit === "" ? nothing : html`<br /><span class="unit">${unit}</span>`}
              </th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, index) =>
                index === 0
                  ? html`<th
                      scope="row"
                      class="${kind(index)}${typeof cell === "string" && cell.length <= 26 ? " short" : ""}"
                    >
                      ${cell}
                    </th>`
                  : html`<td
                      class="${kind(index)}"
                      ${stack ? html` data-label="${columns[index]?.heading ?? ""}"` : nothing}
                    >
                      ${cell}
                    </td>`,
              )}
            </tr> `,
        )}
      </tbody>
    </table>
    ${source === "" ? nothing : html`<p class="source">Data: <code>${source}</code></p>`}
  </div>`;
}
