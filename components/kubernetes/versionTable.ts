/** The README's table of everything that a lab on a cluster pulls, made from the versions that the code uses. Pure. */
import { chartImages } from "./chartImages.ts";
import { charts, gatewayApiVersion, images, kindNode, type ChartVersion, type ImageVersion } from "./versions.ts";

/** Comment lines of the README between which the table stands. */
export const tableMarks = { begin: "<!-- versions: begin -->", end: "<!-- versions: end -->" } as const;

/** Markdown, as prettier would write it. */
export function versionTable(): string {
  const rows = [
    ...Object.entries(images).map(([name, { repository, tag, purpose, ...more }]: [string, ImageVersion]) => [
      `image \`${name}\``,
      `\`${repository}\``,
      `${tag}${more.digest === undefined ? "" : ` @${more.digest.slice(0, 19)}…`}`,
      name === "kind-node" ? `${purpose}, kind ${kindNode.oldestKind} or newer` : purpose,
    ]),
    ...Object.entries(charts).map(([name, { chart, version, purpose, ...more }]: [string, ChartVersion]) => [
      `chart \`${name}\``,
      `\`${more.repository === undefined ? chart : `${more.repository} ${chart}`}\``,
      version,
      purpose,
    ]),
    ["CRDs", "`kubernetes-sigs/gateway-api`, standard channel", gatewayApiVersions(), "gateways of ingress"],
    ...Object.entries(chartImages).map(([name, image]) => [
      `image \`${name}\``,
      `\`${image}\``,
      "the chart's",
      "comes with a chart",
    ]),
  ];
  return markdown([["what", "where", "version", "for"], ...rows]);
}

function gatewayApiVersions(): string {
  const of = (version: string) =>
    gatewayApiVersion({
      cni: { name: "cilium", version, gatewayApi: true, egressGateway: false, bandwidth: false, excluded: [] },
      gateway: "cilium",
    });
  return `${of("") ?? ""}; ${of("1.19.0") ?? ""} with Cilium 1.19's own`;
}

/** Rows of cells as a table, each column as wide as its widest cell; the first row is the head. */
function markdown(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}
