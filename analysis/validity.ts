/**
 * Validity of a run and of its metrics: rules written before, applied by machine, nothing deleted. Each rule looks at the
 * evidence and gives sentences; none means that it holds. Pure.
 */
import type { EgressEvidence, Evidence, Probes, SeenConnection } from "./evidence.ts";
import { count, percent, whole } from "./format.ts";
import type { Measured } from "./record.ts";

/** What a run may have and still be valid. */
export interface Limits {
  /** Failed requests as a share of all, 0 to 1. */
  readonly errors: number;
  /** Distance of the gateway's bytes from the tool's as a share of the tool's, 0 to 1. */
  readonly bytes: number;
  /** Above this share of what it may use the load generator is the bottleneck. */
  readonly generatorCpu: number;
  /** Below this share of idle time the machine is the bottleneck. */
  readonly hostIdle: number;
  /** Longest time without a sample, in scrape intervals. */
  readonly gapIntervals: number;
}

export const defaultLimits: Limits = { errors: 0.001, bytes: 0.05, generatorCpu: 0.8, hostIdle: 0.05, gapIntervals: 2 };

/**
 * Headers that IPv4 and TCP with timestamps put around the payload of a packet: the gateway counts whole packets, the tool
 * its payload. Large packets of segmentation offload carry them once, others each time: 3.6 % at an MTU of 1450.
 */
const headerBytes = 52;

/** Scrapes come a little early or late; a tenth of an interval is no gap. */
const jitter = 0.1;

type Rule = (evidence: Evidence, limits: Limits) => string[];

/** A rule that only concerns egress runs. */
const egress =
  (rule: (evidence: EgressEvidence, limits: Limits) => string[]): Rule =>
  (evidence, limits) =>
    evidence.egress === null ? [] : rule(evidence.egress, limits);

/** Comparing two records of the same load makes sense when the load came to its end. */
const ifComplete =
  (rule: Rule): Rule =>
  (evidence, limits) =>
    evidence.outcome.ok && evidence.toolErrors.length === 0 && evidence.problems.length === 0
      ? rule(evidence, limits)
      : [];

/** Every rule that makes a run invalid. */
export const runRules: Readonly<Record<string, Rule>> = {
  toolFailed: ({ outcome, toolErrors }) => [
    ...(outcome.ok ? [] : [`the load failed: ${outcome.error === "" ? "it gave no reason" : outcome.error}`]),
    ...toolErrors.map(({ phase, error }) => `iperf3 failed in phase ${phase}: ${error}`),
  ],
  restarted: ({ restarted }) =>
    restarted.length === 0 ? [] : [`restarted or out of memory during the run: ${restarted.join(", ")}`],
  brokenFiles: ({ problems }) => [...problems],
  wrongSource: egress(({ logged, counted }) => [
    ...wrongSources(logged, "the server's iperf3 log"),
    ...wrongSources(counted, "the server's kernel"),
  ]),
  unproven: ifComplete(
    egress(({ opened, logged, counted, hasCounters }) => [
      ...unproven(logged, opened, "the server's iperf3 log"),
      // The kernel also counts an attempt that a busy server turned away before the test.
      ...(hasCounters ? unproven(counted, Math.max(opened, counted?.length ?? 0), "the server's kernel") : []),
    ]),
  ),
  leaked: egress(({ expected: { source }, hasCounters, sources, leakedAtGateway }) => [
    ...sources
      .filter(({ address }) => hasCounters && address !== source)
      .map(
        ({ address, packets }) => `${count(packets, "packet")} reached the server from ${address} instead of ${source}`,
      ),
    ...(leakedAtGateway > 0
      ? [
          `${count(leakedAtGateway, "packet")} of the measured flow left the translating node with another source than ${source}`,
        ]
      : []),
  ]),
  probes: egress(({ probes: [measured, other] }) => [
    ...probeReasons(measured),
    // Where there is no other server, nobody was asked.
    ...(other.target === "" ? [] : probeReasons(other)),
  ]),
  strangers: egress(({ strangers }) =>
    strangers.map(
      ({ server, source, questions, wanted }) =>
        `the address service at ${server} saw ${count(questions, "question")} from ${source} instead of ${wanted.join(", ")}`,
    ),
  ),
  bytes: ifComplete(egress((evidence, limits) => (evidence.hasCounters ? byteReasons(evidence, limits) : []))),
  resets: egress(({ resets }) => resets.map((name) => `${name} was reset during the run: its counts prove nothing`)),
  counts: ifComplete(({ ingress }) =>
    (ingress ?? []).flatMap(({ phase, made, counted, logged }) => [
      ...(made === 0 ? [`k6 made no request in phase ${phase}`] : []),
      ...(counted !== null && counted !== made
        ? [`the counts per second of phase ${phase} add up to ${whole(counted)} requests, k6 made ${whole(made)}`]
        : []),
      ...(logged !== null && logged !== made
        ? [`the log of every answer of phase ${phase} has ${whole(logged)} lines, k6 made ${count(made, "request")}`]
        : []),
    ]),
  ),
  errors: ({ ingress }, limits) => {
    const errors = sum(ingress ?? [], (phase) => phase.errors);
    const requests = sum(ingress ?? [], (phase) => phase.counted ?? phase.made);
    return requests > 0 && errors / requests > limits.errors
      ? [
          `${whole(errors)} of ${count(requests, "request")} failed (${percent(errors / requests)}), at most ${percent(limits.errors, 1)} are allowed`,
        ]
      : [];
  },
};

