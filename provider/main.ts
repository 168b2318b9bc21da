/** Entry point of the provider: `pulumi-resource-netlab` starts it, the engine talks to it over gRPC. */
import { main } from "@pulumi/pulumi/provider/index.js";
import manifest from "../package.json" with { type: "json" };
import { systemCommands } from "./lib/commands.ts";
import { netlab } from "./netlab.ts";

const stop = new AbortController();
const cancel = (): void => {
  stop.abort();
};

/** Time for running operations to clear up and answer, in milliseconds. */
const grace = 3000;
const leave = (status: number): void => {
  cancel();
  setTimeout(() => process.exit(status), grace).unref();
};
process.once("SIGINT", () => {
  leave(130);
});
process.once("SIGTERM", () => {
  leave(143);
});

// An engine that was killed cannot say so: without it a load would go on and nobody would hear of its end.
const engine = process.ppid;
setInterval(() => {
  if (process.ppid !== engine) leave(1);
}, 1000).unref();

await main(netlab(manifest.version, { commands: systemCommands, signal: stop.signal }, cancel), process.argv.slice(2));
