/**
 * A lab's paths made by hand with `ip` and `nft`, no engine, no provider, no monitoring: what the lab is measured
 * against. Addresses and configurations are the lab's own.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { addressPlan, named, type AddressPlan } from "../components/netns/addressPlan.ts";
import { echoConfig, echoPort } from "../components/netns/backends.ts";
import { masqueradeRules } from "../components/netns/egressGateway.ts";
import { iperf3Step, k6Script, k6Step } from "../components/load/steps.ts";
import { nodeRouting } from "../components/netns/network.ts";
import { envoyGatewayConfig, nginxGatewayConfig } from "../components/netns/weightedGateway.ts";
import type { LoadProfile, NetworkPlan } from "../components/platform.ts";
import { goodputOf, requestRateOf, root } from "./lab.ts";

const prefix = "byhand";
const environment = { PATH: `${join(root, ".tools", "bin")}:${process.env["PATH"] ?? ""}` };
const run = (file: string, args: readonly string[], input = "") => execa(file, args, { input, env: environment });
const inside = (host: string, command: readonly string[]) => ["netns", "exec", `${prefix}-${host}`, ...command];

export interface ByHand {
  readonly plan: AddressPlan;
  readonly folder: string;
  /** Starts a server in a namespace; it is ended with the rest. `{dir}` is a folder of its own. */
  readonly start: (
    host: string,
    name: string,
    command: readonly string[],
    files?: Readonly<Record<string, string>>,
  ) => Promise<void>;
}

