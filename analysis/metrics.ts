/** Data dictionary: every metric that a sample may have. The report explains its numbers with it. */
export interface Metric {
  readonly name: string;
  readonly unit: string;
  /** One plain sentence. */
  readonly meaning: string;
}

export const metrics = [
  {
    name: "goodput",
    unit: "bit/s",
    meaning: "Payload that the receiver got, per second of the measured part (iperf3 end.sum_received).",
  },
  { name: "retransmits", unit: "1/s", meaning: "TCP segments that the sender had to send again, per second." },
  {
    name: "rtt",
    unit: "s",
    meaning:
      "Round-trip time that TCP itself measures, mean of the measured intervals; under full load it includes queues.",
  },
  {
    name: "cpu",
    unit: "cores",
    meaning:
      "Processor time per second; the host's has all modes but idle and iowait, a role's is that of its processes.",
  },
  {
    name: "cpu_softirq",
    unit: "cores",
    meaning: "The part of the host's processor time spent in network interrupts, which is charged to no role.",
  },
  {
    name: "steal",
    unit: "cores",
    meaning: "Processor time that the hypervisor gave to other machines; not part of cpu.",
  },
  {
    name: "memory",
    unit: "bytes",
    meaning: "Host: total less available memory. Role: working set. Mean of the samples in the window.",
  },
  {
    name: "cpu_per_gbit",
    unit: "core*s/Gbit",
    meaning: "Processor time above idle for each Gbit of goodput.",
  },
  {
    name: "cpu_per_krequest",
    unit: "core*s/1000",
    meaning: "Processor time above idle for each 1,000 requests.",
  },
  { name: "requests", unit: "1/s", meaning: "Answers per second of the measured part, errors included." },
  { name: "errors", unit: "1/s", meaning: "Requests without a good answer, per second of the measured part." },
  {
    name: "dropped_iterations",
    unit: "1/s",
    meaning: "Requests that the open-model generator could not start in time, per second of the whole load phase.",
  },
  { name: "latency_p50", unit: "s", meaning: "Half of the good answers came within this time." },
  { name: "latency_p99", unit: "s", meaning: "99 of 100 good answers came within this time." },
  { name: "share", unit: "", meaning: "Part of all good answers that this backend gave, 0 to 1." },
  {
    name: "split_distance",
    unit: "",
    meaning:
      "Part of the good answers that should have gone to another backend, 0 to 1: mean over whole windows of 5 s. Fewer requests keep it higher by chance.",
  },
  {
    name: "split_distance_to_chance",
    unit: "",
    meaning:
      "split_distance over what a random splitter with the right weights gives on average at the same numbers of answers: 1 is chance.",
  },
  {
    name: "generator_cpu",
    unit: "",
    meaning: "Processor time of the load generator as a part of all cores that it may use, 0 to 1.",
  },
  { name: "host_idle", unit: "", meaning: "Part of the host's processor time that was idle during the load, 0 to 1." },
] as const satisfies readonly Metric[];

export type MetricName = (typeof metrics)[number]["name"];

/** Whether something is the name of a metric. */
export function isMetric(name: string): name is MetricName {
  return metrics.some((metric) => metric.name === name);
}

/** Unit of a metric; blank for a plain number. */
export function unitOf(name: MetricName): string {
  return metrics.find((metric) => metric.name === name)?.unit ?? "";
}

/** Which way a metric gets better; those that are neither good nor bad in themselves are not here. */
const better: ReadonlyMap<string, "higher" | "lower"> = new Map<MetricName, "higher" | "lower">([
  ["goodput", "higher"],
  ["requests", "higher"],
  ["rtt", "lower"],
  ["latency_p50", "lower"],
  ["latency_p99", "lower"],
  ["cpu", "lower"],
  ["memory", "lower"],
  ["cpu_per_gbit", "lower"],
  ["cpu_per_krequest", "lower"],
  ["split_distance_to_chance", "lower"],
]);

/** The better direction of a metric; null where there is none. */
export function betterOf(metric: string): "higher" | "lower" | null {
  return better.get(metric) ?? null;
}

/** What a metric is computed from; when one of these is void, so is the metric. */
const bases: Partial<Record<MetricName, readonly MetricName[]>> = {
  cpu_softirq: ["cpu"],
  steal: ["cpu"],
  cpu_per_gbit: ["cpu"],
  cpu_per_krequest: ["cpu"],
};

/** The metric itself and what it rests on; costs rest on the idle window too. */
export function premisesOf(metric: MetricName, phase: string): { metric: MetricName; phase: string }[] {
  const own = [metric, ...(bases[metric] ?? [])].map((name) => ({ metric: name, phase }));
  return metric.startsWith("cpu_per_") ? [...own, { metric: "cpu", phase: "idle" }] : own;
}
