import { count, list, number } from "../figures/format.ts";
import type { View } from "../figures/view.ts";
import { isSamples, mean } from "../statistics/mean.ts";
import type { Finding } from "./finding.ts";
import { isOneMachine } from "./words.ts";

/** How many runs count, and why others do not. */
export function validityFindings({ bundle }: View): Finding[] {
  const { records, invalid, cells } = bundle;
  if (records.length === 0) {
    return [finding("This bundle holds no whole run: there is nothing to report", "", "problem")];
  }
  const failing = cells.filter(({ id }) =>
    records.every(({ cell, measured }) => cell.id !== id || !measured.validity.valid),
  );
  const failed = failing.map(({ id }) =>
    finding(
      `${id} has no valid run: it fails`,
      [...new Set(invalid.filter(({ cell }) => cell === id).flatMap(({ reasons }) => reasons))].join("; "),
      "problem",
    ),
  );
  if (invalid.length === records.length) {
    return [
      finding(
        `None of the ${count(records.length, "run")} is valid: no number in this report counts`,
        reasonsOf(bundle.invalid),
        "problem",
      ),
      ...failed,
    ];
  }
  return [
    invalid.length === 0
      ? finding(
          `All ${count(records.length, "run")} ${records.length === 1 ? "is" : "are"} valid`.replace(
            "All 1 run",
            "The one run",
          ),
          "",
          "fact",
        )
      : finding(
          `${String(invalid.length)} of ${count(records.length, "run")} ${invalid.length === 1 ? "is" : "are"} invalid and not counted`,
          reasonsOf(invalid),
          "caution",
        ),
    ...failed,
  ];
}

/** Runs that did not stand on the same: several environments, versions that changed within a cell, clocks that jumped. */
export function bedFindings({ bundle }: View): Finding[] {
  const { records, cells } = bundle;
  const environments = [...new Set(cells.map(({ environment }) => environment))].sort();
  const keys = [...new Set(records.flatMap(({ versions }) => Object.keys(versions)))];
  const changed = keys.flatMap((key) => {
    const groups = Map.groupBy(
      records.filter(({ versions }) => versions[key] !== undefined),
      ({ cell }) => cell.id,
    );
    const mixed = [...groups.values()].filter((runs) => new Set(runs.map(({ versions }) => versions[key])).size > 1);
    const values = [...new Set(mixed.flatMap((runs) => runs.map(({ versions }) => versions[key] ?? "")))];
    return mixed.length === 0 ? [] : [`${key} (${list(values)})`];
  });
  const jumped = records.filter(
    ({ load, measured }) =>
      load.finished_s < load.started_s ||
      [...load.phases, ...measured.windows].some(({ start_s, end_s }) => end_s < start_s),
  );
  return [
    ...(environments.length < 2
      ? []
      : [
          finding(
            `Runs of ${list(environments)} stand in this bundle: side by side, without a verdict between them`,
            "Unlike machines are not compared: what differs may be the machine.",
            "caution",
          ),
        ]),
    ...(changed.length === 0
      ? []
      : [
          finding(
            `Versions changed while the campaign ran: ${list(changed)}`,
            "Runs of one cell did not all stand on the same, so their mean is of two things. Run the campaign again with --fresh.",
            "problem",
          ),
        ]),
    ...(jumped.length === 0
      ? []
      : [
          finding(
            `The clock jumped in ${count(jumped.length, "run")}: a phase ends before it begins`,
            `${list(jumped.slice(0, 3).map(({ run_id }) => run_id))}: what is read by the time of day (CPU, memory, counters) cannot be told apart by phase there.`,
            "problem",
          ),
        ]),
  ];
}

/** Values whose shape makes their mean less sure than its interval says. */
export function shapeFindings({ bundle }: View): Finding[] {
  const rows = bundle.tables.summary.filter(({ shape }) => shape !== "");
  if (rows.length === 0) return [];
  const tested = bundle.tables.summary.filter(({ n }) => n >= 8).length;
  return [
    {
      ...finding(
        `${count(rows.length, "set of runs looks", "sets of runs look")} skewed, of ${number(tested, 0)} that were tested`,
        `By chance alone about ${number(Math.round(tested * 0.05), 0)} would. Read the median there; ratios are taken on logarithms, which a lognormal shape does not harm.`,
        rows.length > tested * 0.1 ? "caution" : "fact",
      ),
      evidence: "shapes",
    },
  ];
}

