/** Environment, versions, settings, phases; method and limits; how to reproduce; what the files hold. */
import type { Bundle } from "../../bundle.ts";
import { count, list, number, scaleFor } from "../../figures/format.ts";
import { metrics } from "../../metrics.ts";
import type { RunRecord } from "../../record.ts";
import { html, nothing, table, type Html } from "../html.ts";
import { sources } from "../sources.ts";
import { isOneMachine } from "../words.ts";
import type { Material } from "./part.ts";

export function environmentPart({ view: { bundle } }: Material): Html {
  const { environment, records } = bundle;
  return html`<section id="environment">
    <h2>Environment</h2>
    ${
      environment === null
        ? html`<p class="warning">
            The bundle has no environment.json: on which machine this ran is not known, so it must not be compared with
            another bundle.
          </p>`
        : html`<p>
              Two bundles may be compared when the <em>bed</em> is the same; what is <em>under test</em> may differ.
            </p>
            <div class="pair">
              ${factTable("Bed: must match to compare", environment.bed)}${factTable("Under test: may differ", environment.under_test)}
            </div>`
    }
    ${records.length === 0 ? nothing : html`${settingsTables(records)}${phaseTable(records)}`}
  </section>`;
}

function factTable(caption: string, facts: Readonly<Record<string, string | number | boolean | null>>): Html {
  const rows = Object.entries(facts).map(([key, value]) => [
    key.replaceAll("_", " ").replace(/ bytes$/, ""),
    factText(key, value),
  ]);
  return rows.length === 0
    ? html`<p>${caption}: nothing was recorded.</p>`
    : table({ caption, columns: [{ heading: "What" }, { heading: "Value" }], rows });
}

function factText(key: string, value: string | number | boolean | null): string {
  if (value === null || value === "") return "–";
  if (typeof value !== "number") return String(value);
  const scale = key.endsWith("_bytes") ? scaleFor("bytes", value) : { factor: 1, unit: "" };
  return scale.unit === "" ? String(value) : `${number(value / scale.factor)} ${scale.unit}`;
}

/** Versions and settings of all runs; where runs differ, every value. */
function settingsTables(records: readonly RunRecord[]): Html {
  return html`<div class="pair">
    ${factTable("Versions", unite(records.map(({ versions }) => versions)))}${factTable("Settings", unite(records.map(({ settings }) => settings)))}
  </div>`;
}

function unite(all: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const keys = [...new Set(all.flatMap((each) => Object.keys(each)))];
  return Object.fromEntries(
    keys.map((key) => {
      const values = [
        ...new Set(all.flatMap((each) => (each[key] === undefined || each[key] === "" ? [] : [each[key]]))),
      ];
      return [
        key,
        values.length <= 8
          ? values.join(", ")
          : `${values.slice(0, 7).join(", ")} and ${String(values.length - 7)} more`,
      ];
    }),
  );
}

function phaseTable(records: readonly RunRecord[]): Html {
  const firsts = [...Map.groupBy(records, ({ cell }) => cell.scenario).values()].flatMap((runs) => runs.slice(0, 1));
  return table({
    caption: "Phases of a run, as in the first run of each scenario. The warm-up is left out by rule.",
    columns: [
      { heading: "Scenario" },
      { heading: "Phase" },
      { heading: "Length", unit: "s", numeric: true },
      { heading: "Warm-up", unit: "s", numeric: true },
      { heading: "Measured window", unit: "s", numeric: true },
    ],
    rows: firsts.flatMap(({ cell, load, measured }) =>
      load.phases.map(({ phase, start_s, end_s, warmup_s }) => {
        const window = measured.windows.find((each) => each.phase === phase);
        return [
          cell.scenario,
          phase,
          number(end_s - start_s, 1),
          number(warmup_s, 1),
          window === undefined ? "–" : number(window.end_s - window.start_s, 1),
        ];
      }),
    ),
  });
}

