/** One HTML file that can be read without help and without a network. */
import type { Bundle } from "../bundle.ts";
import type { Figure } from "../figures/index.ts";
import { viewOf } from "../figures/view.ts";
import { findings } from "./findings.ts";
import { html, raw } from "./html.ts";
import { environmentPart, methodPart, reproducePart } from "./sections/background.ts";
import { egressPart } from "./sections/egress.ts";
import { ingressPart } from "./sections/ingress.ts";
import type { Material } from "./sections/part.ts";
import { qualityPart } from "./sections/quality.ts";
import { resourcesPart } from "./sections/resources.ts";
import { findingsPart, whatRan } from "./sections/summary.ts";
import { verdictsPart } from "./sections/verdicts.ts";
import { style } from "./style.ts";

const contents: readonly (readonly [id: string, title: string])[] = [
  ["findings", "Findings"],
  ["verdicts", "Claims and comparisons"],
  ["egress", "Egress"],
  ["ingress", "Ingress"],
  ["resources", "CPU and memory"],
  ["validity", "What counts"],
  ["environment", "Environment"],
  ["method", "Method and limits"],
  ["reproduce", "Reproduce"],
];

/**
 * The report of a bundle with its figures (see `renderFigures`). Self-contained: style and figures are inside, there is no
 * script, nothing is loaded. The same bundle gives the same text.
 */
export function renderReport(bundle: Bundle, figures: readonly Figure[]): string {
  const material: Material = { view: viewOf(bundle), figures, findings: findings(bundle) };
  const version = bundle.records[0]?.versions["lab"] ?? "";
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${bundle.name}: how well traffic is steered</title>
        <style>
          ${raw(style)}
        </style>
      </head>
      <body>
        <a class="skip" href="#findings">Skip to the findings</a>
        <div class="page">
          <header>
            <h1>${bundle.name}: how well traffic is steered</h1>
            <p class="kicker">Report of a cni-traffic-lab campaign</p>
            <nav aria-label="Contents">
              <ul>
                ${contents.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}
              </ul>
            </nav>
          </header>
          <main>
            ${whatRan(material)} ${findingsPart(material)} ${verdictsPart(material)} ${egressPart(material)}
            ${ingressPart(material)} ${resourcesPart(material)} ${qualityPart(material)} ${environmentPart(material)}
            ${methodPart(material)} ${reproducePart(material)}
          </main>
          <footer>
            <p>
              Made by cni-traffic-lab${version === "" ? "" : ` ${version}`} from the files of the bundle alone. Hover a
              mark in a figure for its run and value.
            </p>
          </footer>
        </div>
      </body>
    </html> `.text;
}
