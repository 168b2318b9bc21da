/** One HTML file that can be read without help and without a network. */
import type { Bundle } from "../bundle.ts";
import type { Figure } from "../figures/index.ts";
import { viewOf } from "../figures/view.ts";
import { findings } from "./findings.ts";
import { html, nothing, raw } from "./html.ts";
import { policy, script } from "./script.ts";
import { environmentPart, methodPart, reproducePart } from "./sections/background.ts";
import { decisionPart } from "./sections/decision.ts";
import { egressPart } from "./sections/egress.ts";
import { ingressPart } from "./sections/ingress.ts";
import type { Material } from "./sections/part.ts";
import { qualityPart } from "./sections/quality.ts";
import { resourcesPart } from "./sections/resources.ts";
import { sideBySidePart } from "./sections/sideBySide.ts";
import { factsPart, findingsPart, whatRan } from "./sections/summary.ts";
import { thesisIndexPart } from "./sections/thesisIndex.ts";
import { verdictsPart } from "./sections/verdicts.ts";
import { style } from "./style.ts";

const contents: readonly (readonly [id: string, title: string])[] = [
  ["side-by-side", "Side by side"],
  ["findings", "Findings"],
  ["decision", "For your decision"],
  ["verdicts", "Claims and comparisons"],
  ["egress", "Egress"],
  ["ingress", "Ingress"],
  ["resources", "CPU and memory"],
  ["validity", "What counts"],
  ["method", "Method and limits"],
  ["thesis", "Figures of the thesis"],
  ["environment", "Environment"],
  ["reproduce", "Reproduce"],
];

/**
 * The report of a bundle with its figures (see `renderFigures`). Self-contained: style, figures and one script are inside,
 * nothing is loaded, and it reads the same without the script. The same bundle gives the same text.
 */
export function renderReport(bundle: Bundle, figures: readonly Figure[]): string {
  const material: Material = { view: viewOf(bundle), figures, findings: findings(bundle) };
  const version = bundle.records[0]?.versions["lab"] ?? "";
  const decision = decisionPart(material);
  const sideBySide = sideBySidePart(material);
  const left = new Set([
    ...(decision === nothing ? ["decision"] : []),
    ...(sideBySide === nothing ? ["side-by-side"] : []),
  ]);
  const parts = contents.filter(([id]) => !left.has(id));
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
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
            <p class="kicker">Report of a cni-traffic-lab campaign</p>
            <h1>${bundle.name}: how well traffic is steered</h1>
            ${factsPart(material)} ${whatRan(material)}
          </header>
          <nav aria-label="Contents">
            <ul>
              ${parts.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}
            </ul>
          </nav>
          <main>
            ${sideBySide} ${findingsPart(material)} ${decision} ${verdictsPart(material)} ${egressPart(material)}
            ${ingressPart(material)} ${resourcesPart(material)} ${qualityPart(material)} ${methodPart(material)}
            ${thesisIndexPart(material)} ${environmentPart(material)} ${reproducePart(material)}
          </main>
          <footer>
            <p>Made by cni-traffic-lab${version === "" ? "" : ` ${version}`} from the files of the bundle alone.</p>
            <p class="live-only">
              A heading sorts its table. A figure enlarges; it tells its values under the pointer, or with the arrow
              keys once it has the focus.
            </p>
          </footer>
        </div>
        ${raw(`<script>${script}</script>`)}
      </body>
    </html> `.text;
}
