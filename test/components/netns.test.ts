import { describe, expect, it } from "vitest";
import { deploy } from "../../scenarios/deploy.ts";
import { readSettings } from "../../scenarios/settings.ts";
import { runOutputSchema } from "../../analysis/record.ts";
import { deployed } from "../support/pulumi.ts";

const context = { root: "/project", stack: "test", backend: "lab", place: { block: 2, position: 5 } } as const;
const lab = (raw: Record<string, string>) => deployed(() => deploy(readSettings(raw), context));
const text = (value: unknown): string => JSON.stringify(value);

interface TaskInputs {
  gates: { command: string[]; role: string }[];
  steps: { phase: string; seconds?: number; run?: { command: string[]; role: string; netns: string } }[];
  alongside: { command: string[]; role: string }[];
  observe: { name: string; netns: string; command: string[] }[];
  follow: { as: string; file: string }[];
  watch: Record<string, unknown>;
  results: string;
  triggers: string[];
}

const combinations: [string, Record<string, string>][] = [
  ["egress base", { scenario: "egress", path: "base" }],
  ["egress gateway", { scenario: "egress", path: "gateway" }],
  ["egress with a half phase", { path: "gateway", phases: "idle,unloaded,half,saturated", baseRate: "8000000000" }],
  ["ingress nginx", { scenario: "ingress", gateway: "nginx" }],
  ["ingress envoy", { scenario: "ingress", gateway: "envoy" }],
  ["ingress direct", { scenario: "ingress", gateway: "direct" }],
  ["ingress open model", { scenario: "ingress", rate: "500" }],
  ["three backends", { scenario: "ingress", weights: "50/30/20" }],
  ["without monitoring", { monitoring: "false" }],
];

