import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  egressPlan,
  expectationOf,
  filesOf,
  ingressPlan,
  jobName,
  loadJob,
  ownNode,
  sharesOf,
  type JobFacts,
} from "../../../components/kubernetes/loadPlan.ts";
import { mergeSummaries } from "../../../components/kubernetes/tasks/job.ts";
import { offShares } from "../../../components/load/agents/gate.ts";
import { iperf3Error, k6Error, type AgentSummary } from "../../../components/load/agents/run.ts";
import type { LoadProfile, RunPlan } from "../../../components/platform.ts";
import { readSettings, SettingsError } from "../../../scenarios/settings.ts";

const run: RunPlan = {
  run: "r1",
  phases: [
    { phase: "idle", seconds: 1 },
    { phase: "closed", seconds: 2 },
  ],
  warmupSeconds: 1,
  windowSeconds: 1,
  placement: "inside",
  parallelism: 2,
};
const profile: Extract<LoadProfile, { kind: "k6" }> = {
  kind: "k6",
  client: "client",
  vus: 5,
  rate: 0,
  timeoutSeconds: 5,
  countAnswers: true,
  logAnswers: false,
  backends: [
    { name: "echo-1", weight: 60 },
    { name: "echo-2", weight: 0 },
    { name: "echo-3", weight: 20 },
  ],
  gateway: { url: "http://10.0.0.1/echo" },
};
const plan = ingressPlan(profile, run, { url: "http://10.0.0.1/echo", direct: false });

const job: JobFacts = {
  name: "load-x",
  scripts: "load-x",
  labels: {},
  annotations: {},
  plan,
  first: 1,
  runners: 2,
  attempt: null,
  toolImage: "k6:1",
  agentImage: "node:1",
  node: "",
  storeUrl: "http://results",
};

describe("a load on a cluster", () => {
  it("shares users so that they add up and differ by at most one", () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.integer({ min: 1, max: 64 }), (total, runners) => {
        const shares = sharesOf(total, runners);
        expect(shares.reduce((sum, one) => sum + one, 0)).toBe(total);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("gives each runner its users and waits for the split of the backends that have weight", () => {
    const users = plan.runners.map((steps) => steps[1]?.tool?.command.find((word) => word.startsWith("VUS=")));
    expect(users).toEqual(["VUS=3", "VUS=2"]);
    for (const { checks } of plan.gates) {
      expect(checks).toEqual([{ url: "http://10.0.0.1/echo", answers: ["echo-1", "echo-3"], shares: [0.75, 0.25] }]);
    }
  });

  it("names the files of further runners with their folder, and none that only namespaces have", () => {
    const files = filesOf(profile, run);
    expect(files["k6.closed"]).toBe("k6-closed.json");
    expect(files["runner-2/k6.closed.counts"]).toBe("runner-2/k6-closed.counts.jsonl");
    expect(Object.keys(files).some((role) => role.endsWith("counters"))).toBe(false);
  });

  it("is a Job that is tried once, kept, and restricted", () => {
    const labels = { "cni-traffic-lab/role": "client" };
    const { spec } = loadJob({ ...job, labels, node: "worker" });
    expect(spec).toMatchObject({ backoffLimit: 0, completions: 2, parallelism: 2, completionMode: "Indexed" });
    expect(spec).not.toHaveProperty("ttlSecondsAfterFinished");
    expect(spec.activeDeadlineSeconds).toBeGreaterThan(120);
    for (const container of spec.template.spec.containers) {
      expect(container.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        runAsNonRoot: true,
        capabilities: { drop: ["ALL"] },
      });
    }
  });

  it("has a name of its own for each run, that Kubernetes takes", () => {
    const names = ["r1", "R1", "r.1", "b12-local-cilium-ingress-envoy-100vus-and-much-more-than-fits", "_"].map(
      jobName,
    );
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
  });
});

describe("several egress gateways and generators", () => {
  const two: Extract<LoadProfile, { kind: "iperf3" }> = {
    kind: "iperf3",
    clients: ["client", "client-2"],
    streams: 1,
    baseRate: 8e9,
    probeSeconds: 1,
  };
  const to = { server: "172.18.0.9", otherServer: "172.18.0.10", otherSource: ownNode };
  const expected = [
    { ...to, source: "172.18.0.4" },
    { ...to, source: "172.18.0.5" },
  ] as const;
  const half = { ...run, phases: [{ phase: "half", seconds: 2 }] };
  const both = egressPlan(two, half, expected);

  it("have a server port each and share the half rate", () => {
    const words = both.runners.map((steps) => steps[0]?.tool?.command ?? []);
    const after = (flag: string) => words.map((command) => command[command.indexOf(flag) + 1]);
    expect(after("-p")).toEqual(["5201", "5202", "5203", "5204"]);
    expect(after("-b")).toEqual(Array.from({ length: 4 }, () => String(1e9)));
    expect(both.records?.servers).toHaveLength(4);
    expect(filesOf(two, half)["runner-4/iperf3.half"]).toBe("runner-4/iperf3-half.json");
  });

  it("wait for their own gateway's address, and for their own node's at the other server", () => {
    const answers = both.gates.map(({ checks }) =>
      (checks as { answers: string[] }[]).map((check) => check.answers[0]),
    );
    expect(answers).toEqual([
      ["172.18.0.4", ownNode],
      ["172.18.0.4", ownNode],
      ["172.18.0.5", ownNode],
      ["172.18.0.5", ownNode],
    ]);
  });

  it("are held against where they stood", () => {
    expect(expectationOf(expected, ["10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.2"])).toEqual({
      server: "172.18.0.9",
      otherServer: "172.18.0.10",
      source: "172.18.0.4",
      otherSource: "10.0.0.1",
      runners: [
        { source: "172.18.0.4", otherSource: "10.0.0.1" },
        { source: "172.18.0.4", otherSource: "10.0.0.2" },
        { source: "172.18.0.5", otherSource: "10.0.0.1" },
        { source: "172.18.0.5", otherSource: "10.0.0.2" },
      ],
    });
    expect(expectationOf([{ ...to, source: ownNode }], ["10.0.0.1"])).toEqual({
      server: "172.18.0.9",
      otherServer: "172.18.0.10",
      source: "10.0.0.1",
      otherSource: "10.0.0.1",
    });
  });

  it("are Jobs whose pods are spread together over the nodes that are no gateways", () => {
    const { spec } = loadJob({ ...job, plan: both, name: "load-x-2", first: 3, attempt: "uid-1" }).spec.template;
    expect(spec).toMatchObject({
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          whenUnsatisfiable: "DoNotSchedule",
          nodeTaintsPolicy: "Honor",
          labelSelector: { matchLabels: { "cni-traffic-lab/run": "load-x" } },
        },
      ],
    });
    expect(JSON.stringify(spec)).toContain('{"key":"cni-traffic-lab/egress","operator":"DoesNotExist"}');
    const env = spec.containers.find(({ name }) => name === "agent");
    expect(env).toHaveProperty("env", [
      { name: "NODE_ADDRESS", valueFrom: { fieldRef: { fieldPath: "status.hostIP" } } },
      { name: "FIRST_RUNNER", value: "3" },
      { name: "ATTEMPT", value: "uid-1" },
    ]);
  });
});

