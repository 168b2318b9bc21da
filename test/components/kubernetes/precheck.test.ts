import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { precheck } from "../../../components/kubernetes/precheck.ts";
import type { Api } from "../../../components/kubernetes/tasks/api.ts";
import { clusterPlan } from "../../../scenarios/clusterPlan.ts";
import { readSettings } from "../../../scenarios/settings.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lab-precheck-"));
  vi.stubEnv("PATH", folder); // without the docker of this machine
  for (const name of ["ARM_CLIENT_ID", "ARM_USE_MSI"]) vi.stubEnv(name, "");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

/** A program that answers by the lines of a `case` on its arguments. */
function program(name: string, cases: Readonly<Record<string, string>>): void {
  const lines = Object.entries(cases).map(([args, says]) => `  "${args}") ${says};;`);
  writeFileSync(join(folder, name), `#!/bin/sh\ncase "$*" in\n${lines.join("\n")}\n  *) exit 0;;\nesac\n`);
  chmodSync(join(folder, name), 0o755);
}

function problems(raw: Record<string, string>, options: { outside?: boolean; api?: Partial<Api> } = {}) {
  const plan = clusterPlan(readSettings(raw));
  if (plan === null) throw new Error("netns has no cluster");
  return precheck(
    plan,
    { toolPath: [folder], labId: "nl01234567" },
    { outside: options.outside ?? false, open: () => Promise.resolve(options.api as Api) },
  );
}

const inspect = "network inspect kind";
const network = `echo '[{"IPAM":{"Config":[{"Subnet":"fc00::/64"},{"Subnet":"10.244.0.0/16"}]}}]'`;

describe("before a kind cluster", () => {
  it("has nothing to say when all is there", async () => {
    program("docker", { [inspect]: "exit 1" });
    program("kind", { version: "echo kind v0.33.0 go1.26" });
    expect(await problems({ environment: "local" })).toEqual([]);
  });

  it("names every missing program at once, with the remedy", async () => {
    const found = await problems({ environment: "local" });
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(/^docker: it is not on PATH\. Install/);
    expect(found[1]).toMatch(/^kind: it is not on PATH\. Get kind 0\.32\.0 or newer/);
  });

  it("tells a silent daemon, an old kind and a network in the way", async () => {
    program("docker", { [inspect]: network });
    program("kind", { version: "echo kind v0.31.9 go1.24" });
    const found = await problems({ environment: "local" });
    expect(found[0]).toContain("version 0.31.9 is too old for the node image");
    expect(found[1]).toContain("pod.cidr: 10.244.0.0/16 overlaps the docker network kind (10.244.0.0/16)");
    expect(
      await problems({ environment: "local", "kind.image": "kindest/node:v1.30.0", "pod.cidr": "10.8.0.0/16" }),
    ).toEqual([]);
    program("docker", { "info --format {{.ServerVersion}}": "echo 'Cannot connect' >&2; exit 1" });
    expect((await problems({ environment: "local" }))[0]).toContain(
      "docker: its daemon does not answer (Cannot connect)",
    );
  });

  it.each([
    ["somebody else's", "node/x", "namespace/other-nl99999999", 1],
    ["a cluster without a lab", "", "namespace/default", 1],
    ["this stack's", "node/x", "namespace/local-nl01234567", 0],
  ])("knows a name that is taken: %s", async (_, nodes, namespaces, count) => {
    const get = "exec mine-control-plane kubectl --kubeconfig /etc/kubernetes/admin.conf get";
    program("docker", {
      [inspect]: "exit 1",
      [`${get} nodes -l cni-traffic-lab/node -o name`]: `echo ${nodes}`,
      [`${get} namespaces -o name`]: `echo ${namespaces}`,
    });
    program("kind", { version: "echo kind v0.33.0", "get clusters": "echo mine" });
    expect(await problems({ environment: "local", "kind.name": "mine" })).toHaveLength(count);
  });
});

describe("before Azure is asked", () => {
  it("wants a login or a principal, and Docker only for a load outside", async () => {
    program("az", { "account show --output none": "echo 'Please run az login' >&2; exit 1" });
    const [only, ...more] = await problems({ environment: "aks" });
    expect(only).toContain("no credentials (az account show: Please run az login)");
    expect(more).toEqual([]);
    expect(await problems({ environment: "aks" }, { outside: true })).toHaveLength(2);
    for (const name of ["CLIENT_ID", "CLIENT_SECRET", "TENANT_ID", "SUBSCRIPTION_ID"]) vi.stubEnv(`ARM_${name}`, "x");
    expect(await problems({ environment: "aks" })).toEqual([]);
  });
});

describe("before an existing cluster is touched", () => {
  const raw = (more: Record<string, string> = {}) => ({
    environment: "existing",
    "existing.context": "lab",
    "existing.kubeconfig": join(folder, "config"),
    "server.address": "192.0.2.9",
    ...more,
  });
  const named = (...names: string[]) => Promise.resolve(names.map((name) => ({ metadata: { name } })));
  beforeEach(() => {
    const cluster = { name: "c", cluster: { server: "https://192.0.2.1" } };
    const context = { name: "lab", context: { cluster: "c", user: "u" } };
    writeFileSync(
      join(folder, "config"),
      JSON.stringify({ clusters: [cluster], users: [{ name: "u", user: {} }], contexts: [context] }),
    );
  });

  it("wants the file, the context and an answer", async () => {
    expect((await problems(raw({ "existing.kubeconfig": "/nowhere" })))[0]).toContain("there is no file /nowhere");
    expect((await problems(raw({ "existing.context": "other" })))[0]).toContain('no context "other". It has lab');
    const silent = { list: () => Promise.reject(new Error("no answer within 30 s")) };
    expect((await problems(raw(), { api: silent }))[0]).toContain("does not answer as it must (no answer within 30 s)");
  });

  it("wants the CNI's CRDs and the gateway node, unless it installs the CNI", async () => {
    const api = {
      list: (path: string) => (path.includes("nodes") ? named("a", "b") : named("ciliumnodes.cilium.io")),
      get: () => Promise.resolve(undefined),
    };
    const found = await problems(raw({ path: "gateway", "existing.gatewayNode": "z" }), { api });
    expect(found[0]).toContain("no CRD ciliumegressgatewaypolicies.cilium.io");
    expect(found[1]).toContain("there is no node z. The cluster has a, b.");
    expect(await problems(raw({ "existing.installCni": "true" }), { api })).toEqual([]);
  });
});