describe.each(combinations)("%s", (_, raw) => {
  it("deploys, and its record is what the analysis expects", async () => {
    const { outputs } = await lab(raw);
    expect(runOutputSchema.parse(outputs)).toMatchObject({ run_id: "1", block: 2, position: 5 });
  });

  it("keeps to the conventions: names with their component's, nothing undefined in a text, one provider", async () => {
    const { resources } = await lab(raw);
    for (const { name, type, inputs } of resources) {
      expect(name, type).toMatch(/^(ground|network|server|egress|backends|gateway|monitoring|load)(-|$)/);
      // The script of a load is code and may say `undefined`; what is put together from values may not.
      const values = { ...inputs, files: undefined };
      expect(/undefined|NaN|\[object/.exec(text(values))?.[0], name).toBeUndefined();
    }
    expect(new Set(resources.map(({ name, type }) => `${type} ${name}`)).size).toBe(resources.length);
  });
});

describe("egress", () => {
  it("has control plane, worker and gateway node, a client pod, a server outside and a namespace for the underlay", async () => {
    const { all } = await lab({});
    expect(all("Node").map(({ inputs }) => (inputs as { name: string }).name)).toEqual(
      expect.arrayContaining(
        ["underlay", "monitor", "control-plane", "worker", "gateway", "client", "server"].map(
          (name) => `egress-${name}`,
        ),
      ),
    );
    expect(all("Node")).toHaveLength(7);
    expect(all("Vxlan")).toHaveLength(3);
    expect(all("Bridge").map(({ inputs }) => (inputs as { mtu: number }).mtu)).toEqual([1500]);
  });

  it("base: masquerades at the worker and nothing else", async () => {
    const { all, outputs } = await lab({ path: "base" });
    expect(all("RuleSet").map(({ name }) => name)).toEqual(["server-proof", "egress-worker-masquerade"]);
    expect(all("Routing").filter(({ inputs }) => text(inputs).includes('"rules"'))).toEqual([]);
    expect(outputs.expected).toEqual({
      source: "10.10.0.12",
      otherSource: "10.10.0.12",
      server: "10.10.0.201",
      otherServer: "10.10.0.231",
    });
  });

  it("gateway: steers only what goes to the server, translates at the gateway node, leaves the rest", async () => {
    const { one, outputs } = await lab({ path: "gateway" });
    expect(one("Routing", "-policy").inputs).toMatchObject({
      netns: expect.stringMatching(/-worker$/) as string,
      rules: [{ from: "10.244.2.10/32", to: "10.10.0.201/32", table: 1000, priority: 1000 }],
      routes: [{ to: "default", via: "10.244.3.0", device: "vxlan0", onlink: true, table: 1000 }],
    });
    expect(one("Routing", "egress-gateway-address").inputs).toMatchObject({
      addresses: [{ device: "eth0", cidr: "10.10.0.103/24" }],
    });
    expect((one("RuleSet", "source-nat").inputs as { rules: string }).rules).toContain(
      'iifname "vxlan0" oifname "eth0" ip saddr { 10.244.2.10 } ip daddr 10.10.0.201 snat to 10.10.0.103',
    );
    expect(outputs.expected).toMatchObject({ source: "10.10.0.103", otherSource: "10.10.0.12" });
  });

  it("runs the phases in order from the client pod, warm-up left out by iperf3 itself", async () => {
    const { one } = await lab({ phases: "idle:2s,unloaded:3s,half:4s,saturated:6s", baseRate: "8000", warmup: "2s" });
    const task = one("Task").inputs as unknown as TaskInputs;
    expect(task.steps[0]).toEqual({ phase: "idle", seconds: 2 });
    const commands = task.steps.slice(1).map(({ phase, run }) => [phase, run?.role, run?.command.join(" ")]);
    const common = "iperf3 -c 10.10.0.201 -p 5201 -J";
    expect(commands).toEqual([
      ["unloaded", "client", `${common} -t 3 -O 0 -i 1 -P 1 --connect-timeout 3000 -b 1000000 -l 1200`],
      ["half", "client", `${common} -t 4 -O 2 -i 1 -P 1 --connect-timeout 3000 -b 4000`],
      ["saturated", "client", `${common} -t 6 -O 2 -i 1 -P 1 --connect-timeout 3000`],
    ]);
  });

  it("asks for its own address before and during the run, and keeps the server's and the gateway's records", async () => {
    const { one } = await lab({ path: "gateway", run: "7" });
    const task = one("Task").inputs as unknown as TaskInputs;
    expect(task).toMatchObject({ results: "results/7", triggers: ["7"] });
    expect(task.gates[0]?.command[2]).toContain('{"url":"http://10.10.0.201:8080/","answers":["10.10.0.103"]}');
    expect(task.alongside.map(({ role }) => role)).toEqual(["monitoring"]);
    expect(task.observe.map(({ name, netns }) => `${name} ${netns.replace(/^nl\w+-/, "")}`)).toEqual([
      "server egress-server",
      "gateway egress-gateway",
    ]);
    expect(task.follow.map(({ as }) => as)).toEqual(["iperf3-server.jsonl", "address.log"]);
    expect(Object.keys(task.watch)).toContain("iperf3 server");
  });

  it("switching base to gateway changes only the egress resources and the load", async () => {
    const [base, gateway] = [await lab({ path: "base" }), await lab({ path: "gateway" })];
    const inputs = ({ resources }: typeof base) =>
      new Map(resources.filter(({ custom }) => custom).map(({ name, inputs }) => [name, text(inputs)]));
    const [before, after] = [inputs(base), inputs(gateway)];
    const changed = [...after].filter(([name, value]) => before.get(name) !== value).map(([name]) => name);
    expect(changed.sort()).toEqual([
      "egress-gateway-address",
      "egress-gateway-client-policy",
      "egress-gateway-source-nat",
      "load-task",
    ]);
    expect([...before.keys()].filter((name) => !after.has(name))).toEqual([]);
  });
});

describe("ingress", () => {
  it("gives each backend a pod on a worker of its own", async () => {
    const { all } = await lab({ scenario: "ingress", weights: "50/30/20" });
    expect(all("Process").map(({ inputs }) => (inputs as { name: string }).name)).toEqual(
      expect.arrayContaining(["echo-1", "echo-2", "echo-3", "gateway"]),
    );
    expect(all("Node").filter(({ name }) => name.includes("worker"))).toHaveLength(3);
  });

  it("tells k6 the model, the weights' names and where its counts go", async () => {
    const { one } = await lab({ scenario: "ingress", rate: "900", phases: "open:9s", warmup: "1s", vus: "40" });
    const command = (one("Task").inputs as unknown as TaskInputs).steps[0]?.run?.command.join(" ") ?? "";
    for (const part of ["RATE=900", "VUS=40", "DURATION=9", "WARMUP=1", "BACKENDS=echo-1,echo-2"]) {
      expect(command).toContain(`--env ${part}`);
    }
    expect(command).toContain("--console-output={results}/k6-open.counts.jsonl");
  });

  it("direct: nothing on the gateway node, a route of the client's own, everything expected at the first backend", async () => {
    const { one, outputs } = await lab({ scenario: "ingress", gateway: "direct" });
    expect(one("Process", "gateway-process").inputs).toMatchObject({ command: ["sleep", "infinity"] });
    expect(one("Routing", "gateway-direct").inputs).toMatchObject({
      routes: [{ to: "10.244.2.10/32", via: "10.10.0.12", device: "eth0" }],
    });
    expect(outputs.backends).toEqual([
      { name: "echo-1", weight: 1 },
      { name: "echo-2", weight: 0 },
    ]);
  });
});

describe("switching the scenario", () => {
  it("shares no namespace, so that the two networks can exist at the same time", async () => {
    const names = async (scenario: string) =>
      (await lab({ scenario })).all("Node").map(({ inputs }) => (inputs as { name: string }).name);
    const [egress, ingress] = [await names("egress"), await names("ingress")];
    expect(egress.filter((name) => ingress.includes(name))).toEqual([]);
  });
});

describe("switching the gateway", () => {
  it("replaces the one process on the gateway node: two would share the port and the traffic", async () => {
    const names: string[][] = [];
    for (const gateway of ["nginx", "envoy", "direct"]) {
      const { all } = await lab({ scenario: "ingress", gateway });
      const inGateway = all("Process").filter(({ inputs }) => (inputs as { role: string }).role === "gateway");
      names.push(inGateway.map(({ name }) => name));
    }
    expect(names).toEqual([["gateway-process"], ["gateway-process"], ["gateway-process"]]);
  });
});

describe("monitoring", () => {
  it("is left out whole when off, and the record says so", async () => {
    const { all, outputs } = await lab({ monitoring: "false" });
    expect(all("Process").filter(({ inputs }) => (inputs as { role: string }).role === "monitoring")).toEqual([]);
    expect(outputs.source.prometheus).toBeNull();
  });
});
