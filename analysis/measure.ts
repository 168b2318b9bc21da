/** Completes the record of a run with what was measured about the run itself. */
import { basename } from "node:path";
import { egressEvidence } from "./egress.ts";
import type { EgressEvidence, Evidence, IngressPhase } from "./evidence.ts";
import type { AnalysisError } from "./errors.ts";
import { busiestGenerator } from "./generator.ts";
import { monitoringEvidence } from "./monitoring.ts";
import { measuredWindows, windowOf } from "./phases.ts";
import type { SecondCount } from "./raw/counts.ts";
import { readRawRun, type RawRun } from "./raw/readRun.ts";
import type { Measured, RunOutput, RunRecord } from "./record.ts";
import { defaultLimits, judge, type Limits } from "./validity.ts";

/**
 * Reads the raw files in `folder` and gives the whole record. A file that is missing or broken makes the run invalid, with
 * the reason; it throws only when the disk fails.
 */
export async function completeRecord(output: RunOutput, folder: string, limits = defaultLimits): Promise<RunRecord> {
  return { ...output, measured: measure(output, await readRawRun(output, folder), limits) };
}

/** The pure half of `completeRecord`. */
export function measure(output: RunOutput, raw: RawRun, limits: Limits = defaultLimits): Measured {
  const windows = measuredWindows(output, raw);
  const evidence = gatherEvidence(output, raw, windows);
  const { ingress, egress, generator } = evidence;
  return {
    windows,
    proof: egress === null ? null : proofOf(egress),
    requests: ingress === null ? null : total(ingress, ({ counted, made }) => counted ?? made),
    errors: ingress === null ? null : total(ingress, ({ errors }) => errors),
    dropped_iterations: ingress === null ? null : total(ingress, ({ dropped }) => dropped),
    generator: [...generator],
    validity: judge(evidence, limits),
  };
}

function gatherEvidence(output: RunOutput, raw: RawRun, windows: Measured["windows"]): Evidence {
  const loaded = output.load.phases.map(({ phase }) => phase).filter((phase) => phase !== "idle");
  const { scrape_s, phases } = monitoringEvidence(raw.series ?? [], windows);
  return {
    outcome: output.outcome,
    restarted: output.restarted,
    problems: [...raw.problems.map(fileReason), ...unnamedFiles(output, loaded)],
    toolErrors: [...raw.iperf].flatMap(([phase, test]) =>
      test.state === "failed" ? [{ phase, error: test.error }] : [],
    ),
    egress:
      output.expected === null
        ? null
        : egressEvidence(output.expected, raw, output.load.started_s, output.source.kind === "netns"),
    ingress: output.cell.scenario === "ingress" ? loaded.map((phase) => ingressPhase(phase, raw)) : null,
    generator: loaded.flatMap((phase) => {
      const window = windowOf(windows, phase);
      return window === null ? [] : [busiestGenerator(phase, raw.generators, window)];
    }),
    monitoring: phases,
    scrape_s,
  };
}

/** Without the folder: the record moves with its files. */
function fileReason({ file, place, problem }: AnalysisError): string {
  return [basename(file), place, problem].filter((part) => part !== "").join(": ");
}

/** Files without which a run says nothing. */
function unnamedFiles({ cell, files, settings, source }: RunOutput, loaded: readonly string[]): string[] {
  const needed =
    cell.scenario === "egress"
      ? [
          "iperf3.server",
          ...(source.kind === "netns" ? ["counters"] : []),
          "probe",
          "address",
          ...loaded.map((phase) => `iperf3.${phase}`),
        ]
      : loaded
          .filter((phase) => !(`k6.${phase}.stream` in files))
          .flatMap((phase) => [
            `k6.${phase}`,
            ...(settings["countAnswers"] === "false" || `k6.${phase}.answers` in files ? [] : [`k6.${phase}.counts`]),
          ]);
  return needed.filter((key) => !(key in files)).map((key) => `the run left no file for ${key}`);
}

function ingressPhase(phase: string, raw: RawRun): IngressPhase {
  const summary = raw.k6.get(phase);
  const seconds = raw.counts.get(phase)?.seconds;
  return {
    phase,
    made: summary?.requests ?? 0,
    counted: requestsIn(seconds),
    logged: requestsIn(raw.answers.get(phase)),
    errors: total(seconds ?? [], ({ errors }) => errors),
    dropped: summary?.dropped_iterations ?? 0,
  };
}

function requestsIn(seconds: readonly SecondCount[] | undefined): number | null {
  return seconds === undefined ? null : total(seconds, ({ requests }) => requests);
}

function proofOf({
  expected,
  opened,
  logged,
  counted,
  sources,
  leakedAtGateway,
  hasCounters,
  probes,
  gateway,
  toolBytes,
}: EgressEvidence) {
  const witnesses = [logged, counted].flatMap((seen) => (seen === null ? [] : [seen]));
  const proven = witnesses.map((seen) => seen.filter(({ address, expected: wanted }) => address === wanted).length);
  const [own, other] = probes.map(({ asked, expected: right, wrong, failed }) => ({
    asked,
    expected: right,
    wrong,
    failed,
  }));
  const none = { asked: 0, expected: 0, wrong: 0, failed: 0 };
  const strays = total(
    sources.filter(({ address }) => hasCounters && address !== expected.source),
    ({ packets }) => packets,
  );
  return {
    sources: [...sources],
    connections: logged?.length ?? counted?.length ?? 0,
    /** A connection is proven when every witness of this platform saw it with the expected address. */
    proven: proven.length === (hasCounters ? 2 : 1) ? Math.min(...proven, opened) : 0,
    leaked: Math.max(strays, leakedAtGateway),
    probes: own ?? none,
    otherProbes: other ?? none,
    gateway_packets: gateway?.packets ?? (hasCounters ? 0 : null),
    gateway_bytes: gateway?.bytes ?? (hasCounters ? 0 : null),
    tool_bytes: toolBytes,
  };
}

function total<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}
