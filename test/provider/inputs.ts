/** Good inputs of each type, for tests that need no kernel. */
import type { LabRef, ResourceTypes } from "../../provider/schema.ts";

export const lab: LabRef = { id: "l1", dir: "/labs/l1", path: ["/tools"] };

const command = { netns: "l1-a", role: "client", command: ["tool", "{dir}/file"] };

export const goodInputs: { readonly [Type in keyof ResourceTypes]: ResourceTypes[Type]["args"] } = {
  Lab: { labId: "l1", dir: "/labs/l1", path: ["/tools"] },
  UserNamespace: { lab },
  Node: { lab, name: "worker", sysctls: { "net.ipv4.ip_forward": "1" } },
  Bridge: { lab, netns: "l1-a", device: "br0", mtu: 1500 },
  Link: { lab, mtu: 1500, a: { netns: "l1-a", device: "a0", bridge: "br0" }, b: { netns: "l1-b", device: "b0" } },
  Vxlan: {
    lab,
    netns: "l1-a",
    device: "vx0",
    vni: 7,
    port: 8472,
    mtu: 1450,
    local: "172.30.0.1",
    mac: "02:00:00:00:00:01",
    peers: [{ underlay: "172.30.0.2", overlay: "10.200.0.2", mac: "02:00:00:00:00:02" }],
  },
  Routing: {
    lab,
    netns: "l1-a",
    addresses: [{ device: "a0", cidr: "10.0.0.1/24" }],
    routes: [{ to: "default", via: "10.0.0.2", device: "a0", onlink: true, table: 100 }],
    rules: [{ priority: 100, from: "10.1.0.0/16", table: 100 }],
  },
  RuleSet: { lab, netns: "l1-a", family: "inet", table: "lab", rules: "chain c { }" },
  Cgroup: { lab, role: "client" },
  Process: {
    ...command,
    lab,
    name: "server",
    files: { "conf/a.conf": "x" },
    environment: { A: "b" },
    ready: { kind: "tcp", port: 80 },
    stop: { signal: "SIGQUIT", deadline: 5 },
  },
  Task: {
    lab,
    name: "load",
    results: "results/run-1",
    triggers: ["1"],
    steps: [
      { phase: "idle", seconds: 1 },
      { phase: "saturated", run: { ...command, name: "iperf3", judge: "iperf3", deadline: 10, output: "a.json" } },
    ],
    watch: { server: { pid: 1, startTime: 2, bootId: "b" } },
    follow: [{ file: "/labs/l1/log", as: "server.log" }],
  },
};
