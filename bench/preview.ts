/**
 * The program under mocks, as a process of its own: from start to the last resource, module load included, and its peak memory.
 * Usage: preview.ts <settings as JSON>
 */
import { join } from "node:path";
import { execa } from "execa";
import { recordLab } from "../scenarios/manifests.ts";
import { readSettings } from "../scenarios/settings.ts";

export interface Preview {
  readonly seconds: number;
  /** Peak resident memory, 10^6 bytes. */
  readonly megabytes: number;
  readonly resources: number;
}

type Raw = Readonly<Record<string, string>>;

const existing = { environment: "existing", "existing.context": "lab", "server.address": "192.0.2.9" };

/** One stack of each shape on each environment; the slowest of them is judged. */
export const stacks: readonly Raw[] = [
  { environment: "local", scenario: "egress", path: "gateway", cni: "cilium" },
  {
    environment: "local",
    scenario: "egress",
    path: "gateway",
    cni: "antrea",
    "egress.address": "pool",
    "egress.gateways": "16",
  },
  {
    environment: "local",
    scenario: "ingress",
    gateway: "envoy",
    weights: Array.from({ length: 16 }, () => 1).join("/"),
  },
  { environment: "local", scenario: "ingress", gateway: "nginx", cni: "antrea", grafana: "true" },
  { environment: "aks", scenario: "egress", path: "gateway" },
  { environment: "aks", scenario: "ingress", gateway: "cilium" },
  { ...existing, scenario: "egress", path: "base" },
];

/** More than a rule of the Gateway API holds, so straight to the first of them; each is a Deployment and a Service. */
export const manyBackends: Raw = {
  environment: "local",
  scenario: "ingress",
  gateway: "direct",
  weights: Array.from({ length: 500 }, () => 1).join("/"),
};

export async function preview(raw: Raw): Promise<Preview> {
  const { stdout } = await execa(process.execPath, [import.meta.filename, JSON.stringify(raw)], {
    cwd: join(import.meta.dirname, ".."),
  });
  return JSON.parse(stdout) as Preview;
}

if (import.meta.main) {
  const raw = JSON.parse(process.argv[2] ?? "{}") as Raw;
  const { recording } = await recordLab(readSettings(raw), { root: "/project", stack: "bench", backend: "lab" });
  const result: Preview = {
    // The clock starts with the process.
    seconds: performance.now() / 1000,
    megabytes: (process.resourceUsage().maxRSS * 1024) / 1e6,
    resources: recording.resources.length,
  };
  process.stdout.write(JSON.stringify(result));
  // The SDK keeps its channels open.
  process.exit(0);
}