export function methodPart({ view: { bundle } }: Material): Html {
  const netns = bundle.cells.some(({ environment }) => environment === "netns");
  const oneMachine = bundle.cells.some(isOneMachine);
  const limits = [...new Set(bundle.records.flatMap((record) => record.limits))];
  const blocks = new Set(bundle.records.flatMap(({ block }) => (block === null ? [] : [block]))).size;
  return html`<section id="method">
    <h2>Method and limits</h2>
    <ul>
      <li>
        <strong>The run is the unit.</strong> Seconds inside a run are not independent, so each run gives one value of
        each metric; intervals are Student t intervals over runs. With few runs that scatter widely such an interval may
        reach below zero: it then says no more than
        that.${blocks > 0 ? ` The runs were made in ${count(blocks, "block")}, each with every cell once.` : ""}
      </li>
      ${earlyEnd(bundle)} ${ownLimits(bundle)}
      <li>
        <strong>Ratios</strong> carry a Welch interval on the logarithms. “Cannot tell apart” means that the interval
        holds 1: it is no proof of equality. Intervals are not adjusted for the number of comparisons, so with twenty of
        them about one misses by chance.
      </li>
      <li>
        <strong>Split:</strong> Wilson intervals and exact binomial bands, at the number of requests that were really
        made.
      </li>
      <li>
        <strong>Latency:</strong> percentiles come from each run's histogram (buckets at most 1/32 wide); percentiles
        are never averaged within a run.
      </li>
      <li>
        <strong>Round-trip time</strong> is what the sender's TCP measures, mean of the intervals after the warm-up.
      </li>
      <li>
        <strong>CPU</strong> is every mode but idle and iowait; steal is kept apart. The idle window of the same run is
        subtracted where it says “over idle”.
      </li>
    </ul>
    <h3>What this set-up cannot show</h3>
    <ul>
      ${limits.map((limit) => html`<li>${limit}</li>`)}
      ${oneMachine ? html`<li>Generator, gateway and servers share this machine's cores: what one uses the others lack. Where the generator or the machine was the limit, capacity and latency are void and say so; only a fixed rate below the limit ranks gateways.</li>` : nothing}
      <li>
        Work in network interrupts (softirq) is charged to no cgroup, so the roles' CPU is too low by their part of it;
        the whole host has all of it.
      </li>
      ${netns ? html`<li>A network namespace is not a CNI, and the bare gateways are not Kubernetes controllers: these numbers are what this machine's kernel does with nothing in the way. They are the yardstick for a CNI on the same machine, not a result about one.</li>` : nothing}
      ${oneMachine ? html`<li>No cable, no switch, no second machine: loss, jitter and the network card's own limits are not in these numbers.</li>` : nothing}
      <li>
        Few and short runs give wide intervals. What happens over hours (leaks, rotation, thermal limits) is not in a
        short campaign.
      </li>
    </ul>
  </section>`;
}

/** What makes the report again; of several bundles in the folders in which they were. */
function analyzeCommand({ name, sideBySide }: Bundle): string {
  return `npx lab analyze ${sideBySide === undefined ? `results/${name}` : sideBySide.parts.map(({ dir }) => dir).join(" ")}`;
}

function commandsOf(bundle: Bundle): string {
  const campaigns = bundle.sideBySide?.parts.map(({ name }) => name) ?? [bundle.name];
  return [...campaigns.map((name) => `npx lab run campaigns/${name}.yaml`), analyzeCommand(bundle)].join("\n");
}

/** What a campaign that could end early has done to its intervals. */
function earlyEnd({ plan, inference: { looks, level } }: Bundle): Html {
  if (plan === null || plan.stopping.rule === "fixed" || looks.length === 0) return nothing;
  const { alpha, halfWidth, maxBlocks } = plan.stopping;
  const blocks = looks.at(-1) ?? 0;
  return html`<li>
    <strong>The campaign could end early</strong>, as soon as all it asks is known to within
    ${number(100 * halfWidth, 1)} %. It stands at ${count(blocks, "block")} of at most ${String(maxBlocks)} and was
    looked at ${count(looks.length, "time")} (after ${list(looks.map(String))} blocks). Intervals of means and ratios
    are therefore t intervals at ${number(100 * level, 2)} %, so that all looks together hold with
    ${number(100 * (1 - alpha), 1)} %, whatever ended the campaign: repeated confidence intervals (Jennison and Turnbull
    1989), alpha spent by Pocock's type of function (Lan and DeMets 1983). p values are repeated ones of the same looks,
    then adjusted by Holm. Medians, splits and shapes are as of a fixed number of runs.
  </li>`;
}

/** Limits of the validity rules that the campaign set itself. */
function ownLimits({ plan }: Bundle): Html {
  const limits = Object.entries(plan?.limits ?? {});
  if (limits.length === 0) return nothing;
  return html`<li>
    <strong>Limits of validity</strong> that this campaign set itself:
    ${list(limits.map(([name, limit]) => `${name} ${String(limit)}`))}.
  </li>`;
}

export function reproducePart({ view: { bundle } }: Material): Html {
  return html`<section id="reproduce">
    <h2>How to reproduce</h2>
    <p>The same campaign again, then the report again from the saved files, offline:</p>
    <pre><code>${commandsOf(bundle)}</code></pre>
    ${
      bundle.campaign === null
        ? html`<p>The bundle holds no campaign.yaml, so its runs were not made by a campaign.</p>`
        : html`<p>The campaign as it was run:</p>
            <pre><code>${bundle.campaign}</code></pre>`
    }
    <h3>Each table and figure</h3>
    <p>
      <code>${analyzeCommand(bundle)}</code> makes all of them again. To make one with other tools, read the file that
      is named here; <code>examples/read_bundle.py</code> does so with pandas, and
      <code>npx lab export results/${bundle.name}</code> writes the tables as Parquet. Each figure is also
      <code>figures/&lt;name&gt;.svg</code>, drawn from the same rows as the table beside it.
    </p>
    ${table({
      caption: "Where the numbers of each table are.",
      columns: [{ heading: "Table" }, { heading: "File" }, { heading: "Rows" }, { heading: "Columns" }],
      rows: sources.map(({ title, file, rows, columns }) => [title, html`<code>${file}</code>`, rows, columns]),
    })}
    <h3>Files of the bundle</h3>
    ${table({ caption: "All numbers of this report come from these files. Blank cells of a table are empty.", columns: [{ heading: "File" }, { heading: "What it holds" }], rows: files.map(([file, meaning]) => [html`<code>${file}</code>`, meaning]) })}
    <h3>Metrics</h3>
    ${table({
      caption: "Data dictionary of samples.csv and summary.csv.",
      columns: [{ heading: "Metric" }, { heading: "Unit" }, { heading: "Meaning" }],
      rows: metrics.map(({ name, unit, meaning }) => [html`<code>${name}</code>`, unit, meaning]),
    })}
    ${cellList(bundle)}
  </section>`;
}

const files: readonly (readonly [string, string])[] = [
  ["campaign.yaml", "The campaign as it was run."],
  ["environment.json", "Machine and versions: the bed, which must match to compare, and what is under test."],
  [
    "runs/<run>/record.json",
    "One run: its cell, versions, settings, phases, windows, proof of the source address, validity with reasons.",
  ],
  [
    "runs/<run>/…",
    "Raw files as the tools wrote them: iperf3 JSON, k6 counts per second and histograms, Prometheus samples, counters, the server's log.",
  ],
  ["samples.csv", "One value of one metric, phase and role of one run, with its validity and reason."],
  ["windows.csv", "Requests and errors of each backend in each whole window of each run."],
  [
    "latency.csv",
    "Histogram of the good answers of each run: count for each bucket, le_s is its upper bound in seconds. A fast closed load times every eighth answer of each user and counts it eight times; the open model times all.",
  ],
  [
    "inside.csv",
    "Interval of each run's own mean, by batch means over its seconds: how steady the run was. Only of runs with 20 observations or more.",
  ],
  [
    "summary.csv",
    "Mean with 95 % t interval, median with its interval, truncated mean and CV of each metric of each cell over its valid runs.",
  ],
  [
    "splits.csv",
    "Split of each cell over its valid runs: Wilson interval, exact test, distance to the weights beside what chance allows, dispersion.",
  ],
  [
    "comparisons.csv",
    "Planned comparisons with effect, interval, adjusted p, one of three verdicts, and the runs that would settle it.",
  ],
  ["figures/*.svg", "The figures of this report, each a file of its own."],
  ["report.md", "Findings, claims and comparisons of this report as Markdown."],
  ["report.html", "This report."],
];

/** Full ids of the cells: figures and tables use short ones. */
function cellList({ cells, records, name }: Bundle): Html {
  if (cells.length === 0) return nothing;
  const runs = (id: string, valid: boolean): number =>
    records.filter(({ cell, measured }) => cell.id === id && measured.validity.valid === valid).length;
  const backends = (id: string): string =>
    list([
      ...new Set(
        records
          .filter(({ cell }) => cell.id === id)
          .flatMap((run) => run.backends.map((each) => `${each.name} ${String(each.weight)}`)),
      ),
    ]) || "–";
  return html`<h3>Cells</h3>
    ${table({
      caption: `All cells of ${name}.`,
      columns: [
        { heading: "Cell" },
        { heading: "Backends and weights" },
        { heading: "Valid runs", numeric: true },
        { heading: "Invalid runs", numeric: true },
      ],
      rows: cells.map(({ id }) => [id, backends(id), String(runs(id, true)), String(runs(id, false))]),
    })}`;
}