describe("how a tool ended", () => {
  it.each([
    ["a whole test", 0, '{"end":{"sum_received":{"bits_per_second":1}}}', ""],
    ["an error that exit status 0 hides", 0, '{"error":"the server is busy"}', "iperf3: the server is busy"],
    ["JSON that is cut off", 0, '{"end":', "iperf3 ended with 0 exit status and its JSON is cut off or missing"],
    ["nothing received", 0, '{"end":{}}', "iperf3 ended without saying what was received"],
  ])("iperf3: %s", (_, status, stdout, error) => {
    expect(iperf3Error({ status, stdout, stderr: "" }).startsWith(error)).toBe(true);
    if (error === "") expect(iperf3Error({ status, stdout, stderr: "" })).toBe("");
  });

  it("k6: a missed threshold is no failure, an exception is", () => {
    expect(k6Error({ status: 99, stdout: "", stderr: "" })).toBe("");
    expect(k6Error({ status: 107, stdout: "", stderr: "boom" })).toBe("k6 ended with exit status 107: boom");
    expect(k6Error({ status: null, stdout: "", stderr: "no end within 9 s" })).toContain("no end within 9 s");
  });
});

describe("the gate", () => {
  const check = { url: "http://x", answers: ["a", "b"], shares: [0.6, 0.4] };
  const answers = (a: number): string[] => Array.from({ length: 300 }, (_, index) => (index < a ? "a" : "b"));

  it("lets a split pass that chance allows, and not the one before", () => {
    expect(offShares(check, answers(180))).toBe("");
    expect(offShares(check, answers(196))).toBe("");
    expect(offShares(check, answers(270))).toContain("a gave 270 of the last 300 answers instead of about 180");
  });

  it("waits for enough answers", () => {
    expect(offShares(check, answers(180).slice(0, 50))).toBe("50 of 300 answers for the split");
  });
});

describe("several generators", () => {
  const summary = (start: number, ok: boolean): AgentSummary => ({
    started_s: start,
    finished_s: start + 10,
    phases: [{ phase: "closed", start_s: start, end_s: start + 10 }],
    outcome: { ok, error: ok ? "" : "k6 died" },
    versions: { k6: "2.2.0" },
  });

  it("are one run from the first start to the last end, failed when one failed", () => {
    expect(mergeSummaries([summary(5, true), summary(3, false)])).toMatchObject({
      started_s: 3,
      finished_s: 15,
      phases: [{ phase: "closed", start_s: 3, end_s: 15 }],
      outcome: { ok: false, error: "k6 died" },
    });
  });

  it.each([
    [{ scenario: "ingress", parallelism: "2" }, /outside there is one/],
    [{ scenario: "ingress", parallelism: "4", vus: "2", "load.placement": "inside" }, /cannot share vus 2/],
    [{ scenario: "egress", parallelism: "17" }, /16 ports/],
    [{ scenario: "egress", parallelism: "9", "egress.gateways": "2" }, /9 for each of 2 gateways are 18; .* at most 8/],
    [
      { scenario: "egress", path: "gateway", "egress.gateways": "2", "egress.ip": "10.0.0.1" },
      /can be on one node only/,
    ],
  ])("that cannot be are refused: %j", (settings, message) => {
    const read = (): unknown => readSettings({ environment: "local", ...settings });
    expect(read).toThrow(SettingsError);
    expect(read).toThrow(message);
  });
});
