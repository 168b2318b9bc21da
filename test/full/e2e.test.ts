/** The whole way on the real engine: build, look again, drift, change, load again, collect, destroy. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runOutputSchema, runRecordSchema, type RunOutput } from "../../analysis/record.ts";
import type { PreviewStep } from "../../runner/workspace.ts";
import { forget, lab, labOfStack, leftOf, nameOf, paths, processesOf } from "../support/lab.ts";

const stack = "e2e-egress";
const short = ["-c", "warmup=1s"];
const quick = ["-c", "phases=idle:1s,saturated:2s", ...short];

afterAll(async () => {
  await forget(stack, stack);
}, 60_000);

async function up(...more: string[]): Promise<RunOutput> {
  const phases = more.some((word) => word.startsWith("phases=")) ? short : quick;
  const { code, stdout, stderr } = await lab("up", "-s", stack, "--json", ...phases, ...more);
  expect(
    stderr
      .split("\n")
      .filter((line) => !line.startsWith("set-up:"))
      .join("\n"),
  ).toBe("");
  expect(code).toBe(0);
  return runOutputSchema.parse(JSON.parse(stdout));
}

interface Preview {
  changes: Record<string, number>;
  steps: PreviewStep[];
}
async function preview(...more: string[]): Promise<Preview> {
  const { code, stdout, stderr } = await lab("preview", "-s", stack, "--json", ...quick, ...more);
  expect([code, stderr.includes("error")]).toEqual([0, false]);
  return JSON.parse(stdout) as Preview;
}

const node = (name: string): string => `${labOfStack(stack).id}-egress-${name}`;

test("up builds the lab, runs the load, and a second preview shows no change", { timeout: 90_000 }, async () => {
  const output = await up();
  expect(output.outcome).toEqual({ ok: true, error: "" });
  expect(output.cell.id).toBe("netns/kernel/egress/base");
  expect(existsSync(join(output.source.folder, "iperf3-saturated.json"))).toBe(true);
  const { steps, changes } = await preview();
  expect(steps).toEqual([]);
  expect(Object.keys(changes)).toEqual(["same"]);
});

test("an up without a change does not run the load again, another run does", { timeout: 90_000 }, async () => {
  const first = await up();
  const same = await up();
  expect(same.load).toEqual(first.load);
  const next = await up("-c", "run=two");
  expect(next.run_id).toBe("two");
  expect(next.load.started_s).toBeGreaterThan(first.load.finished_s);
});

test("drift is seen and repaired: a namespace deleted, a process killed by hand", { timeout: 90_000 }, async () => {
  execFileSync("ip", ["netns", "delete", node("client")]);
  for (const pid of processesOf(stack, /iperf3/)) process.kill(pid, "SIGKILL");
  const { steps } = await preview();
  expect(steps.map(({ name }) => name)).toEqual(
    expect.arrayContaining([expect.stringMatching(/client/), expect.stringMatching(/iperf3/)]),
  );
  const repaired = await up("-c", "run=after-drift");
  expect(repaired.outcome.ok).toBe(true);
  expect((await preview("-c", "run=after-drift")).steps).toEqual([]);
});

test("base to gateway changes only what must be, and its proof holds", { timeout: 90_000 }, async () => {
  const { steps } = await preview("-c", "path=gateway", "-c", "run=gateway");
  const touched = [...new Set(steps.map(({ type }) => type))].sort();
  for (const type of ["Lab", "Node", "Bridge", "Link", "Vxlan", "Process", "Cgroup"])
    expect(touched).not.toContain(type);
  expect(touched).toContain("Task");
  const output = await up("-c", "path=gateway", "-c", "run=gateway");
  expect(output.cell.id).toBe("netns/kernel/egress/gateway");
  const { code, stdout } = await lab("collect", "-s", stack, "--json");
  expect(code).toBe(0);
  const record = runRecordSchema.parse(JSON.parse(stdout));
  expect(record.measured.validity).toMatchObject({ valid: true, reasons: [] });
  expect(record.measured.proof).toMatchObject({ leaked: 0 });
  expect(record.measured.proof?.sources.map(({ address }) => address)).toEqual([output.expected?.source]);
});

test("gateway back to base: the pods are no longer steered before the load begins", { timeout: 90_000 }, async () => {
  const output = await up("-c", "path=base", "-c", "run=base-again");
  expect(output.outcome).toEqual({ ok: true, error: "" });
  expect(output.cell.id).toBe("netns/kernel/egress/base");
  await up("-c", "path=gateway", "-c", "run=gateway");
});

test("collected twice is collected once, and a run's folder is whole", { timeout: 60_000 }, async () => {
  const file = join(paths.results, stack, "runs", "gateway", "record.json");
  const before = readFileSync(file, "utf8");
  const { code } = await lab("collect", "-s", stack);
  expect(code).toBe(0);
  expect(readFileSync(file, "utf8")).toBe(before);
  const record = runRecordSchema.parse(JSON.parse(before));
  for (const name of Object.values(record.files))
    expect(existsSync(join(paths.results, stack, "runs", "gateway", name))).toBe(true);
});

test("a stack goes to the other scenario, from gateway to gateway, and back", { timeout: 180_000 }, async () => {
  const ingress = ["-c", "scenario=ingress", "-c", "phases=closed:2s"];
  const networks = () => execFileSync("ip", ["netns", "list"], { encoding: "utf8" });
  for (const gateway of ["nginx", "envoy"]) {
    const output = await up(...ingress, "-c", `gateway=${gateway}`, "-c", `run=${gateway}`);
    expect(output.outcome).toEqual({ ok: true, error: "" });
    expect(Object.keys(output.versions)).toContain(gateway);
    // Of the gateway before nothing runs on: it would share the port and the traffic.
    const namespace = `${labOfStack(stack).id}-ingress-gateway`;
    const pids = execFileSync("ip", ["netns", "pids", namespace], { encoding: "utf8" }).trim().split("\n").map(Number);
    // One that ends as it is looked at has no name; it is no gateway of before either.
    const programs = pids.map(nameOf).filter(Boolean);
    expect([...new Set(programs)]).toEqual([gateway]);
  }
  expect(networks()).not.toContain(node(""));
  await up("-c", "path=gateway", "-c", "run=gateway");
  expect(networks()).not.toContain(`${labOfStack(stack).id}-ingress-`);
});

test("two stacks live side by side", { timeout: 120_000 }, async () => {
  const other = "e2e-ingress";
  try {
    const { code, stderr } = await lab(
      ...["up", "-s", other, "-c", "scenario=ingress", "-c", "phases=idle:1s,closed:2s", "-c", "warmup=1s"],
    );
    expect([code, stderr]).toEqual([0, ""]);
    expect((await preview("-c", "path=gateway", "-c", "run=gateway")).steps).toEqual([]);
  } finally {
    await forget(other);
  }
  expect(leftOf(other)).toEqual([]);
});

test(
  "destroy leaves no namespace, process, control group, file or lock, and may be repeated",
  { timeout: 60_000 },
  async () => {
    const { code } = await lab("destroy", "-s", stack);
    expect(code).toBe(0);
    expect(leftOf(stack)).toEqual([]);
    expect((await lab("destroy", "-s", stack)).code).toBe(0);
  },
);