/** Applies all rules. `valid` is false as soon as one gives a reason. */
export function judge(evidence: Evidence, limits: Limits = defaultLimits): Measured["validity"] {
  const reasons = Object.values(runRules).flatMap((rule) => rule(evidence, limits));
  return {
    valid: reasons.length === 0,
    reasons: [...new Set(reasons)],
    voids: [...monitoringVoids(evidence, limits), ...loadVoids(evidence, limits)],
    labels: labels(evidence, limits),
  };
}

export const endHostBound = "end-host bound";

/** CPU and memory need samples over the whole window. */
function monitoringVoids({ monitoring, scrape_s }: Evidence, limits: Limits): Measured["validity"]["voids"] {
  return monitoring.flatMap(({ phase, gap_s, samples, resets }) => {
    const reason = monitoringReason(gap_s, samples, resets, limits.gapIntervals * scrape_s, jitter * scrape_s);
    return reason === null ? [] : ["cpu", "memory"].map((metric) => ({ metric, phase, reason }));
  });
}

function monitoringReason(
  gap_s: number | null,
  samples: number,
  resets: readonly string[],
  allowed_s: number,
  slack_s: number,
): string | null {
  if (gap_s === null) return "monitoring has no sample in the window";
  if (gap_s > allowed_s + slack_s) {
    return `monitoring has a gap of ${gap_s.toFixed(1)} s in the window, at most ${allowed_s.toFixed(1)} s are allowed`;
  }
  if (samples < 2) return "monitoring has 1 sample in the window, a rate needs 2";
  if (resets.length > 0) return `the CPU counter of ${resets.join(", ")} was reset in the window`;
  return null;
}

/** Capacity and latency under k6 say nothing about the gateway when the end hosts were the bottleneck. */
function loadVoids(evidence: Evidence, limits: Limits): Measured["validity"]["voids"] {
  return (evidence.ingress ?? []).flatMap(({ phase }) => {
    const why = boundReasons(evidence, phase, limits);
    const reason = `${endHostBound}: ${why.join("; ")}`;
    return why.length === 0
      ? []
      : ["requests", "latency_p50", "latency_p99"].map((metric) => ({ metric, phase, reason }));
  });
}

/** Saturating iperf3 takes all that the end hosts have, by design. */
function labels(evidence: Evidence, limits: Limits): Measured["validity"]["labels"] {
  return evidence.generator
    .filter(({ phase }) => phase === "saturated" || boundReasons(evidence, phase, limits).length > 0)
    .map(({ phase }) => ({ phase, label: endHostBound }));
}

function boundReasons({ generator, ingress }: Evidence, phase: string, limits: Limits): string[] {
  const { generator_cpu = null, host_idle = null } = generator.find((entry) => entry.phase === phase) ?? {};
  const dropped = ingress?.find((entry) => entry.phase === phase)?.dropped ?? 0;
  return [
    ...(generator_cpu !== null && generator_cpu > limits.generatorCpu
      ? [
          `the generator used ${percent(generator_cpu, 1)} of what it may use, at most ${percent(limits.generatorCpu, 0)} are allowed`,
        ]
      : []),
    ...(host_idle !== null && host_idle < limits.hostIdle
      ? [`the host was idle ${percent(host_idle, 1)} of the time, at least ${percent(limits.hostIdle, 0)} are needed`]
      : []),
    ...(dropped > 0 ? [`${count(dropped, "iteration")} could not be started in time`] : []),
  ];
}

function wrongSources(seen: readonly SeenConnection[] | null, witness: string): string[] {
  const wrong = (seen ?? []).filter(({ address, expected }) => address !== expected);
  if (wrong.length === 0) return [];
  const listed = (pick: (connection: SeenConnection) => string): string => [...new Set(wrong.map(pick))].join(", ");
  return [
    `${whole(wrong.length)} of ${count(seen?.length ?? 0, "measured connection")} came from ${listed(({ address }) => address)} instead of the expected source address ${listed(({ expected }) => expected)}, says ${witness}`,
  ];
}

function unproven(seen: readonly SeenConnection[] | null, opened: number, witness: string): string[] {
  if (seen === null) return [`the source address is not proven: nothing was recorded by ${witness}`];
  if (seen.length === opened && opened > 0) return [];
  return [
    `the source address is not proven for every connection: iperf3 opened ${whole(opened)}, ${witness} has ${whole(seen.length)}`,
  ];
}

function probeReasons({ target, asked, wrong, failed, wrongAnswers, wanted }: Probes): string[] {
  if (asked === 0)
    return [`the load pod did not ask ${target} for its address: nothing shows that it was right all the time`];
  return [
    ...(wrong > 0
      ? [
          `${whole(wrong)} of ${count(asked, "question")} of the load pod to ${target} were answered with ${wrongAnswers.join(", ")} instead of ${wanted.join(", ")}`,
        ]
      : []),
    ...(failed > 0
      ? [`${whole(failed)} of ${count(asked, "question")} of the load pod to ${target} got no answer`]
      : []),
  ];
}

function byteReasons({ gateway, toolBytes }: EgressEvidence, limits: Limits): string[] {
  if (gateway === null) return ["the translating node kept no counter of the measured flow"];
  const payload = gateway.bytes - headerBytes * gateway.packets;
  const distance = Math.abs(payload - toolBytes) / Math.max(1, toolBytes);
  return distance > limits.bytes
    ? [
        `the translating node counted ${whole(payload)} bytes of payload, iperf3 sent ${whole(toolBytes)}: ${percent(distance, 1)} apart, at most ${percent(limits.bytes, 0)} are allowed`,
      ]
    : [];
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
