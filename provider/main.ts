/** Entry point of the provider: `pulumi-resource-netlab` starts it, the engine talks to it over gRPC. */
import { main } from "@pulumi/pulumi/provider/index.js";
import manifest from "../package.json" with { type: "json" };
import { processRef } from "./lib/check.ts";
import { systemCommands } from "./lib/commands.ts";
import { isAlive, runnerVariable } from "./lib/processes.ts";
import { netlab } from "./netlab.ts";

const stop = new AbortController();
const cancel = (): void => {
  stop.abort();
};

const provider = netlab(manifest.version, { commands: systemCommands, signal: stop.signal }, cancel);
let running = 0;
const create: typeof provider.create = async (urn, inputs) => {
  running += 1;
  try {
    return await provider.create(urn, inputs);
  } finally {
    running -= 1;
  }
};

/** Stops what is being created, gives it 3 s to clear up and answer, then ends the provider. */
const leave = (status: number): void => {
  cancel();
  const end = Date.now() + 3000;
  setInterval(() => {
    if (running === 0 || Date.now() > end) process.exit(status);
  }, 20);
};
process.once("SIGINT", () => {
  leave(130);
});
process.once("SIGTERM", () => {
  leave(143);
});

// An engine that was killed cannot say so: without it a load would go on and nobody would hear of its end. The same
// holds for the command that started the engine, where one did.
const engine = process.ppid;
const started = process.env[runnerVariable];
const runner = started === undefined ? undefined : processRef.parse(JSON.parse(started));
const watched = setInterval(() => {
  if (process.ppid === engine && (runner === undefined || isAlive(runner))) return;
  clearInterval(watched);
  leave(1);
}, 1000).unref();

await main({ ...provider, create }, process.argv.slice(2));