/** Namespaces, links, VXLAN, addresses and routes of a plan; everything is gone when `use` ends. */
export async function withNetwork<T>(wanted: NetworkPlan, use: (made: ByHand) => Promise<T>): Promise<T> {
  const plan = addressPlan(wanted);
  const hosts = ["underlay", ...[...plan.nodes, ...plan.pods, ...plan.outside].map(({ name }) => name)];
  const folder = mkdtempSync(join(tmpdir(), "lab-by-hand-"));
  const servers = new Map<string, ChildProcess>();
  const ip = (host: string, lines: readonly string[]) =>
    run("ip", ["-n", `${prefix}-${host}`, "-batch", "-"], `${lines.join("\n")}\n`);
  try {
    for (const host of hosts) await run("ip", ["netns", "add", `${prefix}-${host}`]);
    await ip("underlay", [`link add br0 type bridge`, `link set br0 mtu ${plan.mtu} up`]);
    for (const [index, { name }] of [...plan.nodes, ...plan.outside].entries()) {
      await ip(name, [
        "link set lo up",
        `link add eth0 mtu ${plan.mtu} type veth peer name port${index} mtu ${plan.mtu} netns ${prefix}-underlay`,
        "link set eth0 up",
      ]);
      await ip("underlay", [`link set port${index} master br0 up`]);
    }
    for (const pod of plan.pods) {
      await ip(pod.name, [
        "link set lo up",
        `link add eth0 mtu ${plan.podMtu} type veth peer name ${pod.device} mtu ${plan.podMtu} netns ${prefix}-${pod.node}`,
        "link set eth0 up",
        `addr add ${pod.address}/32 dev eth0`,
        `route add default via ${named(plan.nodes, pod.node).podGateway} dev eth0 onlink`,
      ]);
      await ip(pod.node, [`link set ${pod.device} up`]);
    }
    for (const node of plan.nodes) {
      const { addresses, routes } = nodeRouting(plan, node);
      const peers = plan.nodes.filter(({ name }) => name !== node.name);
      await ip(node.name, [
        `link add vxlan0 mtu ${plan.podMtu} address ${node.mac} type vxlan id 4096 dstport 4789 local ${node.address} nolearning`,
        "link set vxlan0 up",
        ...addresses.map(({ cidr, device }) => `addr add ${cidr} dev ${device}`),
        ...peers.map(({ overlay, mac }) => `neigh add ${overlay} lladdr ${mac} dev vxlan0 nud permanent`),
        ...routes.map(
          (route) =>
            `route add ${route.to} ${"via" in route ? `via ${route.via} ` : ""}dev ${route.device}${"via" in route ? " onlink" : ""}`,
        ),
      ]);
      for (const peer of peers) {
        await run("ip", inside(node.name, ["bridge", "fdb", "append", peer.mac, "dev", "vxlan0", "dst", peer.address]));
      }
      await run("ip", inside(node.name, ["sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0"]));
    }
    for (const host of plan.outside) await ip(host.name, [`addr add ${host.address}/24 dev eth0`]);
    return await use({
      plan,
      folder,
      start: async (host, name, command, files = {}) => {
        const dir = join(folder, name);
        mkdirSync(dir, { recursive: true });
        const filled = (text: string): string => text.replaceAll("{dir}", dir);
        for (const [file, text] of Object.entries(files)) writeFileSync(join(dir, file), filled(text));
        const server = spawn("ip", inside(host, command.map(filled)), { env: environment, stdio: "ignore" });
        servers.set(name, server);
        await sleep(700);
        if (server.exitCode !== null) throw new Error(`${name} did not start`);
      },
    });
  } finally {
    for (const server of servers.values()) {
      if (server.exitCode === null && server.kill("SIGTERM")) await once(server, "exit");
    }
    for (const host of hosts) await execa("ip", ["netns", "del", `${prefix}-${host}`], { reject: false });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The base path of the egress scenario: client pod, worker that masquerades, iperf3 server outside. */
export function withBasePath<T>(
  use: (goodput: (seconds: number, warmup: number) => Promise<number>) => Promise<T>,
): Promise<T> {
  const wanted = {
    name: "by-hand",
    nodes: ["control-plane", "worker", "gateway"],
    controlPlane: "control-plane",
    egressNodes: [],
    pods: [{ name: "client", node: "worker" }],
    outside: ["server"],
    mtu: 1500,
  };
  return withNetwork(wanted, async ({ plan, folder, start }) => {
    const server = named(plan.outside, "server").address;
    const rules = masqueradeRules(named(plan.nodes, "worker"), server);
    await run("ip", inside("worker", ["nft", "-f", "-"]), `table ip egress {${rules}\n}\n`);
    await start("server", "iperf3", ["iperf3", "-s"]);
    const profile = { kind: "iperf3", clients: ["client"], streams: 1, baseRate: 0, probeSeconds: 1 } as const;
    return use(async (seconds, warmup) => {
      const step = iperf3Step(profile, { ...oneRun, warmupSeconds: warmup }, { phase: "saturated", seconds }, server);
      const { stdout } = await run("ip", inside("client", step.tool?.command ?? []));
      const file = join(folder, "iperf3.json");
      writeFileSync(file, stdout);
      return goodputOf(file);
    });
  });
}

/** What the commands need of a run's plan. */
const oneRun = { run: "1", phases: [], windowSeconds: 1, placement: "outside", parallelism: 1 } as const;

/** The ingress scenario with one gateway: k6 outside, gateway node, one echo server on each of two workers. */
export function withGateway<T>(
  gateway: "nginx" | "envoy",
  vus: number,
  use: (requestRate: (seconds: number, warmup: number) => Promise<number>) => Promise<T>,
): Promise<T> {
  const backends = [
    { name: "echo-1", weight: 60 },
    { name: "echo-2", weight: 40 },
  ];
  const wanted = {
    name: "by-hand",
    nodes: ["gateway", "worker-1", "worker-2"],
    controlPlane: "gateway",
    egressNodes: [],
    pods: backends.map(({ name }, index) => ({ name, node: `worker-${index + 1}` })),
    outside: ["client"],
    mtu: 1500,
  };
  return withNetwork(wanted, async ({ plan, folder, start }) => {
    const nginx = ["nginx", "-p", "{dir}", "-c", "{dir}/nginx.conf", "-e", "stderr"];
    for (const { name } of backends) await start(name, name, nginx, { "nginx.conf": echoConfig(name) });
    const upstreams = backends.map((backend) => ({
      ...backend,
      endpoint: `${named(plan.pods, backend.name).address}:${echoPort}`,
    }));
    if (gateway === "nginx") {
      await start("gateway", gateway, nginx, {
        "nginx.conf": nginxGatewayConfig(upstreams, { keepalive: 64, workers: 0 }),
      });
    } else {
      const envoy = ["envoy", "-c", "{dir}/envoy.json", "--disable-hot-restart", "--log-level", "warn"];
      await start("gateway", gateway, envoy, { "envoy.json": JSON.stringify(envoyGatewayConfig(upstreams)) });
    }
    writeFileSync(join(folder, "load.js"), k6Script());
    const url = `http://${named(plan.nodes, "gateway").address}:80/echo`;
    const profile: Extract<LoadProfile, { kind: "k6" }> = {
      kind: "k6",
      client: "client",
      vus,
      rate: 0,
      timeoutSeconds: 5,
      countAnswers: true,
      logAnswers: false,
      backends,
      gateway: { url },
    };
    return use(async (seconds, warmup) => {
      const step = k6Step(profile, { ...oneRun, warmupSeconds: warmup }, { phase: "closed", seconds }, url);
      rmSync(join(folder, "k6-closed.counts.jsonl"), { force: true });
      const command = (step.tool?.command ?? []).map((word) =>
        word.replaceAll("{results}", folder).replaceAll("{dir}", folder),
      );
      await run("ip", inside("client", command));
      return requestRateOf(join(folder, "k6-closed.json"), warmup + seconds);
    });
  });
}
