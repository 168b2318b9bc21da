import { labelsFor, phaseNames, roleName } from "../../figures/cells.ts";
import { list, scaleFor } from "../../figures/format.ts";
import { loadPhase, type Values, type View } from "../../figures/view.ts";
import type { MetricName } from "../../metrics.ts";
import type { Cell } from "../../record.ts";
import { columnScale, nCell, overIdle, valueCell } from "../cells.ts";
import { html, nothing, table, type Html } from "../html.ts";
import { isOneMachine } from "../words.ts";
import { figure, type Material } from "./part.ts";

/** CPU and memory of each role over its idle window, and what a Gbit or 1,000 requests cost. */
export function resourcesPart(material: Material): Html {
  const { view } = material;
  const counted = view.bundle.cells.some((cell) =>
    view.roles("cpu", [cell]).some((role) => view.values(cell, loadPhase(view, cell), role, "cpu").basis === "valid"),
  );
  const intro = html`<p>
    Each run starts with an idle window; what a load costs is its use less that. ${hostText(view)} Packet work in
    network interrupts (softirq) is in the whole host but in no role: the kernel charges it to no cgroup.
  </p>`;
  return html`<section id="resources">
    <h2>CPU and memory</h2>
    ${intro}
    ${counted ? nothing : html`<p class="warning">No run has a CPU value that counts: the monitoring was off or had gaps in every window. What follows, if anything, is shown under that reservation.</p>`}
    ${costTables(view)}
    ${(["egress", "ingress"] as const).map((scenario) =>
      view[scenario].length === 0
        ? nothing
        : html`<h3>${scenario === "egress" ? "Egress" : "Ingress"}</h3>
            ${roleTable(view, view[scenario], scenario)}${figure(material, `cost-${scenario}`)}${scenario === "ingress" ? ["host-vus", "host-rate"].map((name) => figure(material, name)) : nothing}${figure(material, `cpu-${scenario}`)}${figure(material, `memory-${scenario}`)}`,
    )}
  </section>`;
}

/** What the whole host is, in each environment of the bundle. */
function hostText({ bundle }: View): string {
  const of = (isWanted: (cell: Cell) => boolean): string =>
    list([...new Set(bundle.cells.filter(isWanted).map(({ environment }) => environment))]);
  const [machine, cluster] = [of(isOneMachine), of((cell) => !isOneMachine(cell))];
  return [
    ...(machine === "" ? [] : [`In ${machine} all roles of the lab run on one machine, which is the whole host.`]),
    ...(cluster === ""
      ? []
      : [
          `In ${cluster} the whole host is all nodes of the cluster together, whatever else runs on them; a control plane that the provider hides, a server of egress and a generator outside are not in it.`,
        ]),
  ].join(" ");
}

function roleTable(view: View, cells: readonly Cell[], scenario: string): Html {
  const { labels, prefix } = labelsFor(cells);
  const rows = cells.flatMap((cell) =>
    view
      .phases("cpu", [cell])
      .concat(view.phases("memory", [cell]))
      .filter((phase, index, all) => phase !== "idle" && all.indexOf(phase) === index)
      .flatMap((phase) =>
        [...new Set([...view.roles("cpu", [cell]), ...view.roles("memory", [cell])])]
          .filter((role) => role !== "")
          .map((role) => ({ cell, phase, role })),
      ),
  );
  const memoryScale = scaleFor("bytes", 1024 ** 2);
  const cores = { factor: 1, unit: "cores" };
  const several = new Set(rows.map(({ phase }) => phase)).size > 1;
  const cpu = (values: Values): Html => valueCell(values, cores, 3);
  const memory = (values: Values): Html => valueCell(values, memoryScale, 1);
  const bare = (values: Values): Values => ({ ...values, low: null, high: null });
  const shown = rows
    .map(({ cell, phase, role }) => ({
      cell,
      phase,
      role,
      values: (["cpu", "memory"] as const).map((metric) => ({
        idle: view.values(cell, "idle", role, metric),
        load: view.values(cell, phase, role, metric),
        over: overIdle(view, cell, phase, role, metric),
      })),
    }))
    .filter(({ values }) => values.some(({ load }) => load.basis !== "none"));
  if (shown.length === 0) return html`<p>No ${scenario} run left a value of CPU or memory.</p>`;
  return table({
    caption: `${scenario === "egress" ? "Egress" : "Ingress"}: use of each role while idle and under load, mean over valid runs with 95 % t interval. ${prefix}`,
    columns: [
      { heading: "Cell" },
      ...(several ? [{ heading: "Phase" }] : []),
      { heading: "Role" },
      { heading: "n", numeric: true },
      { heading: "CPU idle", unit: "cores", numeric: true },
      { heading: "CPU under load", unit: "cores", numeric: true },
      { heading: "CPU over idle", unit: "cores", numeric: true },
      { heading: "Memory idle", unit: memoryScale.unit, numeric: true },
      { heading: "Memory under load", unit: memoryScale.unit, numeric: true },
      { heading: "Memory over idle", unit: memoryScale.unit, numeric: true },
    ],
    rows: shown.map(({ cell, phase, role, values }) => [
      labels.of(cell.id),
      ...(several ? [phaseNames[phase] ?? phase] : []),
      roleName(role),
      nCell(values.map(({ load }) => load)),
      ...values.flatMap(({ idle, load, over }, index) => [bare(idle), load, over].map(index === 0 ? cpu : memory)),
    ]),
  });
}

function costTables(view: View): Html {
  const tables = (["egress", "ingress"] as const).map((scenario) => costTable(view, scenario));
  return html`<div id="cost">${tables}</div>`;
}

function costTable(view: View, scenario: "egress" | "ingress"): Html {
  const metric: MetricName = scenario === "egress" ? "cpu_per_gbit" : "cpu_per_krequest";
  const cells = view[scenario];
  const { labels, prefix } = labelsFor(cells);
  const rows = cells.flatMap((cell) =>
    view.phases(metric, [cell]).map((phase) => ({ cell, phase, values: view.values(cell, phase, "host", metric) })),
  );
  if (rows.length === 0) return nothing;
  const scale = columnScale(rows.map(({ values }) => values));
  const several = new Set(rows.map(({ phase }) => phase)).size > 1;
  return table({
    caption: `What the ${scenario} load costs the whole host over its idle window. ${prefix}`,
    columns: [
      { heading: "Cell" },
      ...(several ? [{ heading: "Phase" }] : []),
      { heading: "n", numeric: true },
      {
        heading: scenario === "egress" ? "CPU for each Gbit" : "CPU for 1,000 requests",
        unit: scale.unit,
        numeric: true,
      },
    ],
    rows: rows.map(({ cell, phase, values }) => [
      labels.of(cell.id),
      ...(several ? [phaseNames[phase] ?? phase] : []),
      nCell([values]),
      valueCell(values, scale),
    ]),
  });
}