/** Above this share of all cores an idle window is not idle. */
const quietShare = 0.1;

/** Whether something else kept the machine busy while nothing was loaded. */
export function quietFindings({ bundle, values }: View): Finding[] {
  // A cluster's nodes are other machines, and are never idle.
  const busy = bundle.cells
    .filter(isOneMachine)
    .map((cell) => values(cell, "idle", "host", "cpu"))
    .flatMap(({ counted }) => counted);
  if (!isSamples(busy)) return [];
  const cores = bundle.environment?.bed["cores"];
  const known = typeof cores === "number" && cores > 0;
  const used = mean(busy);
  if (used <= quietShare * (known ? cores : 2)) return [];
  return [
    finding(
      `The machine was not quiet: ${number(used)}${known ? ` of ${number(cores, 0)}` : ""} cores were busy before the load began`,
      "Mean over the idle windows. Other work on the machine takes from the load and makes the runs scatter: repeat on a quiet machine before you rely on the numbers.",
      "caution",
    ),
  ];
}

/** Metrics that no run could measure, and runs in which some could not. */
export function voidFindings({ bundle }: View): Finding[] {
  const { voids, records } = bundle;
  const valid = records.filter(({ measured }) => measured.validity.valid);
  if (valid.length === 0) return [];
  const runsWith = (metrics: readonly string[]): number =>
    new Set(
      voids.filter(({ metric, phase }) => metrics.includes(metric) && phase !== "idle").map(({ run_id }) => run_id),
    ).size;
  const cpu = runsWith(["cpu", "memory"]);
  const load = runsWith(["requests", "latency_p50", "latency_p99"]);
  return [
    ...(cpu === valid.length
      ? [
          finding(
            "CPU and memory are void in every run: the monitoring was off or had gaps",
            reasonsFor(voids, ["cpu", "memory"]),
            "caution",
          ),
        ]
      : cpu > 0
        ? [
            finding(
              `CPU and memory are void in ${String(cpu)} of ${count(valid.length, "valid run")}`,
              reasonsFor(voids, ["cpu", "memory"]),
              "caution",
            ),
          ]
        : []),
    ...(load > 0
      ? [
          finding(
            `Capacity and latency are void in ${String(load)} of ${count(valid.filter(({ cell }) => cell.scenario === "ingress").length, "valid ingress run")}: the end hosts were the limit`,
            `${valid.every(({ cell }) => isOneMachine(cell)) ? "Generator, gateway and backends share this machine's cores, so this is the usual case on a small machine. " : ""}The split stays valid.`,
            "caution",
          ),
        ]
      : []),
  ];
}

function reasonsOf(invalid: readonly { run_id: string; reasons: readonly string[] }[]): string {
  const named = invalid
    .slice(0, 3)
    .map(({ run_id, reasons }) => `${run_id}: ${reasons.length === 0 ? "no reason was recorded" : reasons.join("; ")}`);
  const more = invalid.length - named.length;
  return `${named.join(". ")}${more > 0 ? `. ${count(more, "more run")} in the list below` : ""}.`;
}

function reasonsFor(voids: readonly { metric: string; reason: string }[], metrics: readonly string[]): string {
  const reasons = [...new Set(voids.filter(({ metric }) => metrics.includes(metric)).map(({ reason }) => reason))];
  const shown = reasons.slice(0, 3);
  return shown.length === 0
    ? ""
    : `${list(shown)}${reasons.length > 3 ? ` and ${count(reasons.length - 3, "other reason")}` : ""}.`;
}

function finding(text: string, detail: string, level: Finding["level"]): Finding {
  return { section: "quality", text, detail, level, evidence: "validity" };
}
