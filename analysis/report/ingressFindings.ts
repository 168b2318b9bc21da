import { binomialBand, binomialQuantiles } from "../statistics/binomial.ts";
import { count, list, number, percent } from "../figures/format.ts";
import { cellLabels, levelText } from "../figures/labels.ts";
import { isMeasured, loadPhase, voidLabel, type Measured, type Values, type View } from "../figures/view.ts";
import type { SplitSeries } from "../figures/windows.ts";
import type { Cell } from "../record.ts";
import { isSplit } from "../splitPrecision.ts";
import type { SplitRow } from "../tables.ts";
import { toneName } from "../theme.ts";
import { ratioOf, whyNoRatio } from "./compare.ts";
import type { Finding } from "./finding.ts";
import { isOneMachine } from "./words.ts";

/** Cells of one environment that differ in nothing but their gateway and the CNI that it runs on. */
function levels(view: View): { at: string; cells: readonly Cell[] }[] {
  const groups = Map.groupBy(view.ingress, ({ environment, vus, rate, weights }) =>
    JSON.stringify([environment, vus, rate, weights]),
  );
  const several = groups.size > new Set(view.ingress.map(levelText)).size;
  return [...groups.values()]
    .map((cells) => {
      const [first] = cells;
      const level = first === undefined ? "" : levelText(first);
      const where = several && first !== undefined ? ` (${[first.environment, first.weights].join(", ")})` : "";
      return { at: `${level === "" ? "this load" : level}${where}`, cells };
    })
    .sort((a, b) => levelOf(a.cells) - levelOf(b.cells));
}

function levelOf(cells: readonly Cell[]): number {
  return cells[0]?.vus ?? cells[0]?.rate ?? 0;
}

/** Gateways against each other at each load level: the highest level at which the gateways were the limit first. */
export function requestsFindings(view: View): Finding[] {
  const found = levels(view).map(({ at, cells }) => requestsAt(view, at, cells));
  const telling = found.findLastIndex(({ level }) => level === "fact");
  const first = telling === -1 ? found.length - 1 : telling;
  return [...found.slice(first, first + 1), ...found.filter((_, index) => index !== first)];
}

function requestsAt(view: View, at: string, cells: readonly Cell[]): Finding {
  const all = cells.map((cell) => view.values(cell, loadPhase(view, cell), "", "requests"));
  const evidence = cells.some(({ vus }) => vus !== null) ? "figure-requests-vus" : "figure-requests-rate";
  const measured = all.filter(isMeasured).sort((a, b) => b.mean - a.mean);
  const missing = all.filter((values) => !isMeasured(values)).map(({ cell }) => toneName(cell));
  const lost = missing.length === 0 ? "" : `No value that counts: ${list(missing)}. `;
  const rates = list(measured.map(({ cell, mean }) => `${toneName(cell)} ${number(mean)}`));
  const [best, next] = measured;
  if (best === undefined) return finding(`At ${at} no run has a value that counts`, lost, "problem", "validity");
  const bound = [...new Set(measured.map(voidLabel).filter((label) => label !== ""))];
  if (bound.length > 0) {
    const direct = measured.filter(({ basis }) => basis === "void").map(({ cell }) => toneName(cell));
    const [what, gave] = cells.every(isOneMachine)
      ? ["the machine was", "this machine gave while it also ran the generator and the backends"]
      : ["the end hosts were", "the end hosts gave"];
    return finding(
      `At ${at} ${what} the limit (${bound.join("; ")}): ${rates} requests/s`,
      `${lost}These numbers show what ${gave}, so they do not rank the gateways (void: ${list(direct)}). A fixed-rate load below the limit can.`,
      "caution",
      evidence,
    );
  }
  if (next === undefined) {
    return finding(
      `At ${at} ${rates} requests/s (n = ${String(best.n)})`,
      `${lost}There is no other gateway to compare it with.`,
      "fact",
      evidence,
    );
  }
  return comparison(at, measured, best, next, rates, lost, evidence);
}

function comparison(
  at: string,
  measured: readonly Measured[],
  best: Measured,
  next: Measured,
  rates: string,
  lost: string,
  evidence: string,
): Finding {
  const ratio = ratioOf(best, next);
  const others = measured.length > 2 ? `All: ${rates} requests/s. ` : "";
  const [a, b] = [toneName(best.cell), toneName(next.cell)];
  if (ratio === null) {
    return finding(`At ${at}: ${rates} requests/s; ${whyNoRatio(best, next)}`, lost, "caution", evidence);
  }
  if (!ratio.apart) {
    return finding(
      `At ${at} cannot tell ${a} from ${b} in requests/s, ratio ${ratio.text}`,
      `${others}${lost}`,
      "caution",
      evidence,
    );
  }
  return finding(
    `At ${at} ${a} gives ${ratio.text} times the requests/s of ${b}: ${number(best.mean)} against ${number(next.mean)}`,
    `${others}${lost}`,
    "fact",
    evidence,
  );
}

