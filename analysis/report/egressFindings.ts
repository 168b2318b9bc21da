import { cellLabels } from "../figures/labels.ts";
import { count, list, number, scaleFor, withInterval } from "../figures/format.ts";
import { isMeasured, type Values, type View } from "../figures/view.ts";
import type { Cell } from "../record.ts";
import { ratioOf, whyNoRatio } from "./compare.ts";
import type { Finding } from "./finding.ts";

/** A gateway cell and the base cell that differs from it in nothing else. */
interface Pair {
  readonly gateway: Cell;
  readonly base: Cell;
  /** `cilium: ` where there are several pairs; else blank. */
  readonly prefix: string;
}

function pairs(cells: readonly Cell[]): Pair[] {
  const found = cells
    .filter(({ path }) => path === "gateway")
    .flatMap((gateway) => {
      const base = cells.find(
        ({ path, environment, cni }) => path === "base" && environment === gateway.environment && cni === gateway.cni,
      );
      return base === undefined ? [] : [{ gateway, base }];
    });
  const labels = cellLabels(found.map(({ gateway }) => gateway));
  return found.map((pair) => ({ ...pair, prefix: found.length > 1 ? `${labels.of(pair.gateway.id)}: ` : "" }));
}

/** What the gateway leaves of the base goodput; the goodput alone where there is nothing to compare it with. */
export function goodputFindings(view: View): Finding[] {
  const found = pairs(view.egress);
  const paired = new Set(found.flatMap(({ gateway, base }) => [gateway.id, base.id]));
  const goodput = (cell: Cell): Values => view.values(cell, "saturated", "", "goodput");
  const labels = cellLabels(view.egress);
  return [
    ...found.map((pair) => goodputFinding(pair, goodput(pair.gateway), goodput(pair.base))),
    ...view.egress
      .filter(({ id }) => !paired.has(id))
      .map((cell): Finding => {
        const values = goodput(cell);
        const scale = scaleFor(values.unit, values.mean ?? 0);
        return isMeasured(values)
          ? finding(
              `${labels.of(cell.id)} carries ${withInterval(values, scale)} ${scale.unit} (n = ${String(values.n)})`,
              "There is no cell to compare it with.",
              "fact",
              "figure-goodput",
            )
          : finding(`${labels.of(cell.id)}: no goodput that counts`, "", "problem", "validity");
      }),
  ];
}

function goodputFinding({ prefix }: Pair, gateway: Values, base: Values): Finding {
  const scale = scaleFor(gateway.unit, Math.max(gateway.mean ?? 0, base.mean ?? 0));
  const both = `Gateway ${values(gateway)}, base ${values(base)} ${scale.unit}. The end hosts are the limit of a saturating load by design.`;
  function values(of: Values): string {
    return isMeasured(of) ? withInterval(of, scale) : "no value that counts";
  }
  const ratio = ratioOf(gateway, base);
  const plain = `${number((gateway.mean ?? 0) / scale.factor)} of ${number((base.mean ?? 0) / scale.factor)} ${scale.unit}`;
  if (ratio === null) {
    const text =
      gateway.n === 0 || base.n === 0
        ? `${prefix}goodput of gateway and base cannot be compared: ${whyNoRatio(gateway, base)}`
        : `${prefix}gateway carries ${plain} of base: ${whyNoRatio(gateway, base)}`;
    return finding(sentence(text), both, gateway.n === 0 || base.n === 0 ? "problem" : "caution", "figure-goodput");
  }
  if (!ratio.apart) {
    return finding(
      sentence(`${prefix}goodput: cannot tell gateway from base, ratio ${ratio.text}`),
      both,
      "caution",
      "figure-goodput",
    );
  }
  return finding(
    sentence(`${prefix}gateway carries ${ratio.text} of base goodput: ${plain}`),
    both,
    "fact",
    "figure-goodput",
  );
}

