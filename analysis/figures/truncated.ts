/** The truncated mean beside the mean of a row. */
import * as Plot from "@observablehq/plot";
import { inks } from "../theme.ts";
import { number, withInterval, type Scale } from "./format.ts";
import type { Row } from "./rows.ts";
import { truncatedOf } from "./view.ts";

/** The truncated mean of each row's last series: a tick beside the mean, and in words below it. */
export function truncatedMarks(rows: readonly Row[], scale: Scale): Plot.Markish[] {
  const found = rows.flatMap(({ label, series }, index) => {
    const last = series.at(-1);
    const value = last === undefined ? null : truncatedOf(last.values);
    if (last === undefined || value === null) return [];
    return [
      { key: String(index), label, colour: last.colour, value: value / scale.factor, mean: value, values: last.values },
    ];
  });
  type Found = (typeof found)[number];
  return [
    Plot.tickX(found, {
      x: "value",
      y: "key",
      insetTop: 5,
      insetBottom: 14,
      stroke: ({ colour }: Found) => colour,
      strokeWidth: 1.6,
      title: ({ label, value, values }: Found) =>
        `${label}: truncated mean ${number(value)} ${scale.unit}, lowest and highest run left out, n = ${String(values.n)}`,
      className: "truncated",
    }),
    Plot.text(found, {
      y: "key",
      frameAnchor: "right",
      textAnchor: "start",
      dx: 12,
      dy: 9,
      text: ({ mean, values }: Found) =>
        `truncated ${withInterval({ mean, low: values.low, high: values.high }, scale).split(" ")[0] ?? ""}`,
      fill: inks.muted.light,
      fontSize: 11,
      fontVariant: "tabular-nums",
    }),
  ];
}
