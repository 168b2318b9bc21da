import { describe, expect, it } from "vitest";
import { unknownValue } from "../../provider/lib/values.ts";
import { types } from "../../provider/netlab.ts";
import { goodInputs, lab } from "./inputs.ts";
import { provider, urn, type Properties, type TypeName } from "./support.ts";

const names = Object.keys(types) as TypeName[];

async function diff(type: TypeName, olds: Properties, news: Properties) {
  const { changes, replaces, deleteBeforeReplace } = await provider().diff("id", urn(type), olds, news);
  expect(deleteBeforeReplace).toBe(true);
  return { changes, replaces };
}

const same = { changes: false, replaces: [] };
const inPlace = { changes: true, replaces: [] };

describe.each(names)("%s", (type) => {
  const inputs = { ...goodInputs[type] } as Properties;

  it("has no change when only outputs are more, whatever the order of keys", async () => {
    const olds = { inode: 7, process: { pid: 1 }, outcome: { ok: true }, ...inputs };
    const reversed = Object.fromEntries(Object.entries(inputs).reverse());
    expect(await diff(type, olds, reversed)).toEqual(same);
  });

  it("is repaired when a refresh saw a drift that no property shows", async () => {
    expect(await diff(type, { ...inputs, drift: ["br0 is down"] }, inputs)).toEqual(inPlace);
  });

  it.runIf("lab" in inputs)("is replaced with its lab or the holder, not for another search path", async () => {
    const holder = { pid: 1, startTime: 2, bootId: "b" };
    expect(await diff(type, inputs, { ...inputs, lab: { ...lab, path: ["/other"] } })).toEqual(inPlace);
    for (const other of [{ id: "l2" }, { dir: "/x" }, { holder }]) {
      expect(await diff(type, inputs, { ...inputs, lab: { ...lab, ...other } })).toEqual({
        changes: true,
        replaces: ["lab"],
      });
    }
  });

  it("is replaced by what is not known yet: the engine asks so to learn what goes down with a resource", async () => {
    for (const key of Object.keys(inputs)) {
      expect(await diff(type, inputs, { ...inputs, [key]: unknownValue })).toEqual({ changes: true, replaces: [key] });
    }
  });
});

describe("changed in place", () => {
  it.each<[TypeName, Properties]>([
    ["Lab", { path: ["/other"] }],
    ["Node", { sysctls: { "net.ipv4.ip_forward": "0", "net.ipv4.tcp_sack": "1" } }],
    ["Bridge", { mtu: 1400 }],
    ["Link", { mtu: 1400 }],
    ["Vxlan", { mtu: 1400, peers: [] }],
    ["Routing", { addresses: [], routes: [], rules: [] }],
    ["RuleSet", { rules: "chain d { }" }],
    ["Process", { stop: { signal: "SIGTERM", deadline: 9 } }],
  ])("%s %j", async (type, changes) => {
    const inputs = { ...goodInputs[type] };
    expect(await diff(type, inputs, { ...inputs, ...changes })).toEqual(inPlace);
  });
});

describe("replaced", () => {
  it.each<[TypeName, Properties]>([
    ["Lab", { labId: "l2" }],
    ["Lab", { dir: "/other" }],
    ["Node", { name: "other" }],
    ["Bridge", { device: "br1" }],
    ["Link", { a: { netns: "l1-a", device: "a0" } }],
    ["Vxlan", { vni: 8 }],
    ["Vxlan", { mac: "02:00:00:00:00:09" }],
    ["Routing", { netns: "l1-b" }],
    ["RuleSet", { table: "other" }],
    ["Cgroup", { role: "server" }],
    ["Process", { command: ["tool"] }],
    ["Process", { files: {} }],
    ["Task", { triggers: ["2"] }],
    ["Task", { steps: [{ phase: "idle", seconds: 2 }] }],
    ["Task", { watch: {} }],
  ])("%s %j", async (type, changes) => {
    const inputs = { ...goodInputs[type] };
    expect(await diff(type, inputs, { ...inputs, ...changes })).toEqual({
      changes: true,
      replaces: Object.keys(changes),
    });
  });

  it("a node that loses a kernel setting: its old value is not known", async () => {
    const { sysctls, ...inputs } = goodInputs.Node;
    expect(await diff("Node", { ...inputs, sysctls }, inputs)).toEqual({ changes: true, replaces: ["sysctls"] });
  });
});

it("a type that does not exist is refused by name", () => {
  expect(() => provider().diff("id", "urn:pulumi:s::p::netlab:index:Router::r", {}, {})).toThrow(
    /no resource type netlab:index:Router; it has Lab, UserNamespace, Node/,
  );
});
