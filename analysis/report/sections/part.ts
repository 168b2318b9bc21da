import type { Figure } from "../../figures/index.ts";
import type { View } from "../../figures/view.ts";
import type { Finding } from "../finding.ts";
import { html, nothing, raw, type Html } from "../html.ts";

/** What every part of the report is made from. */
export interface Material {
  readonly view: View;
  readonly figures: readonly Figure[];
  readonly findings: readonly Finding[];
}

/** Figures of one kind with their captions, ready to be put in. */
export function figure({ figures }: Material, name: string): Html {
  const found = figures.find((each) => each.name === name);
  if (found === undefined) return nothing;
  return html`<figure id="figure-${name}">
    <div class="scroll drawing" tabindex="0" role="region" aria-label="${titleOf(found)}">
      ${raw(withoutGroupNames(found.svg))}
    </div>
    <figcaption>${found.caption}</figcaption>
  </figure>`;
}

/** The title that is drawn in the figure, after what it is. */
function titleOf({ name, svg }: Figure): string {
  const [, title = name] = /<title>([^<]*)<\/title>/.exec(svg) ?? [];
  return `Figure: ${title.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))}`;
}

/** Groups of marks carry names for tests and editors; inside an image they say nothing, and ARIA allows none without a role. */
function withoutGroupNames(svg: string): string {
  return svg.replaceAll(/(<g\b[^>]*?) aria-label="[^"]*"/g, "$1");
}
