/** What figures with a row for each cell share. */
import * as Plot from "@observablehq/plot";
import { inks } from "../theme.ts";
import { fitLabel } from "./draw.ts";

/** Names of the rows at their left; keys of rows are their places from 0. @param width pixels that there are for a name */
export function rowAxis(labels: readonly string[], width: number): Plot.Markish {
  return Plot.axisY({
    tickSize: 0,
    label: null,
    tickFormat: (key: string) => fitLabel(labels[Number(key)] ?? "", width),
  });
}

/** `no value` in each row that has none. @param empty whether it has none, row by row */
export function emptyRows(empty: readonly boolean[]): Plot.Markish {
  return Plot.text(
    empty.flatMap((none, index) => (none ? [String(index)] : [])),
    {
      y: (key: string) => key,
      frameAnchor: "left",
      textAnchor: "start",
      dx: 8,
      text: () => "no value",
      fontStyle: "italic",
      fill: inks.muted.light,
    },
  );
}
