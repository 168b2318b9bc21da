/** Which bundles a report is made of, and in what their beds differ. */
import { count, list, number } from "../../figures/format.ts";
import type { SideBySide } from "../../combine.ts";
import { html, nothing, table, type Html } from "../html.ts";
import type { Material } from "./part.ts";

/** Nothing for a report of one bundle. */
export function sideBySidePart({ view: { bundle } }: Pick<Material, "view">): Html {
  const { sideBySide } = bundle;
  if (sideBySide === undefined) return nothing;
  const { parts, differences } = sideBySide;
  return html`<section id="side-by-side">
    <h2>Bundles side by side</h2>
    <p>${verdictText(sideBySide)}</p>
    ${table({
      caption: "What this report is made of. The bundles were read, not changed.",
      columns: [
        { heading: "Bundle" },
        { heading: "Environments" },
        { heading: "Machine" },
        { heading: "Cells", numeric: true },
        { heading: "Runs", unit: "valid of all", numeric: true },
        { heading: "From", unit: "UTC" },
        { heading: "Folder" },
      ],
      rows: parts.map(({ name, dir, environment, cells, runs, valid, start_s }) => [
        name,
        list([...new Set(cells.map((id) => id.slice(0, id.indexOf("/"))))]),
        machineText(environment?.bed ?? null),
        number(cells.length, 0),
        `${number(valid, 0)} of ${number(runs, 0)}`,
        timeText(start_s),
        html`<code>${dir}</code>`,
      ]),
    })}
    ${
      differences.length === 0
        ? nothing
        : table({
            caption: `In what the beds differ: ${count(differences.length, "fact")}.`,
            columns: [{ heading: "Fact of the bed" }, ...parts.map(({ name }) => ({ heading: name }))],
            rows: differences.map(({ fact, values }) => [
              fact.replaceAll("_", " "),
              ...values.map((value) => (value === null || value === "" ? "not recorded" : String(value))),
            ]),
          })
    }
  </section>`;
}

/** What may be read across the bundles, in a sentence or two of plain text. */
export function verdictText({ alike, parts, differences, unknown }: SideBySide): string {
  const names = list(parts.map(({ name }) => name));
  if (alike) {
    return `${names} stood on one bed, so their cells are also compared with each other: the comparisons across bundles are adjusted among themselves (Holm).`;
  }
  const why = [
    ...(differences.length === 0 ? [] : [`their beds differ in ${count(differences.length, "fact")}`]),
    ...(unknown.length === 0 ? [] : [`it is not known what ${list(unknown)} stood on`]),
  ];
  return `${names} stand beside each other without a verdict, since ${list(why)}: a difference between them may come from the machine as well as from what was under test. Comparisons and claims are those inside each bundle.`;
}

function machineText(bed: Readonly<Record<string, unknown>> | null): string {
  if (bed === null) return "not known";
  const text = (fact: string, before = "", after = ""): string[] => {
    const value = bed[fact];
    return (typeof value === "string" && value !== "") || typeof value === "number"
      ? [`${before}${value}${after}`]
      : [];
  };
  const parts = [
    ...text("node_size"),
    ...text("cpu"),
    ...text("machine"),
    ...text("cores", "", " cores"),
    ...text("memory_gib", "", " GiB"),
    ...text("kernel", "Linux "),
  ];
  return parts.length === 0 ? "not recorded" : parts.join(", ");
}

function timeText(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? "–" : date.toISOString().slice(0, 16).replace("T", " ");
}