/** Chance's own half-width around a weight, in points, at so many requests. */
export function chancePoints(requests: number, weight: number): number {
  const band = binomialBand(requests, weight);
  return band === null ? 0 : Math.max(band.high - weight, weight - band.low) * 100;
}

/** All rows of one cell and phase of splits.csv: requests, the worst distance from a weight and what chance allows, in points. */
export function splitGroups(view: View): { rows: readonly SplitRow[]; total: number; off: number; chance: number }[] {
  const groups = Map.groupBy(view.bundle.tables.splits, ({ cell, phase }) => `${cell}\n${phase}`);
  return [...groups.values()].flatMap((rows) => {
    const total = rows.reduce((sum, { requests }) => sum + requests, 0);
    const [first] = rows;
    if (first === undefined) return [];
    const worst = rows.reduce(
      (most, row) => (Math.abs(row.share - row.weight) > Math.abs(most.share - most.weight) ? row : most),
      first,
    );
    return [{ rows, total, off: (worst.share - worst.weight) * 100, chance: chancePoints(total, worst.weight) }];
  });
}

/** The split of all cells in one sentence, then of each cell; a backend that got nothing is named first. */
export function splitFindings(view: View): Finding[] {
  // Where all goes to one backend there is nothing to say, unless it does not.
  const groups = splitGroups(view).filter(({ total, rows, off }) => total > 0 && (isSplit(rows) || off !== 0));
  if (groups.length === 0) return [];
  const labels = cellLabels(view.ingress);
  const series = view.splits();
  const outside = groups.filter(({ off, chance }) => Math.abs(off) > chance);
  const windows = series.reduce((sum, { windows: all }) => sum + all.length, 0);
  const odd = series.reduce((sum, { outside: some }) => sum + some, 0);
  const bursty = series.filter(({ windows: all, outside: some }) => some > byChance(all.length));
  const single = groups.length === 1;
  const overall: Finding[] = single
    ? []
    : [
        finding(
          outside.length === 0
            ? `Split: in all ${String(groups.length)} cells within what chance allows; ${number(odd, 0)} of ${count(windows, "window")} outside (${percentOf(odd, windows)}, 5 % expected)`
            : `Split: ${String(outside.length)} of ${String(groups.length)} cells further from the weights than chance allows (5 % expected)`,
          [
            ...(outside.length === 0
              ? []
              : [
                  `Outside: ${list(outside.map(({ rows }) => labels.of(rows[0]?.cell ?? "")))}.`,
                  `${number(odd, 0)} of ${count(windows, "window")} outside the band (${percentOf(odd, windows)}, 5 % expected).`,
                ]),
            ...burstyText(bursty, labels.of),
          ].join(" "),
          outside.length > byChance(groups.length)
            ? "problem"
            : outside.length + bursty.length > 0
              ? "caution"
              : "fact",
          "split-table",
        ),
      ];
  return [
    ...starved(groups, labels.of),
    ...overall,
    ...groups.map((group) => splitFinding(group, series, single ? "" : `${labels.of(group.rows[0]?.cell ?? "")}: `)),
  ];
}

/** How many of so many true random splits, of cells or of windows, lie outside at most, 99 times in 100. */
function byChance(splits: number): number {
  return binomialQuantiles(splits, 0.05, [0.99])[0] ?? splits;
}

/** Cells whose windows scatter more than chance has it, in a sentence where there are any. */
function burstyText(series: readonly SplitSeries[], label: (cell: string) => string): string[] {
  if (series.length === 0) return [];
  const each = series.map(
    ({ cell, outside, windows }) => `${label(cell)} (${number(outside, 0)} of ${number(windows.length, 0)})`,
  );
  return [`More windows outside than chance gives: ${list(each)}.`];
}

function splitFinding(
  { rows, total, off, chance }: ReturnType<typeof splitGroups>[number],
  series: readonly SplitSeries[],
  prefix: string,
): Finding {
  const [first] = rows;
  const own = series.find(({ cell, phase }) => cell === first?.cell && phase === first.phase);
  // As fine as what chance allows, else a distance that is told would not show in the shares.
  const decimals = total < 1000 ? 0 : chance < 0.1 ? 2 : 1;
  const shares = rows.map(({ share }) => number(share * 100, decimals)).join("/");
  const weights = rows
    .map(({ weight }) => number(weight * 100, Number.isInteger(Math.round(weight * 1e6) / 1e4) ? 0 : 1))
    .join("/");
  const within = Math.abs(off) <= chance;
  const windows =
    own === undefined || own.windows.length === 0
      ? ""
      : `${number(own.outside, 0)} of ${count(own.windows.length, "window")} outside the band (${percentOf(own.outside, own.windows.length)}, 5 % expected).`;
  return finding(
    `${prefix === "" ? "The" : `${prefix}the`} split over ${number(total, 0)} requests was ${shares} against ${weights}; chance allows ±${number(chance, 2)} points`,
    `${within ? "" : `Off by ${number(Math.abs(off), 2)} points: more than chance alone would give in 19 of 20 such samples. `}${windows}`,
    within ? "fact" : "caution",
    "split-table",
  );
}

