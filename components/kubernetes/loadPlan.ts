/** One run on a cluster: what each generator is told, the Job that carries it, the files that it leaves. Pure. */
import type { AgentPlan } from "../load/agents/run.ts";
import { addressPort, iperf3Port } from "../load/ports.ts";
import * as steps from "../load/steps.ts";
import type { LoadProfile, RunPlan } from "../platform.ts";
import { restrictedContainer, restrictedPod } from "./objects.ts";

type Iperf3 = Extract<LoadProfile, { kind: "iperf3" }>;
type K6 = Extract<LoadProfile, { kind: "k6" }>;

/** Shares of a whole number for `runners`: they differ by at most one and add up. */
export function sharesOf(total: number, runners: number): number[] {
  return Array.from({ length: runners }, (_, index) => Math.floor(total / runners) + (index < total % runners ? 1 : 0));
}

/** Who asks whom, as far as this cluster can tell; an empty other server is not asked. */
export function egressPlan(profile: Iperf3, run: RunPlan, expected: steps.EgressExpectation): AgentPlan {
  const ports = Array.from({ length: run.parallelism }, (_, index) => iperf3Port + index);
  const both = expected.otherServer !== "" && expected.otherSource !== "";
  const gate = steps.egressGate(expected);
  const probe = steps.egressProbe(expected, profile.probeSeconds);
  const first = <T>(items: readonly T[]): T[] => (both ? [...items] : items.slice(0, 1));
  // The half rate is that of the whole path.
  const each = { ...profile, baseRate: profile.baseRate / run.parallelism };
  return {
    run: run.run,
    tool: "iperf3",
    versionCommand: ["iperf3", "--version"],
    runners: ports.map((port) => run.phases.map((phase) => steps.iperf3Step(each, run, phase, expected.server, port))),
    gate: { ...gate, deadline_s: 60, checks: first(gate.checks) },
    probe: { ...probe, targets: first(probe.targets) },
    records: {
      url: `http://${expected.server}:${addressPort}/records`,
      servers: ports.map((port) => `iperf3-${port}.log`),
    },
  };
}

export function ingressPlan(
  profile: K6,
  run: RunPlan,
  { url, direct }: { readonly url: string; readonly direct: boolean },
): AgentPlan {
  const users = sharesOf(profile.vus, run.parallelism);
  const rates = sharesOf(profile.rate, run.parallelism);
  return {
    run: run.run,
    tool: "k6",
    versionCommand: ["k6", "version"],
    runners: users.map((vus, index) =>
      run.phases.map((phase) => steps.k6Step({ ...profile, vus, rate: rates[index] ?? 0 }, run, phase, url)),
    ),
    gate: ingressGate(profile, direct, url),
    probe: null,
    records: null,
  };
}

/** A route whose weights were changed may go on with the old ones for a while: the split itself must be right. */
function ingressGate(profile: K6, direct: boolean, url: string): AgentPlan["gate"] {
  const gate = steps.ingressGate(profile, direct, url);
  const live = profile.backends.filter(({ weight }) => weight > 0);
  const sum = live.reduce((total, { weight }) => total + weight, 0);
  const shares = live.map(({ weight }) => weight / sum);
  return { deadline_s: 120, checks: gate.checks.map((check) => (direct ? check : { ...check, shares })) };
}

/** Longest that a run may take from its pods' start, in seconds. */
export const deadlineOf = (plan: AgentPlan): number =>
  plan.gate.deadline_s + 180 + Math.max(...plan.runners.map((runner) => steps.longest(runner)));

/** Files of the first runner by role, of the others with their folder; what only netns can count is not among them. */
export function filesOf(profile: LoadProfile, run: RunPlan): Record<string, string> {
  const all = profile.kind === "iperf3" ? steps.iperf3Files(run.phases) : steps.k6Files(run.phases, profile);
  const own = Object.entries(all).filter(([role]) => role !== "counters");
  const runners = Array.from({ length: run.parallelism }, (_, index) => (index === 0 ? "" : `runner-${index + 1}/`));
  return Object.fromEntries(
    runners.flatMap((folder) => own.map(([role, file]) => [`${folder}${role}`, `${folder}${file}`])),
  );
}

/** Name of a run's Job: the run's own as far as Kubernetes allows it, and a mark that tells apart what was cut off. */
export function jobName(run: string): string {
  let mark = 0;
  for (const letter of run) mark = (mark * 31 + letter.charCodeAt(0)) >>> 0;
  const plain = run
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 40);
  return `load-${plain}-${mark.toString(36)}`.replaceAll(/-+/g, "-");
}

/** What the tool's container does: it runs the command files that the agent leaves, and ends when told. */
export const toolLoop = `cd /shared
n=1
while :; do
  until [ -e $n.sh ]; do
    [ -e stop ] && exit 0
    sleep 0.05
  done
  sh ./$n.sh > $n.out 2> $n.err
  echo $? > $n.rc.new && mv $n.rc.new $n.rc
  n=$((n + 1))
done`;

export interface JobFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly plan: AgentPlan;
  readonly toolImage: string;
  readonly agentImage: string;
  /** Node by the plan's name; empty: anywhere, spread over the nodes. */
  readonly node: string;
  readonly storeUrl: string;
}

/** The Job: one pod for each runner; never tried again, kept until its results are out. */
export function loadJob({ name, labels, plan, toolImage, agentImage, node, storeUrl }: JobFacts) {
  const runners = plan.runners.length;
  const mounts = [
    { name: "lab", mountPath: "/lab", readOnly: true },
    { name: "shared", mountPath: "/shared" },
  ];
  const spread = {
    maxSkew: 1,
    topologyKey: "kubernetes.io/hostname",
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: { "job-name": name } },
  };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, labels },
    spec: {
      completions: runners,
      parallelism: runners,
      completionMode: "Indexed",
      backoffLimit: 0,
      activeDeadlineSeconds: Math.ceil(deadlineOf(plan)),
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          // The agent sees what the tool costs.
          shareProcessNamespace: true,
          securityContext: restrictedPod,
          terminationGracePeriodSeconds: 2,
          ...(node === "" ? {} : { nodeSelector: { "cni-traffic-lab/node": node } }),
          topologySpreadConstraints: [spread],
          containers: [
            {
              name: "tool",
              image: toolImage,
              command: ["sh", "-c", toolLoop],
              securityContext: restrictedContainer,
              volumeMounts: mounts,
            },
            {
              name: "agent",
              image: agentImage,
              command: ["node", "/lab/pod.ts", "/lab/plan.json", "/shared", storeUrl],
              resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
              securityContext: restrictedContainer,
              volumeMounts: mounts,
            },
          ],
          volumes: [
            { name: "lab", configMap: { name } },
            { name: "shared", emptyDir: {} },
          ],
        },
      },
    },
  };
}

/** Files that the Job's pods are given. */
export function loadScripts(
  name: string,
  labels: Readonly<Record<string, string>>,
  plan: AgentPlan,
  texts: Readonly<Record<string, string>>,
) {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, labels },
    data: { ...texts, "plan.json": JSON.stringify(plan) },
  };
}
