/** One run on a cluster: what each generator is told, the Job that carries it, the files that it leaves. Pure. */
import type { AgentPlan } from "../load/agents/run.ts";
import { addressPort, iperf3Port } from "../load/ports.ts";
import * as steps from "../load/steps.ts";
import type { LoadProfile, LoadResult, RunPlan } from "../platform.ts";
import { egressNodeLabel, nodeLabel } from "./clusters/kindConfig.ts";
import { restrictedContainer, restrictedPod } from "./objects.ts";

type Iperf3 = Extract<LoadProfile, { kind: "iperf3" }>;
type K6 = Extract<LoadProfile, { kind: "k6" }>;

/** Shares of a whole number for `runners`: they differ by at most one and add up. */
export function sharesOf(total: number, runners: number): number[] {
  return Array.from({ length: runners }, (_, index) => Math.floor(total / runners) + (index < total % runners ? 1 : 0));
}

/** In an expectation: the address of the node that the generator stands on. */
export const ownNode = "{node}";

/** Generators of a run: each client has as many as the plan says. */
export const runnerCount = (profile: LoadProfile, { parallelism }: Pick<RunPlan, "parallelism">): number =>
  profile.kind === "iperf3" ? profile.clients.length * parallelism : parallelism;

/**
 * Who asks whom, as far as this cluster can tell; an empty other server is not asked.
 * @param expected of each client, in their order
 */
export function egressPlan(
  profile: Iperf3,
  run: RunPlan,
  expected: readonly [steps.EgressExpectation, ...steps.EgressExpectation[]],
): AgentPlan {
  const [first] = expected;
  const both = first.otherServer !== "" && first.otherSource !== "";
  const asked = <T>(items: readonly T[]): T[] => (both ? [...items] : items.slice(0, 1));
  const probe = steps.egressProbe(first, profile.probeSeconds);
  const runners = runnerCount(profile, run);
  const ports = Array.from({ length: runners }, (_, index) => iperf3Port + index);
  // The half rate is that of all together.
  const each = { ...profile, baseRate: profile.baseRate / runners };
  return {
    run: run.run,
    tool: "iperf3",
    versionCommand: ["iperf3", "--version"],
    runners: ports.map((port) => run.phases.map((phase) => steps.iperf3Step(each, run, phase, first.server, port))),
    gates: expected.flatMap((of) => {
      const { checks } = steps.egressGate(of);
      return Array.from({ length: run.parallelism }, () => ({ deadline_s: 60, checks: asked(checks) }));
    }),
    probe: { ...probe, targets: asked(probe.targets) },
    records: {
      url: `http://${first.server}:${addressPort}/records`,
      servers: ports.map((port) => `iperf3-${port}.log`),
    },
  };
}

/** What each generator's traffic must look like, once it is known where they stood; the record's `expected`. */
export function expectationOf(
  clients: readonly [steps.EgressExpectation, ...steps.EgressExpectation[]],
  nodes: readonly string[],
): NonNullable<LoadResult["expected"]> {
  const each = nodes.length / clients.length;
  const runners = nodes.map((node, index) => {
    const of = clients[Math.floor(index / each)] ?? clients[0];
    const at = (address: string): string => (address === ownNode ? node : address);
    return { source: at(of.source), otherSource: at(of.otherSource) };
  });
  const [first] = runners;
  if (first === undefined) throw new Error("a run without a generator");
  const { server, otherServer } = clients[0];
  return { ...first, server, otherServer, ...(runners.length > 1 ? { runners } : {}) };
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
    gates: users.map(() => ingressGate(profile, direct, url)),
    probe: null,
    records: null,
  };
}

/** A route whose weights were changed may go on with the old ones for a while: the split itself must be right. */
function ingressGate(profile: K6, direct: boolean, url: string): AgentPlan["gates"][number] {
  const gate = steps.ingressGate(profile, direct, url);
  const live = profile.backends.filter(({ weight }) => weight > 0);
  const sum = live.reduce((total, { weight }) => total + weight, 0);
  const shares = live.map(({ weight }) => weight / sum);
  return { deadline_s: 120, checks: gate.checks.map((check) => (direct ? check : { ...check, shares })) };
}

/** Longest that a run may take from its pods' start, in seconds. */
export const deadlineOf = (plan: AgentPlan): number =>
  Math.max(...plan.gates.map(({ deadline_s }) => deadline_s)) +
  180 +
  Math.max(...plan.runners.map((runner) => steps.longest(runner)));

/** Files of the first runner by role, of the others with their folder; what only netns can count is not among them. */
export function filesOf(profile: LoadProfile, run: RunPlan): Record<string, string> {
  const all = profile.kind === "iperf3" ? steps.iperf3Files(run.phases) : steps.k6Files(run.phases, profile);
  const own = Object.entries(all).filter(([role]) => role !== "counters");
  const length = runnerCount(profile, run);
  const runners = Array.from({ length }, (_, index) => (index === 0 ? "" : `runner-${index + 1}/`));
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
  /** ConfigMap of the scripts and the plan. */
  readonly scripts: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of its pods. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly plan: AgentPlan;
  /** Its runners: number of the first, and how many. */
  readonly first: number;
  readonly runners: number;
  /** What tells apart runs of one name in the store; null: the Job's own uid. */
  readonly attempt: string | null;
  readonly toolImage: string;
  readonly agentImage: string;
  /** Node by the plan's name; empty: spread over the nodes that take pods, gateways left out. */
  readonly node: string;
  readonly storeUrl: string;
}

/** Label that all generators of a run have, whatever their Job: they are spread together. */
const runLabel = "cni-traffic-lab/run";

/** The Job of one client: a pod for each of its runners; never tried again, kept until its results are out. */
export function loadJob(facts: JobFacts) {
  const { name, scripts, annotations, plan, first, runners, attempt, toolImage, agentImage, node, storeUrl } = facts;
  const labels = { ...facts.labels, [runLabel]: scripts };
  const mounts = [
    { name: "lab", mountPath: "/lab", readOnly: true },
    { name: "shared", mountPath: "/shared" },
  ];
  const field = (path: string) => ({ valueFrom: { fieldRef: { fieldPath: path } } });
  const env = [
    { name: "NODE_ADDRESS", ...field("status.hostIP") },
    { name: "FIRST_RUNNER", value: String(first) },
    {
      name: "ATTEMPT",
      ...(attempt === null ? field("metadata.labels['batch.kubernetes.io/controller-uid']") : { value: attempt }),
    },
  ];
  const spread = {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: egressNodeLabel, operator: "DoesNotExist" }] }],
        },
      },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        // A load that stands together would not grow with the cluster: better no run than another one than asked for.
        whenUnsatisfiable: "DoNotSchedule",
        nodeTaintsPolicy: "Honor",
        labelSelector: { matchLabels: { [runLabel]: scripts } },
      },
    ],
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
        metadata: { labels, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
        spec: {
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          // The agent sees what the tool costs.
          shareProcessNamespace: true,
          securityContext: restrictedPod,
          terminationGracePeriodSeconds: 2,
          ...(node === "" ? spread : { nodeSelector: { [nodeLabel]: node } }),
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
              env,
              resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
              securityContext: restrictedContainer,
              volumeMounts: mounts,
            },
          ],
          volumes: [
            { name: "lab", configMap: { name: scripts } },
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