/** Backends with a weight that got no request at all. */
function starved(
  groups: readonly { rows: readonly SplitRow[]; total: number }[],
  label: (id: string) => string,
): Finding[] {
  return groups.flatMap(({ rows, total }) =>
    rows
      .filter(({ weight, requests }) => weight > 0 && requests === 0)
      .map(({ backend, weight, cell }) =>
        finding(
          `${backend} got none of ${count(total, "request")} in ${label(cell)}; its weight is ${percent(weight, 0)}`,
          "A backend that gets nothing is usually down or not routed to.",
          "problem",
          "split-table",
        ),
      ),
  );
}

/** Failed requests of all valid runs. */
export function errorFindings({ bundle }: View): Finding[] {
  const runs = bundle.records.filter(({ cell, measured }) => cell.scenario === "ingress" && measured.validity.valid);
  const requests = runs.reduce((sum, { measured }) => sum + (measured.requests ?? 0), 0);
  const errors = runs.reduce((sum, { measured }) => sum + (measured.errors ?? 0), 0);
  if (requests === 0) return [];
  return [
    finding(
      errors === 0
        ? `No request failed: ${number(requests, 0)} in ${count(runs.length, "valid ingress run")}`
        : `${number(errors, 0)} of ${count(requests, "request")} failed (${percent(errors / requests, 3)}) in ${count(runs.length, "valid ingress run")}`,
      "",
      errors === 0 ? "fact" : "caution",
      "ingress-table",
    ),
  ];
}

/** Values of the cells in which the metric is valid, the lowest mean first. */
function lowestFirst(view: View, cells: readonly Cell[], role: string, metric: Parameters<View["values"]>[3]) {
  return cells
    .map((cell) => view.values(cell, loadPhase(view, cell), role, metric))
    .filter(isMeasured)
    .filter(({ basis }) => basis === "valid")
    .sort((a, b) => a.mean - b.mean);
}

/** 99th percentile of the gateways at each level at which they can be compared. */
export function latencyFindings(view: View): Finding[] {
  return levels(view).flatMap(({ at, cells }): Finding[] => {
    const [best, next] = lowestFirst(view, cells, "", "latency_p99");
    if (best === undefined || next === undefined) return [];
    const ratio = ratioOf(next, best);
    if (ratio === null) return [];
    const show = ({ mean }: Values & { mean: number }): string => `${number(mean * 1000)} ms`;
    const [a, b] = [toneName(best.cell), toneName(next.cell)];
    const closed = cells.some(({ vus }) => vus !== null);
    return [
      finding(
        ratio.apart
          ? `At ${at} the p99 latency of ${b} is ${ratio.text} times that of ${a}: ${show(next)} against ${show(best)}`
          : `At ${at} cannot tell ${a} from ${b} in p99 latency, ratio ${ratio.text}`,
        closed ? "Closed model: a gateway that stalls gets fewer requests, which hides its tail." : "",
        ratio.apart ? "fact" : "caution",
        closed ? "figure-latency-vus" : "figure-latency-rate",
      ),
    ];
  });
}

/** Processor time for 1,000 requests at each level. */
export function ingressCostFindings(view: View): Finding[] {
  return levels(view).flatMap(({ at, cells }): Finding[] => {
    const [best, next] = lowestFirst(view, cells, "host", "cpu_per_krequest");
    if (best === undefined || next === undefined) return [];
    const ratio = ratioOf(next, best);
    if (ratio === null) return [];
    const [a, b] = [toneName(best.cell), toneName(next.cell)];
    return [
      {
        ...finding(
          ratio.apart
            ? `At ${at} 1,000 requests cost ${ratio.text} times the CPU with ${b} as with ${a}`
            : `At ${at} cannot tell ${a} from ${b} in CPU for 1,000 requests, ratio ${ratio.text}`,
          `${number(next.mean)} against ${number(best.mean)} core·s for 1,000 requests: whole host over its idle window, generator and backends included.`,
          ratio.apart ? "fact" : "caution",
          "cost",
        ),
        section: "resources",
      },
    ];
  });
}

function percentOf(part: number, whole: number): string {
  return percent(whole === 0 ? 0 : part / whole);
}

function finding(text: string, detail: string, level: Finding["level"], evidence: string): Finding {
  return { section: "ingress", text, detail: detail.trim(), level, evidence };
}
