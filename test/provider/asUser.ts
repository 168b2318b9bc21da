/**
 * Lives the life of a lab in a user namespace, as whatever user starts it: asUser.ts <folder>. Prints what it saw as
 * JSON. A program of its own, for tests run as root must become somebody else.
 */
import { existsSync } from "node:fs";
import { scanProcesses } from "../../provider/lib/processes.ts";
import type { CgroupState, LabRef, ProcessState, UserNamespaceState } from "../../provider/schema.ts";
import { inspectLab, isEmpty } from "../../provider/sweep.ts";
import { missing, provider, testLab, urn, type Properties, type TypeName } from "./support.ts";
import { kill } from "./world.ts";

const served = provider();
const [folder = ""] = process.argv.slice(2);
const root = await testLab(folder);
const made = new Map<TypeName, Properties>();

async function create(type: TypeName, inputs: Properties): Promise<Properties> {
  const { outs } = await served.create(urn(type), inputs);
  made.set(type, outs);
  return outs;
}

async function build(): Promise<UserNamespaceState> {
  const user = (await create("UserNamespace", { lab: root.ref })) as unknown as UserNamespaceState;
  const lab: LabRef = user.ref;
  const b = String((await create("Node", { lab, name: "b" }))["netns"]);
  const a = String((await create("Node", { lab, name: "a", sysctls: { "net.ipv4.ip_forward": "1" } }))["netns"]);
  await create("Bridge", { lab, netns: a, device: "br0", mtu: 1500 });
  await create("Link", { lab, mtu: 1500, a: { netns: a, device: "l0", bridge: "br0" }, b: { netns: b, device: "l1" } });
  await create("Routing", { lab, netns: b, addresses: [{ device: "l1", cidr: "10.0.0.2/24" }] });
  await create("Routing", { lab, netns: a, addresses: [{ device: "br0", cidr: "10.0.0.1/24" }] });
  const peers = [{ underlay: "10.0.0.2", overlay: "10.9.0.2", mac: "02:00:00:00:00:02" }];
  const vxlan = { device: "vx0", vni: 1, port: 8472, mtu: 1400, local: "10.0.0.1", mac: "02:00:00:00:00:01", peers };
  await create("Vxlan", { lab, netns: a, ...vxlan });
  if (missing("nft") === undefined) {
    const rules = "chain post { type nat hook postrouting priority 100; oifname l0 masquerade; }";
    await create("RuleSet", { lab, netns: a, family: "ip", table: "lab", rules });
  }
  const { procs } = (await create("Cgroup", { lab, role: "server" })) as unknown as CgroupState;
  const code = "require('http').createServer((_, a) => a.end('echo-1')).listen(8080, '10.0.0.1')";
  const ready = { kind: "http", url: "http://10.0.0.1:8080/", body: "echo-1" };
  const server = {
    name: "server",
    netns: a,
    role: "server",
    cgroup: procs,
    command: [process.execPath, "-e", code],
    ready,
  };
  await create("Process", { lab, ...server });
  const ask = `fetch("http://10.0.0.1:8080/").then((a) => a.text()).then(console.log)`;
  const run = {
    name: "ask",
    netns: b,
    role: "client",
    command: [process.execPath, "-e", ask],
    judge: "exit",
    deadline: 10,
    output: "answer",
  };
  await create("Task", { lab, name: "load", results: "results/1", triggers: [], steps: [{ phase: "one", run }] });
  return user;
}

/** Types of which something is still there. */
async function present(): Promise<string[]> {
  const found = [...made].map(async ([type, state]) =>
    (await served.read("id", urn(type), state)).id === "" ? [] : [type],
  );
  return (await Promise.all(found)).flat();
}

const first = await build();
const whole = await present();
const { outcome } = made.get("Task") ?? {};
const server = made.get("Process") as unknown as ProcessState;
const diffs = await Promise.all(
  [...made].map(async ([type, state]) => (await served.diff("id", urn(type), state, state)).changes),
);

kill(first.holder);
const afterKill = await present();
await build();
const rebuilt = await present();
const oldServer = scanProcesses().some(
  ({ ref }) => ref.pid === server.process.pid && ref.startTime === server.process.startTime,
);

for (const [type, state] of [...made].reverse()) await served.delete("id", urn(type), state);
const { processes } = inspectLab(root.ref);
await root.remove();
console.log(
  JSON.stringify({
    uid: process.getuid?.(),
    whole,
    outcome,
    changed: diffs.includes(true),
    afterKill,
    rebuilt,
    oldServer,
    afterDelete: processes,
    left: !isEmpty(inspectLab(root.ref)) || existsSync(root.ref.dir),
  }),
);
