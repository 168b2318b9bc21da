/** Title, what was run on what, and the findings. */
import type { Bundle } from "../../bundle.ts";
import { count, list, number } from "../../figures/format.ts";
import type { Figure } from "../../figures/index.ts";
import type { Finding } from "../finding.ts";
import { askedComparisons } from "../words.ts";
import { html, nothing, type Html } from "../html.ts";
import type { Material } from "./part.ts";

/** `from 2026-09-21 14:13 to 15:06 UTC`. */
function during(start_s: number, end_s: number): string {
  const dates = [start_s, end_s].map((seconds) => new Date(seconds * 1000));
  if (dates.some((date) => Number.isNaN(date.getTime()))) return "at an unknown time";
  const [start, end] = dates.map((date) => date.toISOString());
  const [day = "", time = ""] = start?.split("T") ?? [];
  const [endDay = "", endTime = ""] = end?.split("T") ?? [];
  return `from ${day} ${time.slice(0, 5)} to ${endDay === day ? "" : `${endDay} `}${endTime.slice(0, 5)} UTC`;
}

/** One paragraph: how many runs of what, on which machine, when. */
export function whatRan({ view: { bundle, egress, ingress } }: Material): Html {
  const { records, cells } = bundle;
  const first = records[0];
  const last = records.at(-1);
  if (first === undefined || last === undefined) {
    return html`<p class="lead">The campaign <strong>${bundle.name}</strong> left no whole run in its bundle.</p>`;
  }
  const environments = [...new Set(cells.map(({ environment }) => environment))];
  const cnis = [...new Set(cells.map(({ cni }) => cni))];
  const gateways = [...new Set(ingress.map(({ gateway }) => gateway))].filter((gateway) => gateway !== "");
  const weights = [...new Set(ingress.map((cell) => cell.weights))].filter((text) => text !== "");
  const asked = [
    ...(egress.length === 0
      ? []
      : ["how fast traffic leaves the cluster with and without an egress gateway, and under which source address"]),
    ...(ingress.length === 0
      ? []
      : [
          `how ${list(gateways)} split${gateways.length === 1 ? "s" : ""} incoming requests${weights.length === 0 ? "" : ` by ${list(weights)}`}, how many they answer and how fast`,
        ]),
  ];
  return html`<p class="lead">
    The campaign ran in the environment ${list(environments)} with the network plugin${cnis.length === 1 ? "" : "s"}
    ${list(cnis)}${machine(bundle)}, ${during(first.load.started_s, last.load.finished_s)}. It asks
    ${asked.join(". It also asks ")}.${environments.includes("netns") ? html` In <em>netns</em> nodes and pods are network namespaces on one Linux machine, and the plugin <em>kernel</em> is plain Linux routing, VXLAN and NAT: no Kubernetes, the yardstick that a network plugin is held against.` : nothing}
  </p>`;
}

function machine({ environment }: Bundle): string {
  const bed = environment?.bed ?? {};
  const text = (key: string): string => (bed[key] === undefined || bed[key] === null ? "" : String(bed[key]));
  const memory = bed["memory_bytes"];
  const parts = [
    text("machine"),
    text("cores") === "" ? "" : `${text("cores")} cores`,
    typeof memory === "number" ? `${number(memory / 1024 ** 3)} GiB of memory` : "",
    text("kernel") === "" ? "" : `Linux ${text("kernel")}`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? "" : `, on ${parts.join(", ")}`;
}

/** The campaign in numbers, for a first look. */
export function factsPart({ view: { bundle } }: Material): Html {
  const { records, invalid, cells } = bundle;
  const { asked } = askedComparisons(bundle);
  if (records.length === 0) return nothing;
  const [started, finished] = [records[0]?.load.started_s ?? 0, records.at(-1)?.load.finished_s ?? 0];
  const of = (verdict: string): string => number(asked.filter((row) => row.verdict === verdict).length, 0);
  const facts: readonly (readonly [heading: string, value: string, note: string])[] = [
    ["Valid runs", number(records.length - invalid.length, 0), `of ${count(records.length, "run")}`],
    ["Cells", number(cells.length, 0), "environment, plugin, path or gateway, load"],
    ...(asked.length === 0
      ? []
      : [
          [
            "Comparisons settled",
            number(asked.length - Number(of("not enough data")), 0),
            `of ${number(asked.length, 0)}: ${of("different")} different, ${of("equivalent")} equivalent`,
          ] as const,
        ]),
    ["Length", lengthText(finished - started), "first load to last"],
  ];
  return html`<dl class="facts">
    ${facts.map(
      ([heading, value, note]) =>
        html`<div>
          <dt>${heading}</dt>
          <dd><strong>${value}</strong> <span>${note}</span></dd>
        </div>`,
    )}
  </dl>`;
}

/** `4 min`, `2 h 10 min`, `50 s`. */
function lengthText(seconds: number): string {
  if (!(seconds >= 0)) return "–";
  if (seconds < 90) return `${number(seconds, 0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90
    ? `${number(minutes, 0)} min`
    : `${number(Math.floor(minutes / 60), 0)} h ${number(minutes % 60, 0)} min`;
}

const headlines = 6;
const levelNames = { fact: "clear", caution: "with care", problem: "problem" } as const;

/** The headlines, then the rest in smaller type. */
export function findingsPart({ findings, figures }: Material): Html {
  const item = (finding: Finding): Html => findingItem(finding, target(finding, figures));
  const rest = findings.slice(headlines);
  return html`<section id="findings" aria-labelledby="findings-title">
    <h2 id="findings-title">Findings</h2>
    <ol class="findings">
      ${findings.slice(0, headlines).map(item)}
    </ol>
    ${
      rest.length === 0
        ? nothing
        : html`<h3>Further findings</h3>
            <ul class="further">
              ${rest.map(item)}
            </ul>`
    }
    <p class="note">
      Numbers in brackets are 95 % intervals; n is the number of runs, or of windows where it says so.
      <span class="tag fact">clear</span> the interval leaves out “no difference”, or the thing was counted;
      <span class="tag caution">with care</span> nothing can be concluded, or only with the reservation that is named;
      <span class="tag problem">problem</span> something did not work. Intervals are not adjusted for the number of
      comparisons.
    </p>
  </section>`;
}

/** Where the evidence is: the part of the report when the figure could not be drawn. */
function target({ evidence, section }: Finding, figures: readonly Figure[]): string {
  if (!evidence.startsWith("figure-") || figures.some(({ name }) => evidence === `figure-${name}`)) return evidence;
  return section === "quality" ? "validity" : section;
}

function findingItem({ text, detail, level }: Finding, evidence: string): Html {
  return html`<li class="${level}">
    <p>
      <span class="tag ${level}">${levelNames[level]}</span> <strong>${text}.</strong> ${detail}
      <a href="#${evidence}" aria-label="evidence for: ${text}">evidence</a>
    </p>
  </li>`;
}