/** Whether the source address was what the path promises, over all valid runs. */
export function proofFindings({ bundle }: View): Finding[] {
  const runs = bundle.records.filter(({ cell, measured }) => cell.scenario === "egress" && measured.validity.valid);
  const proofs = runs.flatMap(({ measured: { proof } }) => (proof === null ? [] : [proof]));
  if (proofs.length === 0) return [];
  const sum = (pick: (proof: (typeof proofs)[number]) => number): number =>
    proofs.reduce((total, proof) => total + pick(proof), 0);
  const connections = sum(({ connections: seen }) => seen);
  const proven = sum(({ proven: seen }) => seen);
  const leaked = sum(({ leaked: seen }) => seen);
  const asked = sum(({ probes, otherProbes }) => probes.asked + otherProbes.asked);
  const expected = sum(({ probes, otherProbes }) => probes.expected + otherProbes.expected);
  const whole = connections > 0 && proven === connections && leaked === 0;
  return [
    finding(
      whole
        ? `Source address proven for all ${count(connections, "connection")} in ${count(proofs.length, "valid egress run")}, none leaked`
        : `Source address proven for ${number(proven, 0)} of ${count(connections, "connection")}, ${number(leaked, 0)} leaked`,
      `The server's own record of each measured connection; beside it ${number(expected, 0)} of ${count(asked, "question")} of the load pod got the expected address.`,
      whole ? "fact" : "problem",
      "source-address",
    ),
  ];
}

/** Round-trip time of the gateway against base in each phase. */
export function rttFindings(view: View): Finding[] {
  return pairs(view.egress).flatMap(({ gateway, base, prefix }) =>
    view.phases("rtt", [gateway, base]).flatMap((phase): Finding[] => {
      const [a, b] = [view.values(gateway, phase, "", "rtt"), view.values(base, phase, "", "rtt")];
      if (!isMeasured(a) || !isMeasured(b)) return [];
      const scale = scaleFor(a.unit, Math.max(a.mean, b.mean));
      const ratio = ratioOf(a, b);
      const plain = `${number(a.mean / scale.factor)} against ${number(b.mean / scale.factor)} ${scale.unit}`;
      const text =
        ratio === null
          ? `${phase} round-trip time, gateway against base: ${plain}; ${whyNoRatio(a, b)}`
          : ratio.apart
            ? `${phase} round-trip time through the gateway is ${ratio.text} times that of base: ${plain}`
            : `${phase} round-trip time: cannot tell gateway from base, ratio ${ratio.text}`;
      const detail = phase === "saturated" ? "Under a saturating load this is mostly time spent in queues." : "";
      return [finding(sentence(`${prefix}${text}`), detail, ratio?.apart === true ? "fact" : "caution", "figure-rtt")];
    }),
  );
}

/** Retransmitted segments, where there were any. */
export function retransmitFindings(view: View): Finding[] {
  const labels = cellLabels(view.egress);
  const measured = view.egress.map((cell) => view.values(cell, "saturated", "", "retransmits")).filter(isMeasured);
  if (measured.length === 0) return [];
  if (measured.every(({ mean }) => mean === 0)) {
    return [
      finding(
        `No TCP segment was retransmitted in ${count(total(measured), "valid egress run")}`,
        "",
        "fact",
        "egress-table",
      ),
    ];
  }
  const each = measured.map(({ cell, mean }) => `${labels.of(cell.id)} ${number(mean)}`);
  return [finding(`Retransmitted segments per second under load: ${list(each)}`, "", "fact", "egress-table")];
}

/** Processor time for each Gbit, gateway against base. */
export function egressCostFindings(view: View): Finding[] {
  return pairs(view.egress).flatMap(({ gateway, base, prefix }): Finding[] => {
    const [a, b] = [
      view.values(gateway, "saturated", "host", "cpu_per_gbit"),
      view.values(base, "saturated", "host", "cpu_per_gbit"),
    ];
    const ratio = ratioOf(a, b);
    if (!isMeasured(a) || !isMeasured(b) || ratio === null) return [];
    const plain = `${number(a.mean)} against ${number(b.mean)} core·s/Gbit`;
    return [
      {
        ...finding(
          sentence(
            ratio.apart
              ? `${prefix}a Gbit costs ${ratio.text} times the CPU of base through the gateway: ${plain}`
              : `${prefix}CPU for each Gbit: cannot tell gateway from base, ratio ${ratio.text}`,
          ),
          "Whole host over its idle window: client, gateway and server together.",
          ratio.apart ? "fact" : "caution",
          "cost",
        ),
        section: "resources",
      },
    ];
  });
}

function total(all: readonly Values[]): number {
  return all.reduce((sum, { n }) => sum + n, 0);
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function finding(text: string, detail: string, level: Finding["level"], evidence: string): Finding {
  return { section: "egress", text, detail, level, evidence };
}
