/**
 * The tasks of a lab on a cluster, each a process of its own: `main.ts <task> [delete]` with its input as JSON on standard input,
 * the kubeconfig in KUBECONFIG_TEXT, its result as JSON on standard output, what it waits for on standard error. On failure one
 * error, exit code 1. The engine runs them as commands; a new one is one line in the table.
 */
import { text } from "node:stream/consumers";
import { openApi, type Api } from "./api.ts";
import { createServer, deleteServer, type ServerInput } from "./dockerServer.ts";
import { checkServer, type GivenServer } from "./givenServer.ts";
import { waitForJobs, type JobsInput } from "./job.ts";
import { applyFile, removeApplied, type FileInput } from "./applyFile.ts";
import { createKind, deleteKind, type KindInput } from "./kind.ts";
import { readExisting, type ExistingInput } from "./existing.ts";
import { runOutside, type OutsideInput } from "./outsideLoad.ts";
import { callerRanges, sshKeyPair } from "./azure.ts";
import { waitForGateway, type GatewayInput } from "./gatewayWait.ts";
import { waitForReach, type ReachInput } from "./reach.ts";
import { waitForAddress, type AddressesInput } from "./addresses.ts";
import * as waits from "./waits.ts";

type OpenApi = () => Promise<Api>;

/** `before`: what the task gave when it ran last; undefined when it did not. */
interface Task<I> {
  readonly run: (input: I, api: OpenApi, before: unknown) => Promise<unknown>;
  readonly remove?: (input: I, api: OpenApi, before: unknown) => Promise<void>;
}

const task = <I>(run: Task<I>["run"], remove?: Task<I>["remove"]): Task<I> => ({
  run,
  ...(remove === undefined ? {} : { remove }),
});
const onCluster = <I>(run: (api: Api, input: I) => Promise<unknown>): Task<I> =>
  task(async (input, api) => run(await api(), input));

export const tasks = {
  kind: task<KindInput>(createKind, deleteKind),
  server: task<ServerInput>(createServer, deleteServer),
  "given-server": task<GivenServer>(checkServer),
  existing: task<ExistingInput>(readExisting),
  expiry: task<{ seconds: number }>(({ seconds }) =>
    Promise.resolve({ expires: Math.round(Date.now() / 1000 + seconds) }),
  ),
  "ssh-key": task<object>(() => Promise.resolve(sshKeyPair())),
  caller: task<object>(callerRanges),
  nodes: onCluster<Parameters<typeof waits.waitForNodes>[1]>(waits.waitForNodes),
  "apply-file": task<FileInput>(
    async (input, api, before) => applyFile(await api(), input, before),
    async (_, api, before) => removeApplied(await api(), before),
  ),
  crds: onCluster<Parameters<typeof waits.waitForCrds>[1]>(waits.waitForCrds),
  workloads: onCluster<Parameters<typeof waits.waitForWorkloads>[1]>(waits.waitForWorkloads),
  pods: onCluster<Parameters<typeof waits.waitForPods>[1]>(waits.waitForPods),
  addresses: onCluster<AddressesInput>(waitForAddress),
  reach: onCluster<ReachInput>(waitForReach),
  "gateway-nodes": onCluster<Parameters<typeof waits.waitForGatewayNodes>[1]>(waits.waitForGatewayNodes),
  egress: onCluster<Parameters<typeof waits.waitForEgress>[1]>(waits.waitForEgress),
  gateway: onCluster<GatewayInput>(waitForGateway),
  balancer: onCluster<Parameters<typeof waits.waitForLoadBalancer>[1]>(waits.waitForLoadBalancer),
  jobs: onCluster<JobsInput>(waitForJobs),
  outside: onCluster<OutsideInput>(runOutside),
};

export type TaskName = keyof typeof tasks;

if (import.meta.main) {
  const [name = "", action = ""] = process.argv.slice(2);
  try {
    const found = Object.entries(tasks).find(([known]) => known === name)?.[1] as Task<unknown> | undefined;
    if (found === undefined) throw new Error(`there is no task "${name}"; there are ${Object.keys(tasks).join(", ")}`);
    const input = JSON.parse(await text(process.stdin)) as unknown;
    const api = () => openApi(process.env["KUBECONFIG_TEXT"] ?? "");
    // The engine hands back what the task wrote.
    const written = process.env["PULUMI_COMMAND_STDOUT"] ?? "";
    const before = written === "" ? undefined : (JSON.parse(written) as unknown);
    if (action === "delete") await found.remove?.(input, api, before);
    else process.stdout.write(JSON.stringify(await found.run(input, api, before)));
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
