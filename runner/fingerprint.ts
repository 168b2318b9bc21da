/** What a run stood on, as environment.json keeps it: the bed, which must match, and what is under test, which may differ. Pure but for `machineFacts`. */
import { arch, cpus, release, totalmem } from "node:os";
import { environmentSchema, type Environment } from "../analysis/environment.ts";
import type { RunOutput } from "../analysis/record.ts";

type Facts = Environment["bed"];

export interface Fingerprint {
  readonly bed: Facts;
  readonly under_test: Facts;
}

/** Tools that make or record load: a bed with other versions of them measures differently. */
const loadTools: Readonly<Record<RunOutput["cell"]["scenario"], readonly string[]>> = {
  egress: ["iperf3"],
  ingress: ["k6"],
};
const monitoringTools = ["prometheus", "node_exporter"];

/** Settings that belong to the bed of a scenario; the others that dominate are under test. */
export const bedSettings = [
  "phases",
  "duration",
  "warmup",
  "window",
  "mtu",
  "streams",
  "monitoring",
  "countAnswers",
  "logAnswers",
  "load.placement",
  "parallelism",
  "aks.nodes",
] as const;
const underTestSettings = ["keepalive", "workers"];

/** Facts of this machine that decide what can be measured on it. */
export function machineFacts(): Facts {
  const [first] = cpus();
  return {
    cpu: first?.model ?? "",
    cores: cpus().length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    architecture: arch(),
    kernel: release(),
  };
}

/** Environments whose load does not run on this machine: what it is decides nothing there. */
const elsewhere: readonly string[] = ["aks", "existing"];

/** Facts of where a run's load and nodes stood: this machine, or the cluster's own nodes as they say themselves. */
function placeFacts({ cell, versions, settings }: RunOutput, machine: Facts): Facts {
  const cluster = Object.fromEntries(
    ["kubelet", "container-runtime"].flatMap((name) => (name in versions ? [[name, versions[name] ?? ""]] : [])),
  );
  if (!elsewhere.includes(cell.environment)) return { ...machine, ...cluster };
  const size = settings["aks.vmSize"];
  return { kernel: versions["kernel"] ?? "", ...cluster, ...(size === undefined ? {} : { node_size: size }) };
}

/** Whether a bundle's runs were made on this machine, so that another one is another bed. */
export const madeHere = (bundle: Environment | undefined): boolean =>
  !elsewhere.includes(String(bundle?.bed["environment"] ?? ""));

/** Facts of one run. Those of a scenario carry its name, so that a bundle can hold both scenarios. */
export function fingerprintOf(run: RunOutput, machine: Facts): Fingerprint {
  const { scenario, environment, cni, gateway } = run.cell;
  const settings = (names: readonly string[]): Facts =>
    Object.fromEntries(
      names.flatMap((name) => (name in run.settings ? [[`${scenario}.${name}`, run.settings[name] ?? ""]] : [])),
    );
  const versions = (names: readonly string[]): Facts =>
    Object.fromEntries(names.flatMap((name) => (name in run.versions ? [[name, run.versions[name] ?? ""]] : [])));
  const gatewayFacts: Facts =
    gateway === "" || gateway === "direct" ? {} : { [`gateway.${gateway}`]: run.versions[gateway] ?? "" };
  return {
    bed: {
      ...placeFacts(run, machine),
      environment,
      ...versions([...loadTools[scenario], ...monitoringTools]),
      ...settings(bedSettings),
    },
    under_test: {
      [`cni.${cni}`]: run.versions[cni] ?? "",
      ...gatewayFacts,
      ...versions(["gateway-api"]),
      ...settings(underTestSettings),
    },
  };
}

/** A fact of the bed that is not what the bundle's earlier runs had. */
export interface Unlike {
  readonly fact: string;
  readonly bundle: string;
  readonly run: string;
}

/** Adds a run's facts to a bundle's. `unlike` is not empty when the run stood on another bed: then nothing is added. */
export function mergeFingerprint(
  bundle: Environment | undefined,
  run: Fingerprint,
): { environment: Environment; unlike: readonly Unlike[] } {
  const before = bundle ?? { schema: environmentSchema, bed: {}, under_test: {} };
  const unlike = Object.entries(run.bed).flatMap(([fact, value]) => {
    const was = before.bed[fact];
    return was === undefined || was === value ? [] : [{ fact, bundle: String(was), run: String(value) }];
  });
  if (unlike.length > 0) return { environment: before, unlike };
  const underTest = { ...before.under_test };
  for (const [fact, value] of Object.entries(run.under_test)) underTest[fact] = joined(underTest[fact], value);
  return { environment: { ...before, bed: { ...before.bed, ...run.bed }, under_test: underTest }, unlike };
}

/** Versions under test that are not among those of the bundle's earlier runs; settings that are under test do not count. */
export function changedVersions(bundle: Environment | undefined, run: Fingerprint): Unlike[] {
  return Object.entries(run.under_test).flatMap(([fact, value]) => {
    const was = bundle?.under_test[fact];
    if (was === undefined || !/^(cni\.|gateway\.|gateway-api$)/.test(fact)) return [];
    return String(was).split(separator).includes(String(value))
      ? []
      : [{ fact, bundle: String(was), run: String(value) }];
  });
}

const separator = " | ";

/** Facts under test may differ from run to run: all values, in the order in which they came. */
function joined(before: Facts[string] | undefined, value: Facts[string]): Facts[string] {
  if (before === undefined || before === value) return value;
  const values = String(before).split(separator);
  return values.includes(String(value)) ? before : [...values, String(value)].join(separator);
}
