import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unknownValue } from "../../provider/lib/values.ts";
import { types } from "../../provider/netlab.ts";
import { goodInputs, lab } from "./inputs.ts";
import { provider, urn, type Properties, type TypeName } from "./support.ts";

async function failures(type: TypeName, inputs: unknown): Promise<{ property: string; reason: string }[]> {
  const { failures = [] } = await provider().check(urn(type), {}, inputs);
  return failures;
}

const bad = async (type: TypeName, changes: Properties): Promise<string[]> =>
  (await failures(type, { ...goodInputs[type], ...changes })).map(({ property }) => property);

describe("good properties pass", () => {
  it.each(Object.keys(types) as TypeName[])("%s", async (type) => {
    expect(await failures(type, goodInputs[type])).toEqual([]);
  });
});

describe("every bad property is named at once", () => {
  it.each<[TypeName, Properties, string[]]>([
    ["Lab", { labId: "My-Lab", dir: "labs", path: ["bin"] }, ["labId", "dir", "path[0]"]],
    ["UserNamespace", { lab: { ...lab, id: "" } }, ["lab.id"]],
    [
      "Node",
      { name: "a/b", sysctls: { "kernel.panic": "1", "net.ipv4.x": "" } },
      ["name", 'sysctls["kernel.panic"]', 'sysctls["net.ipv4.x"]'],
    ],
    [
      "Bridge",
      { device: "a-name-too-long-", mtu: 575, netns: "worker", colour: 1 },
      ["netns", "device", "mtu", "colour"],
    ],
    [
      "Link",
      { mtu: 65536, a: { netns: "l1-a", device: "x y" }, b: { netns: "l1-b" } },
      ["mtu", "a.device", "b.device"],
    ],
    [
      "Vxlan",
      { vni: 0, port: 70000, local: "here", mac: "02:00", peers: [{ underlay: "1.2.3", overlay: "x", mac: "" }] },
      ["vni", "port", "local", "mac", "peers[0].underlay", "peers[0].overlay", "peers[0].mac"],
    ],
    [
      "Routing",
      {
        addresses: [{ device: "e0", cidr: "10.0.0.1" }],
        routes: [{ to: "10.0.0.0/33", via: "x", device: "e0", table: 0 }],
        rules: [{ priority: 0, from: "all", table: 100 }],
      },
      ["addresses[0].cidr", "routes[0].to", "routes[0].via", "routes[0].table", "rules[0].priority", "rules[0].from"],
    ],
    ["RuleSet", { family: "arp", table: "my table", rules: "chain {" }, ["family", "table", "rules"]],
    ["Cgroup", { role: "the client" }, ["role"]],
    ["Link", { a: { netns: "l2-a", device: "a0" } }, ["a.netns"]],
    ["Process", { netns: "l10-a", cgroup: ["/etc/passwd"] }, ["netns", "cgroup[0]"]],
    [
      "Process",
      {
        command: [],
        environment: { NETLAB_LAB: "x" },
        files: { "../x": "" },
        ready: { kind: "tcp", port: 0 },
        readyDeadline: 0,
        stop: { signal: "SIGKILL", deadline: -1 },
      },
      [
        "command",
        "environment.NETLAB_LAB",
        'files["../x"]',
        "ready.port",
        "readyDeadline",
        "stop.signal",
        "stop.deadline",
      ],
    ],
    ["Process", { ready: { kind: "log", pattern: "(" } }, ["ready.pattern"]],
    ["Process", { ready: { kind: "luck" } }, ["ready.kind"]],
    [
      "Task",
      {
        results: "../r",
        steps: [{ phase: "idle" }, { phase: "idle", seconds: 1 }],
        follow: [{ file: "log", as: "/l" }],
      },
      ["results", "steps[0]", "follow[0].file", "follow[0].as"],
    ],
  ])("%s %j", async (type, changes, properties) => {
    expect((await bad(type, changes)).sort()).toEqual([...properties].sort());
  });

  it("with what is allowed and what was given", async () => {
    expect(await failures("Bridge", { ...goodInputs.Bridge, mtu: 70000 })).toEqual([
      { property: "mtu", reason: "an MTU is at most 65535 bytes; it is 70000" },
    ]);
    expect(await failures("Node", { ...goodInputs.Node, sysctls: { "kernel.panic": "1" } })).toEqual([
      {
        property: 'sysctls["kernel.panic"]',
        reason: 'only kernel settings below `net.` belong to a namespace, written with dots; it is "kernel.panic"',
      },
    ]);
  });

  it("also names that must differ, beside an element that is bad for another reason", async () => {
    const command = { name: "probe", netns: "l1-a", role: "client", command: ["true"], judge: "exit", deadline: 1 };
    const alongside = [command, command, { ...command, name: "other", deadline: 0 }];
    expect((await bad("Task", { alongside })).sort()).toEqual(["alongside", "alongside[2].deadline"]);
  });
});

describe("in a preview", () => {
  it("what is not known yet is left for the real run, the rest is checked", async () => {
    const inputs = { ...goodInputs.Link, lab: unknownValue, mtu: 1, a: { netns: unknownValue, device: "x y" } };
    expect((await failures("Link", inputs)).map(({ property }) => property).sort()).toEqual(["a.device", "mtu"]);
  });

  it("nothing at all needs to be known", async () => {
    for (const type of Object.keys(types) as TypeName[]) {
      const unknown = Object.fromEntries(Object.keys(goodInputs[type]).map((key) => [key, unknownValue]));
      expect(await failures(type, unknown)).toEqual([]);
    }
  });

  it("an output without a value, and a secret with one, are seen through", async () => {
    const key = "4dabf18193072939515e22adb298388d";
    const output = { [key]: "d0e6a833031e9bbcd3f4e8bde6ca49a4" };
    const secret = { [key]: "1b47061264138c4ac30d75fd1eb44270", value: 12 };
    const inputs = { ...goodInputs.Bridge, netns: output, mtu: secret };
    expect((await failures("Bridge", inputs)).map(({ property }) => property)).toEqual(["mtu"]);
  });
});

it("survives any properties", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...(Object.keys(types) as TypeName[])), fc.object(), async (type, inputs) => {
      expect((await failures(type, inputs)).length).toBeGreaterThan(0);
    }),
    { numRuns: 100 },
  );
});
