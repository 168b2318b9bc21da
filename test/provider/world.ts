/** A small real lab for kernel tests: what every type needs around it, ways to damage it, and what the kernel shows. */
import { execFileSync } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { labGroups } from "../../provider/lib/cgroups.ts";
import { namespaceInode } from "../../provider/lib/namespaces.ts";
import { isAlive, scanProcesses } from "../../provider/lib/processes.ts";
import type { ProcessRef } from "../../provider/schema.ts";
import { missing, testLab, toolFolders, type Properties, type TestLab, type TypeName } from "./support.ts";

export interface World extends TestLab {
  readonly a: string;
  readonly b: string;
}

/** A lab with two namespaces; in the first the bridges `br0` and `d0` with the address 10.1.0.1/24. */
export async function makeWorld(): Promise<World> {
  const lab = await testLab();
  await lab.create("Node", { name: "a" });
  await lab.create("Node", { name: "b" });
  const a = `${lab.ref.id}-a`;
  await lab.create("Bridge", { netns: a, device: "br0", mtu: 1500 });
  inside(a, "ip", "link", "add", "d0", "type", "bridge");
  inside(a, "ip", "address", "add", "10.1.0.1/24", "dev", "d0");
  inside(a, "ip", "link", "set", "d0", "up");
  return { ...lab, a, b: `${lab.ref.id}-b` };
}

