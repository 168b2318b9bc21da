import { labelsFor } from "../../figures/cells.ts";
import { number, percent } from "../../figures/format.ts";
import { signed } from "../../figures/percentPanel.ts";
import { loadPhase, voidLabel, type Values } from "../../figures/view.ts";
import type { MetricName } from "../../metrics.ts";
import type { SplitRow } from "../../tables.ts";
import { columnScale, nCell, valueCell } from "../cells.ts";
import { html, nothing, table, type Html } from "../html.ts";
import { chancePoints } from "../ingressFindings.ts";
import { figure, type Material } from "./part.ts";

/** What comes in: requests, latency, errors, and the weighted split. */
export function ingressPart(material: Material): Html {
  const { view } = material;
  if (view.ingress.length === 0) {
    return html`<section id="ingress">
      <h2>Ingress</h2>
      <p>This campaign has no ingress cell, so nothing is said about traffic that comes in.</p>
    </section>`;
  }
  const direct = view.ingress.some(({ gateway }) => gateway === "direct");
  return html`<section id="ingress">
    <h2>Ingress: what comes in</h2>
    <p>
      k6 sends HTTP requests from outside to a gateway, which splits them by weight over backends that answer with their
      own name.${direct ? html` <em>direct</em> goes straight to one backend, without a gateway: the floor.` : nothing}
    </p>
    ${ingressTable(material)}
    ${["requests-vus", "requests-rate", "latency-vus", "latency-rate", "latency-models"].map((name) => figure(material, name))}
    ${split(material)}
  </section>`;
}

const columnsOf: readonly { heading: string; metric: MetricName; share?: true }[] = [
  { heading: "Requests", metric: "requests" },
  { heading: "Latency p50", metric: "latency_p50" },
  { heading: "Latency p99", metric: "latency_p99" },
  { heading: "Errors", metric: "errors" },
  { heading: "Not started in time", metric: "dropped_iterations" },
  { heading: "Generator's CPU", metric: "generator_cpu", share: true },
  { heading: "Host idle", metric: "host_idle", share: true },
];

function ingressTable({ view }: Material): Html {
  const { labels, prefix } = labelsFor(view.ingress);
  const columns = columnsOf
    .map((column) => ({
      ...column,
      values: view.ingress.map((cell) => view.values(cell, loadPhase(view, cell), "", column.metric)),
    }))
    .filter(({ metric, values }) =>
      values.some(({ points }) => points.some(({ value }) => metric !== "dropped_iterations" || value > 0)),
    );
  const scales = columns.map(({ values, share }) =>
    share === true ? { factor: 0.01, unit: "%" } : columnScale(values),
  );
  const bound = columns.some(({ values }) => values.some((each) => voidLabel(each) !== ""));
  return html`<div id="ingress-table">
    ${table({
      caption: `Ingress by cell: mean over valid runs with 95 % t interval. ${prefix}`,
      columns: [
        { heading: "Cell" },
        { heading: "n", numeric: true },
        ...columns.map(({ heading }, index) => ({
          heading,
          unit: scales[index]?.unit ?? "",
          numeric: true,
        })),
      ],
      rows: view.ingress.map((cell, row) => [
        labels.of(cell.id),
        nCell(columns.flatMap(({ values }) => values.slice(row, row + 1))),
        ...columns.map(({ values }: { values: readonly Values[] }, index) => {
          const [value, scale] = [values[row], scales[index]];
          return value === undefined || scale === undefined ? "–" : valueCell(value, scale);
        }),
      ]),
    })}${bound ? html`<p class="note"><abbr class="void" title="see the rules of validity">void</abbr>: the generator or the machine was the limit in every run of that cell, so the value shows what this set-up gave, not what the gateway can do.</p>` : nothing}
  </div>`;
}

function dispersionCell({ dispersion, dispersion_low, dispersion_high }: SplitRow): Html {
  if (dispersion === null) return html`<span class="none" title="one backend or one window">–</span>`;
  return html`${number(dispersion)}
    <span class="interval">(${number(dispersion_low)} to ${number(dispersion_high)})</span>`;
}

function split(material: Material): Html {
  const { view } = material;
  const { splits } = view.bundle.tables;
  const { labels } = labelsFor(view.ingress);
  const series = view.splits();
  const totals = new Map<string, number>();
  for (const { cell, phase, requests } of splits) {
    const key = `${cell}\n${phase}`;
    totals.set(key, (totals.get(key) ?? 0) + requests);
  }
  if (splits.length === 0) {
    return html`<section id="split-table">
      <h3>Weighted split</h3>
      <p>No valid run left counts for each backend, so nothing can be said about the split.</p>
    </section>`;
  }
  return html`<section id="split-table">
    <h3>Weighted split</h3>
    <p>
      A gateway that draws at random for each request does not hit its weights exactly: with n requests, chance alone
      moves the share. So the yardstick is the binomial law at that n, not zero: the band holds 95 % of random windows,
      and 5 % of windows outside it are what a perfect random splitter gives too. Far fewer means that the gateway does
      not draw but takes turns; far more, that the split is off or comes in bursts.
    </p>
    ${table({
      caption: "Split over all whole windows of the valid runs, good answers only, with 95 % intervals.",
      columns: [
        { heading: "Cell" },
        { heading: "Backend" },
        { heading: "Weight", unit: "%", numeric: true },
        { heading: "Requests", numeric: true },
        { heading: "Share (Wilson)", unit: "%", numeric: true },
        { heading: "Off (chance allows)", unit: "points", numeric: true },
        { heading: "Windows outside", unit: "5 % expected", numeric: true },
        { heading: "Dispersion", unit: "1 = random", numeric: true },
        { heading: "Picks" },
      ],
      rows: splits.map((row) => {
        const { cell, phase, backend, weight, requests, share, wilson_low, wilson_high } = row;
        const total = totals.get(`${cell}\n${phase}`) ?? 0;
        const own = series.find((each) => each.cell === cell && each.phase === phase && each.backend === backend);
        const off = (share - weight) * 100;
        const chance = chancePoints(total, weight);
        const offText = signed(off, 2);
        return [
          `${labels.of(cell)}${phase === "closed" ? "" : `, ${phase}`}`,
          backend,
          number(weight * 100, 1),
          number(requests, 0),
          html`${number(share * 100, 2)}
            <span class="interval">(${number(wilson_low * 100, 2)} to ${number(wilson_high * 100, 2)})</span>`,
          html`${Math.abs(off) > chance ? html`<strong class="bad">${offText}</strong>` : offText}
            <span class="interval">(±${number(chance, 2)})</span>`,
          own === undefined || own.windows.length === 0
            ? ""
            : html`${number(own.outside, 0)} of ${number(own.windows.length, 0)}
                <span class="interval">(${percent(own.outside / own.windows.length)})</span>`,
          dispersionCell(row),
          row.algorithm === "" ? "–" : row.algorithm,
        ];
      }),
    })}
    ${[
      "split-share",
      "split-distance",
      "split-dispersion",
      "split-ratio-windows",
      "split-distance-windows",
      "split-windows",
      "split-runs",
    ].map((name) => figure(material, name))}
  </section>`;
}
