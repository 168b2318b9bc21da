/** A load beside the cluster: the tool in a container on the docker network (kind) or on this machine's own; files go to the store through the API server. */
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { carryOut, type AgentPlan, type Host } from "../../load/agents/run.ts";
import { machineStat, usageOf } from "../../load/agents/processUsage.ts";
import { execa } from "execa";
import { proxyPath, type Api } from "./api.ts";
import { loadFailure, type Configured, type RunSummary, type Store } from "./job.ts";
import { restartedSince } from "./problems.ts";
import { output } from "./command.ts";

export interface OutsideInput {
  readonly plan: AgentPlan;
  /** The k6 script. */
  readonly script: string;
  readonly image: string;
  /** Docker network; empty: the machine's own. */
  readonly network: string;
  readonly name: string;
  readonly store: Store;
  readonly watched: readonly string[];
  /** What makes the configuration that it waits for; null: nothing that could be named. */
  readonly configured: Configured | null;
}

/** Times that a file is sent: a run is not made twice for a store that was away for a moment. */
const tries = 5;

async function put(api: Api, path: string, file: string): Promise<void> {
  for (let tried = 1; ; tried++) {
    const problem = await api.upload(path, file).then(
      (status) => (status < 300 ? "" : `status ${status}`),
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    if (problem === "") return;
    if (tried === tries) throw new Error(`the results store did not take ${path}: ${problem}`);
    await sleep(tried * 500);
  }
}

/** One generator: more of them on one machine would only share its CPUs. */
export async function runOutside(api: Api, input: OutsideInput): Promise<RunSummary> {
  const { plan, image, name, store } = input;
  const folder = mkdtempSync(join(tmpdir(), "lab-load-"));
  const results = join(folder, "results");
  const dir = join(folder, "scripts");
  mkdirSync(results, { recursive: true, mode: 0o777 });
  mkdirSync(dir);
  writeFileSync(join(dir, "load.js"), input.script);
  const network = input.network === "" ? "host" : input.network;
  const host: Host = {
    results,
    agents: resolve(import.meta.dirname, "../../load/agents"),
    seen: { results: "/lab/results", dir: "/lab/scripts" },
    usage: () => usageOf(plan.tool),
    machine: machineStat,
    meet: () => Promise.resolve(),
    run: async (command, deadline_s) => {
      const [program = "", ...words] = command;
      const args = [
        "run",
        "--rm",
        "--name",
        name,
        "--label",
        `cni-traffic-lab=${name}`,
        "--network",
        network,
        "--user",
        `${process.getuid?.() ?? 0}`,
      ];
      const volumes = ["--volume", `${results}:/lab/results`, "--volume", `${dir}:/lab/scripts:ro`];
      const end = await execa("docker", [...args, ...volumes, "--entrypoint", program, image, ...words], {
        reject: false,
        stdin: "ignore",
        timeout: deadline_s * 1000,
      });
      if (end.timedOut) await output("docker", ["rm", "--force", name]);
      return {
        status: end.exitCode ?? null,
        stdout: end.stdout,
        stderr: end.timedOut ? `no end within ${deadline_s} s` : end.stderr,
      };
    },
  };
  try {
    await output("docker", ["rm", "--force", name]);
    const summary = await carryOut(plan, 1, host).catch(async (error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      throw await loadFailure(api, text, input.configured, undefined, store.namespace);
    });
    const attempt = `${plan.run}/${randomUUID()}`;
    for (const file of readdirSync(results))
      await put(api, `${proxyPath(store)}/${attempt}/${file}`, join(results, file));
    const pods = (await Promise.all(input.watched.map((one) => api.list(`/api/v1/namespaces/${one}/pods`)))).flat();
    return { ...summary, restarted: restartedSince(pods, summary.started_s * 1000), folder: attempt, nodes: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