/** Runs a command in a namespace and gives what it printed. */
export function inside(netns: string, program: string, ...args: readonly string[]): string {
  return execFileSync("nsenter", [`--net=/run/netns/${netns}`, "--", program, ...args], {
    encoding: "utf8",
    env: { ...process.env, PATH: `${toolFolders.join(":")}:/usr/sbin:/sbin:${process.env["PATH"] ?? ""}` },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Prints all there is in a namespace. */
const look = [
  "printf 'link show\\naddress show\\nroute show table all\\nrule show\\nneigh show nud permanent\\n' | ip -br -batch -",
  ...(missing("nft") === undefined ? ["nft list ruleset"] : []),
].join("; ");

/** What the kernel adds by itself, and when it pleases. */
function isTold(line: string): boolean {
  return line !== "" && !/ fe80::.* table local|^fe80::|^multicast /.test(line);
}

function withoutMoods(line: string): string {
  return line.replace(/ +(UP|DOWN|UNKNOWN) +/, " ").replace(/ fe80::\S+|<.*>| [0-9a-f:]{17}|linkdown/g, "");
}

/** Everything a type could leave behind, in words that do not change by themselves. */
export function everything({ ref }: Pick<TestLab, "ref">): string[] {
  const names = readdirSync("/run/netns").filter((name) => name.startsWith(`${ref.id}-`));
  const inodes = names.map((netns) => namespaceInode(ref, netns));
  return [
    ...names.flatMap((netns) => {
      const shown = inside(netns, "sh", "-c", look).split("\n");
      return [netns, ...shown.filter(isTold).map((line) => `${netns}: ${withoutMoods(line).trim()}`)];
    }),
    ...labGroups(ref.id)
      .filter((group) => existsSync(group))
      .flatMap((group) => readdirSync(group, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `group ${name}`),
    ...["processes", "tasks", "results"]
      .map((name) => join(ref.dir, name))
      .filter((folder) => existsSync(folder))
      .flatMap((folder) => readdirSync(folder).map((name) => `file ${folder}/${name}`)),
    ...scanProcesses()
      .filter(({ lab, netns }) => lab === ref.id || (netns !== undefined && inodes.includes(netns)))
      .map(({ name, resource }) => `process ${name} of ${resource}`),
  ].sort();
}

export function kill(ref: ProcessRef): void {
  process.kill(ref.pid, "SIGKILL");
  while (isAlive(ref)) {
    // The kernel needs a moment.
  }
}

export interface Case {
  readonly type: TypeName;
  readonly inputs: (world: World) => Properties;
  /** Each does harm behind the provider's back, given the state; `gone` when nothing is left to repair. */
  readonly damage: Readonly<
    Record<string, { readonly gone: boolean; readonly harm: (world: World, state: Properties) => void }>
  >;
}

const refIn = (state: Properties, name: string): ProcessRef => state[name] as ProcessRef;

export const cases: readonly Case[] = [
  {
    type: "Node",
    inputs: () => ({ name: "c", sysctls: { "net.ipv4.ip_forward": "1", "net.ipv4.tcp_rmem": "4096 87380 6291456" } }),
    damage: {
      "its name is deleted": { gone: true, harm: ({ ref }) => execFileSync("ip", ["netns", "del", `${ref.id}-c`]) },
      "it is another one of the same name": {
        gone: true,
        harm: ({ ref }) => {
          const old = openSync(`/run/netns/${ref.id}-c`, "r");
          execFileSync("ip", ["netns", "del", `${ref.id}-c`]);
          execFileSync("ip", ["netns", "add", `${ref.id}-c`]);
          // While it was open, its inode could not be given to the new one.
          closeSync(old);
        },
      },
      "a setting is changed": {
        gone: false,
        harm: ({ ref }) => inside(`${ref.id}-c`, "sh", "-c", "echo 0 >/proc/sys/net/ipv4/ip_forward"),
      },
      "loopback is down": { gone: false, harm: ({ ref }) => inside(`${ref.id}-c`, "ip", "link", "set", "lo", "down") },
    },
  },
  {
    type: "Bridge",
    inputs: ({ b }) => ({ netns: b, device: "br1", mtu: 1400 }),
    damage: {
      "it is deleted": { gone: true, harm: ({ b }) => inside(b, "ip", "link", "del", "br1") },
      "its MTU is changed": { gone: false, harm: ({ b }) => inside(b, "ip", "link", "set", "br1", "mtu", "1300") },
      "it is down": { gone: false, harm: ({ b }) => inside(b, "ip", "link", "set", "br1", "down") },
    },
  },
  {
    type: "Link",
    inputs: ({ a, b }) => ({
      mtu: 1400,
      a: { netns: a, device: "l0", bridge: "br0" },
      b: { netns: b, device: "l1" },
    }),
    damage: {
      "one end is deleted": { gone: true, harm: ({ b }) => inside(b, "ip", "link", "del", "l1") },
      "an end is another device of that name": {
        gone: true,
        harm: ({ b }) => {
          inside(b, "ip", "link", "del", "l1");
          inside(b, "ip", "link", "add", "l1", "type", "bridge");
        },
      },
      "one end has another MTU": { gone: false, harm: ({ b }) => inside(b, "ip", "link", "set", "l1", "mtu", "1300") },
      "an end is down": { gone: false, harm: ({ b }) => inside(b, "ip", "link", "set", "l1", "down") },
      "an end has left the bridge": { gone: false, harm: ({ a }) => inside(a, "ip", "link", "set", "l0", "nomaster") },
    },
  },
  {
    type: "Vxlan",
    inputs: ({ a }) => ({
      netns: a,
      device: "vx0",
      vni: 7,
      port: 8472,
      mtu: 1400,
      local: "10.1.0.1",
      mac: "02:00:00:00:00:01",
      peers: [
        { underlay: "10.1.0.2", overlay: "10.2.0.2", mac: "02:00:00:00:00:02" },
        { underlay: "10.1.0.3", overlay: "10.2.0.3", mac: "02:00:00:00:00:03" },
      ],
    }),
    damage: {
      "it is deleted": { gone: true, harm: ({ a }) => inside(a, "ip", "link", "del", "vx0") },
      "a forwarding entry is deleted": {
        gone: false,
        harm: ({ a }) => inside(a, "bridge", "fdb", "del", "02:00:00:00:00:02", "dev", "vx0", "dst", "10.1.0.2"),
      },
      "a neighbour is deleted": {
        gone: false,
        harm: ({ a }) => inside(a, "ip", "neigh", "del", "10.2.0.3", "dev", "vx0"),
      },
      "its MTU is changed": { gone: false, harm: ({ a }) => inside(a, "ip", "link", "set", "vx0", "mtu", "1300") },
    },
  },
  {
    type: "Routing",
    inputs: ({ a }) => ({
      netns: a,
      addresses: [
        { device: "d0", cidr: "10.3.0.1/24" },
        { device: "d0", cidr: "fd03::1/64" },
      ],
      routes: [
        { to: "default", via: "10.3.0.2", device: "d0" },
        { to: "10.9.0.0/16", via: "10.3.0.3", device: "d0", table: 100, onlink: true, source: "10.3.0.1" },
        { to: "fd09::/64", via: "fd03::2", device: "d0" },
      ],
      rules: [
        { priority: 100, from: "10.4.0.0/16", table: 100 },
        { priority: 101, from: "fd04::/64", table: 100 },
      ],
    }),
    damage: {
      "an address is deleted, and routes with it": {
        gone: false,
        harm: ({ a }) => inside(a, "ip", "address", "del", "10.3.0.1/24", "dev", "d0"),
      },
      "a route goes elsewhere": {
        gone: false,
        harm: ({ a }) => inside(a, "ip", "route", "replace", "default", "via", "10.3.0.9", "dev", "d0"),
      },
      "a rule is deleted": { gone: false, harm: ({ a }) => inside(a, "ip", "rule", "del", "priority", "100") },
      "an IPv6 rule is deleted": {
        gone: false,
        harm: ({ a }) => inside(a, "ip", "-6", "rule", "del", "priority", "101"),
      },
    },
  },
  {
    type: "RuleSet",
    inputs: ({ a }) => ({
      netns: a,
      family: "ip",
      table: "lab",
      rules: `
        counter total { }
        set sources { type ipv4_addr; flags dynamic; counter; size 64; }
        chain in { type filter hook input priority 0; counter name total; update @sources { ip saddr }; }`,
    }),
    damage: {
      "it is deleted": { gone: true, harm: ({ a }) => inside(a, "nft", "delete", "table", "ip", "lab") },
      "it is flushed": { gone: false, harm: ({ a }) => inside(a, "nft", "flush", "table", "ip", "lab") },
      "a rule is added": {
        gone: false,
        harm: ({ a }) => inside(a, "nft", "add", "rule", "ip", "lab", "in", "counter", "drop"),
      },
    },
  },
  {
    type: "Cgroup",
    inputs: () => ({ role: "client" }),
    damage: {
      "its folder is removed": {
        gone: true,
        harm: ({ ref }) =>
          execFileSync(
            "rmdir",
            labGroups(ref.id).map((group) => join(group, "client")),
          ),
      },
    },
  },
  {
    type: "Process",
    inputs: ({ a }) => ({
      name: "server",
      netns: a,
      role: "server",
      // A child of the same group without any mark, as a tool that overwrites its environment would have it.
      command: ["sh", "-c", "env -i sleep 1000 & echo up with $WORD; exec sleep 1000"],
      environment: { WORD: "{dir}" },
      files: { "conf/a.conf": "of {dir}" },
      ready: { kind: "log", pattern: "^up with /.*/processes/server$" },
      stop: { signal: "SIGTERM", deadline: 2 },
      versionCommand: ["ip", "-V"],
    }),
    damage: {
      "it is killed": {
        gone: true,
        harm: (_, state) => {
          kill(refIn(state, "process"));
        },
      },
      "its log is removed": { gone: true, harm: (_, state) => execFileSync("rm", [String(state["log"])]) },
    },
  },
  {
    type: "Task",
    inputs: ({ a }) => ({
      name: "load",
      results: "results/run-1",
      triggers: ["1"],
      steps: [
        {
          phase: "one",
          run: {
            name: "tool",
            netns: a,
            role: "client",
            command: ["echo", "done"],
            output: "o",
            judge: "exit",
            deadline: 5,
          },
        },
      ],
    }),
    damage: {
      "its results are removed": {
        gone: true,
        harm: (_, state) => execFileSync("rm", ["-r", String(state["folder"])]),
      },
    },
  },
];
