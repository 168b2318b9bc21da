/** For whoever has to choose: every option with what it gives, costs, how sure, and what is not known. */
import { choicesOf, optionsOf, type Choice, type Option } from "../decision.ts";
import { html, nothing, table, type Html } from "../html.ts";
import { dataOf } from "../sources.ts";
import type { Material } from "./part.ts";

export function decisionPart({ view }: Material): Html {
  const options = optionsOf(view);
  const choices = choicesOf(view, options);
  const netns = options.some(({ cells }) => cells.some(({ environment }) => environment === "netns"));
  if (options.length === 0) return nothing;
  return html`<section id="decision">
    <h2>For your decision</h2>
    ${(["egress", "ingress"] as const).map((scenario) => {
      const own = options.filter((option) => option.scenario === scenario);
      return own.length === 0 ? nothing : optionTable(scenario, own);
    })}
    ${
      choices.length === 0
        ? html`<p class="note">
            No two options were compared with each other: this campaign shows what each gives, not which is better.
          </p>`
        : html`<h3>Where the options differ</h3>
            <div class="choices">${choices.map(choiceCard)}</div>
            <p class="note">
              Each effect is the first option over the second with its 95 % interval; a question is settled only after
              the adjustment for all comparisons of the campaign.
            </p>`
    }
    ${netns ? html`<p class="note"><em>netns</em> holds the kernel's own path and bare gateways against each other. It says what this machine allows a CNI at best, not which CNI to take.</p>` : nothing}
  </section>`;
}

function optionTable(scenario: Option["scenario"], options: readonly Option[]): Html {
  return html`<div id="decision-${scenario}">
    ${table({
      caption:
        scenario === "egress" ? "Egress gateways: what leaves the cluster." : "Weighted gateways: what comes in.",
      source: dataOf(`decision-${scenario}`),
      stack: true,
      columns: [
        { heading: scenario === "egress" ? "Plugin" : "Gateway" },
        { heading: "What it gives" },
        { heading: "What it costs" },
        { heading: "How sure" },
        { heading: "Not known" },
      ],
      rows: options.map(({ name, gives, costs, sure, open }) => [
        name,
        items(gives, "nothing that counts"),
        items(costs, "nothing that could be measured"),
        items(sure, "–"),
        items(open, "nothing that this campaign asked"),
      ]),
    })}
  </div>`;
}

function items(lines: readonly string[], none: string): Html {
  return lines.length === 0
    ? html`<span class="none">${none}</span>`
    : html`<ul class="cell">
        ${lines.map((line) => html`<li>${line}</li>`)}
      </ul>`;
}

function choiceCard({ a, b, forA, forB, equal, open }: Choice): Html {
  const row = (heading: string, lines: readonly string[], kind: string): Html =>
    lines.length === 0
      ? nothing
      : html`<dt><span class="tag ${kind}">${heading}</span></dt>
          <dd>${items(lines, "")}</dd>`;
  return html`<div class="choice">
    <h4>${a} against ${b}</h4>
    <dl>
      ${row(`better: ${a}`, forA, "fact")}${row(`better: ${b}`, forB, "fact")}${row("as good as equal", equal, "same")}${row("open", open, "caution")}
    </dl>
  </div>`;
}
