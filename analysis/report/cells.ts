/** How values stand in the cells of tables. */
import { number, scaleFor, withInterval, type Scale } from "../figures/format.ts";
import { isMeasured, valuesOf, voidLabel, type Values, type View } from "../figures/view.ts";
import type { MetricName } from "../metrics.ts";
import type { Cell } from "../record.ts";
import { html, type Html } from "./html.ts";

/** The scale that suits a column: that of its largest mean. */
export function columnScale(column: readonly Values[]): Scale {
  return scaleFor(column[0]?.unit ?? "", Math.max(0, ...column.map(({ mean }) => Math.abs(mean ?? 0))));
}

/** `9.00` with `(8.78 to 9.22)` below it; void values are marked, missing ones a dash. */
export function valueCell(values: Values, scale: Scale, most?: number): Html {
  if (!isMeasured(values)) return html`<span class="none" title="no value that counts">–</span>`;
  const [value = "", ...interval] = withInterval(values, scale, most).split(" ");
  const mark = values.basis === "void" ? html` <abbr class="void" title="${voidLabel(values)}">void</abbr>` : html``;
  return interval.length === 0
    ? html`${value}${mark}`
    : html`${value}${mark} <span class="interval">${interval.join(" ")}</span>`;
}

/** Number of runs behind some values of a row. */
export function nCell(values: readonly Values[]): string {
  const counts = values.filter(({ basis }) => basis !== "none").map(({ n }) => n);
  if (counts.length === 0) return "0";
  const [low, high] = [Math.min(...counts), Math.max(...counts)];
  return low === high ? number(low, 0) : `${number(low, 0)} to ${number(high, 0)}`;
}

/**
 * What the load adds to a role: each run's value in the phase less its own idle window. A role without processes in an idle
 * window that was watched used nothing then.
 */
export function overIdle(view: View, cell: Cell, phase: string, role: string, metric: MetricName): Values {
  const idle = validByRun(view.values(cell, "idle", role, metric));
  const watched = validByRun(view.values(cell, "idle", "host", metric));
  const loaded = view.values(cell, phase, role, metric);
  return valuesOf(
    cell,
    loaded.unit,
    loaded.points.flatMap((point) => {
      const before = idle.get(point.run_id) ?? (watched.has(point.run_id) ? 0 : undefined);
      return before === undefined || point.state !== "valid" ? [] : [{ ...point, value: point.value - before }];
    }),
    loaded.level,
  );
}

function validByRun({ points }: Values): Map<string, number> {
  return new Map(points.filter(({ state }) => state === "valid").map(({ run_id, value }) => [run_id, value]));
}
