import { list, number } from "../../figures/format.ts";
import { labelsFor, phaseNames } from "../../figures/cells.ts";
import { thesisFigures } from "../../figures/thesis/index.ts";
import { kernelShares } from "../../kernelShare.ts";
import type { Values } from "../../figures/view.ts";
import type { RunRecord } from "../../record.ts";
import { columnScale, nCell, valueCell } from "../cells.ts";
import { html, table, type Html } from "../html.ts";
import { figure, type Material } from "./part.ts";

/** What leaves the cluster: goodput, round-trip time, retransmits, and the proof of the source address. */
export function egressPart(material: Material): Html {
  const { view } = material;
  if (view.egress.length === 0) {
    return html`<section id="egress">
      <h2>Egress</h2>
      <p>This campaign has no egress cell, so nothing is said about traffic that leaves the cluster.</p>
    </section>`;
  }
  return html`<section id="egress">
    <h2>Egress: what leaves the cluster</h2>
    <p>
      A client pod sends to a server outside the cluster over TCP (iperf3). <em>base</em>: its node translates the
      source address, as without an egress gateway. <em>gateway</em>: the traffic first crosses the overlay to a gateway
      node, which gives it the egress address. The gateway's share of base is what the detour costs.
    </p>
    ${egressTable(material)} ${figure(material, "goodput")} ${kernelPart(material)} ${figure(material, "rtt")}
    ${figure(material, "host-cpu")} ${figure(material, "host-memory")}
    ${thesisFigures.map(({ name }) => figure(material, name))} ${proof(material)}
  </section>`;
}

/** Share of the kernel's own path, or why there is none although a yardstick is there. */
function kernelPart(material: Material): Html {
  const { shares, refused } = kernelShares(material.view.bundle);
  if (shares.length > 0 || refused.length === 0) return figure(material, "kernel-share");
  return html`<p class="note" id="kernel-share">
    No share of the machine's own kernel path is given: ${refused.join("; ")}.
  </p>`;
}

function egressTable({ view }: Material): Html {
  const { labels, prefix } = labelsFor(view.egress);
  const phases = view.phases("rtt", view.egress);
  const columns: { heading: string; values: Values[] }[] = [
    { heading: "Goodput", values: view.egress.map((cell) => view.values(cell, "saturated", "", "goodput")) },
    { heading: "Retransmits", values: view.egress.map((cell) => view.values(cell, "saturated", "", "retransmits")) },
    ...phases.map((phase) => ({
      heading: `RTT, ${phaseNames[phase] ?? phase}`,
      values: view.egress.map((cell) => view.values(cell, phase, "", "rtt")),
    })),
  ];
  const scales = columns.map(({ values }) => columnScale(values));
  return html`<div id="egress-table">
    ${table({
      caption: `Egress by cell: mean over valid runs with 95 % t interval. ${prefix}`,
      columns: [
        { heading: "Cell" },
        { heading: "n", numeric: true },
        ...columns.map(({ heading }, index) => ({ heading, unit: scales[index]?.unit ?? "", numeric: true })),
      ],
      rows: view.egress.map((cell, row) => [
        labels.of(cell.id),
        nCell(columns.flatMap(({ values }) => values.slice(row, row + 1))),
        ...columns.map(({ values }, index) => {
          const [value, scale] = [values[row], scales[index]];
          return value === undefined || scale === undefined ? "–" : valueCell(value, scale);
        }),
      ]),
    })}
  </div>`;
}

/** Counts over all runs of each cell, invalid ones in a row of their own. */
function proof({ view }: Material): Html {
  const { labels } = labelsFor(view.egress);
  const groups = view.egress.flatMap((cell) =>
    [true, false].map((valid) => ({
      label: `${labels.of(cell.id)}${valid ? "" : ", invalid runs"}`,
      runs: view.bundle.records.filter((run) => run.cell.id === cell.id && run.measured.validity.valid === valid),
    })),
  );
  const rows = groups.filter(({ runs }) => runs.length > 0).map(({ label, runs }) => proofRow(label, runs));
  return html`<section id="source-address">
    <h3>Proof of the source address</h3>
    <p>
      A gateway that does not translate is fast. So each run must prove its path: the server itself records every
      connection of the load with its source address, kernel counters at the translating node and at the server run over
      the whole window, and the load pod asks which address it is seen with, all through the run. One connection from
      another address makes the run invalid.
    </p>
    ${table({
      caption: "What the server and the translating node saw, summed over the runs of a cell.",
      columns: [
        { heading: "Cell" },
        { heading: "Runs", numeric: true },
        { heading: "Expected address" },
        { heading: "Addresses seen" },
        { heading: "Connections proven", numeric: true },
        { heading: "Leaked", numeric: true },
        { heading: "Probes answered as expected", numeric: true },
        { heading: "Probes of the other destination", numeric: true },
        { heading: "Gateway's bytes", unit: "% of the tool's", numeric: true },
      ],
      rows,
    })}
  </section>`;
}

/** One address, or one for each generator. */
const expectedSources = (expected: RunRecord["expected"]): string[] =>
  expected === null ? [] : (expected.runners ?? [expected]).map(({ source }) => source);

function proofRow(label: string, runs: readonly RunRecord[]): (string | Html)[] {
  const proofs = runs.flatMap(({ measured }) => (measured.proof === null ? [] : [measured.proof]));
  const sum = (pick: (proof: (typeof proofs)[number]) => number): number =>
    proofs.reduce((total, each) => total + pick(each), 0);
  // Runs of which nothing counted the gateway's bytes have no part in the share, on either side of it.
  const counted = proofs.filter(({ gateway_bytes }) => gateway_bytes !== null);
  const toolBytes = counted.reduce((total, { tool_bytes }) => total + tool_bytes, 0);
  const gatewayBytes = counted.reduce((total, { gateway_bytes }) => total + (gateway_bytes ?? 0), 0);
  const of = (part: number, whole: number): string => `${number(part, 0)} of ${number(whole, 0)}`;
  return [
    label,
    number(runs.length, 0),
    list([...new Set(runs.flatMap(({ expected }) => expectedSources(expected)))]) || "–",
    list([...new Set(proofs.flatMap(({ sources }) => sources.map(({ address }) => address)))]) || "none",
    of(
      sum(({ proven }) => proven),
      sum(({ connections }) => connections),
    ),
    sum(({ leaked }) => leaked) > 0
      ? html`<strong class="bad"
          >${number(
            sum(({ leaked }) => leaked),
            0,
          )}</strong
        >`
      : "0",
    of(
      sum(({ probes }) => probes.expected),
      sum(({ probes }) => probes.asked),
    ),
    of(
      sum(({ otherProbes }) => otherProbes.expected),
      sum(({ otherProbes }) => otherProbes.asked),
    ),
    toolBytes > 0 ? number((gatewayBytes / toolBytes) * 100, 1) : "–",
  ];
}
