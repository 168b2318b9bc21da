/** The external server of a kind lab: containers on the docker network, or on the host's own network as in the thesis. */
import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "../../load/agents/http.ts";
import { addressPort, iperf3Port } from "../../load/ports.ts";
import { kindNetwork } from "./kind.ts";
import { output } from "./command.ts";

export interface ServerInput {
  /** Prefix of all names, unique for the lab. */
  readonly name: string;
  readonly placement: "container" | "host";
  readonly images: { readonly node: string; readonly iperf3: string };
  /** iperf3 servers, each on a port of its own. */
  readonly servers: number;
  /** Text of the agent that answers the caller's address and hands out the records. */
  readonly agent: string;
  /** Address of the host on the docker network; used with `host`. */
  readonly gateway: string;
}

export interface ServerOutput {
  readonly address: string;
  /** A second machine, which no gateway may touch; empty where there is none. */
  readonly other: string;
}

/** Names of the containers of a server and of the volume that they share. */
const names = (name: string) => ({ server: name, other: `${name}-other`, iperf3: `${name}-iperf3`, volume: name });

/** Starts it afresh: what an interrupted command left is removed first. */
export async function createServer(input: ServerInput): Promise<ServerOutput> {
  await deleteServer(input);
  const { server, other, iperf3, volume } = names(input.name);
  const label = ["--label", `cni-traffic-lab=${input.name}`];
  const host = input.placement === "host";
  const network = ["--network", host ? "host" : kindNetwork];
  const agent = (container: string, more: readonly string[]) =>
    output("docker", [
      ...["run", "--detach", "--name", container, ...label, "--restart", "no", ...network],
      ...["--volume", `${volume}:/records`, "--env", `AGENT=${input.agent}`, ...more],
      ...[
        "--entrypoint",
        "sh",
        input.images.node,
        "-c",
        `printf '%s' "$AGENT" > /tmp/server.ts && exec node /tmp/server.ts ${addressPort} /records ${container === server ? "record" : "silent"}`,
      ],
    ]);
  try {
    await agent(server, ["--user", "0"]);
    const ports = Array.from({ length: input.servers }, (_, index) => iperf3Port + index);
    const loops = ports.map((port) => `iperf3 -s -J -p ${port} --logfile /records/iperf3-${port}.log &`).join(" ");
    await output("docker", [
      ...["run", "--detach", "--name", iperf3, ...label, "--network", host ? "host" : `container:${server}`],
      ...["--user", "0", "--volume", `${volume}:/records`],
      ...["--entrypoint", "sh", input.images.iperf3, "-c", `${loops} wait`],
    ]);
    if (!host) await agent(other, ["--user", "0"]);
    const found: ServerOutput = host
      ? { address: input.gateway, other: "" }
      : { address: await addressOf(server), other: await addressOf(other) };
    for (const address of [found.address, found.other].filter((one) => one !== "")) await answering(address);
    return found;
  } catch (error) {
    await deleteServer(input);
    throw error;
  }
}

/** Containers and volumes that are gone already are no error. */
export async function deleteServer({ name }: Pick<ServerInput, "name">): Promise<void> {
  const { server, other, iperf3, volume } = names(name);
  await output("docker", ["rm", "--force", "--volumes", iperf3, server, other]);
  await output("docker", ["volume", "rm", "--force", volume]);
}

const addressOf = async (container: string): Promise<string> =>
  (
    await output("docker", [
      "inspect",
      "-f",
      `{{(index .NetworkSettings.Networks "${kindNetwork}").IPAddress}}`,
      container,
    ])
  ).trim();

async function answering(address: string): Promise<void> {
  const until = Date.now() + 15_000;
  for (;;) {
    try {
      await ask(`http://${address}:${addressPort}/`, 1000);
      return;
    } catch (error) {
      if (Date.now() > until) {
        throw new Error(
          `the address service at ${address}:${addressPort} does not answer: ${error instanceof Error ? error.message : String(error)}. Remedy: docker logs shows what the container says; a firewall on the host may be in the way.`,
        );
      }
      await sleep(300);
    }
  }
}
