import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseRoots, parseMounts, parseUnifiedPath } from "../../provider/lib/cgroups.ts";
import { parseVersion } from "../../provider/lib/command.ts";
import { ipLinks, parseDocument } from "../../provider/lib/devices.ts";
import { ProviderError } from "../../provider/lib/errors.ts";
import { beginOf } from "../../provider/lib/follow.ts";
import { parseMarks, parseStat } from "../../provider/lib/processes.ts";
import { parseLayer3 } from "../../provider/lib/routes.ts";
import { fingerprint } from "../../provider/lib/rules.ts";
import { parseHost, parseResident } from "../../provider/lib/sampler.ts";
import { parseListening } from "../../provider/lib/sockets.ts";
import { fixture } from "../support/fixtures.ts";
import { scratchFolder } from "../support/scratch.ts";

const stat = fixture("provider/stat.txt");

describe("/proc", () => {
  it("gives the fields of a process, also with blanks and parentheses in its name", () => {
    expect(parseStat(stat)).toEqual({
      pid: 24158,
      name: "cat",
      state: "R",
      parent: 24145,
      group: 24145,
      ownTicks: 0,
      childTicks: 0,
      startTime: 379748,
    });
    expect(parseStat(stat.replace("(cat)", "(a) (b c)"))).toMatchObject({ name: "a) (b c", startTime: 379748 });
  });

  it("gives nothing, or the right fields, for a line that is cut off", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: stat.length }), (length) => {
        const part = parseStat(stat.slice(0, length));
        if (part !== undefined) expect(part.startTime).toBe(379748);
      }),
    );
  });

  it("gives the marks in an environment, and only whole names", () => {
    const environ = "PATH=/bin\0NETLAB_LAB=a1\0XNETLAB_ROLE=no\0NETLAB_RESOURCE=processes/nginx\0";
    expect(parseMarks(environ)).toEqual({ lab: "a1", resource: "processes/nginx", role: "" });
  });

  it("gives the sockets that listen on a port, and not those that are connected to it", () => {
    const table = fixture("provider/tcp6.txt");
    expect([...parseListening(table, 5201)]).toEqual(["191730"]);
    expect([...parseListening(table, 5202)]).toEqual([]);
    expect([...parseListening(table.replace(" 0A ", " 01 "), 5201)]).toEqual([]);
  });

  it("gives the host's idle and total seconds, guests not counted twice", () => {
    expect(parseHost(fixture("provider/host-stat.txt"))).toEqual({ idle: 4060.09, total: 7553.24 });
    expect(parseHost("cpu  1 2 3")).toBeUndefined();
    expect(parseResident("Name:\tx\nVmRSS:\t    1234 kB\n")).toBe(1234 * 1024);
    expect(parseResident("Name:\tx\n")).toBeUndefined();
  });

  it("gives where control groups are mounted", () => {
    expect(parseMounts(fixture("provider/mountinfo-v1.txt"))).toEqual({
      cpuacct: "/sys/fs/cgroup/cpuacct",
      memory: "/sys/fs/cgroup/memory",
      unified: "/sys/fs/cgroup/unified",
    });
    expect(parseMounts(fixture("provider/mountinfo-v2.txt"))).toEqual({
      cpuacct: undefined,
      memory: undefined,
      unified: "/sys/fs/cgroup",
    });
    expect(parseUnifiedPath("4:memory:/a\n0::/user.slice/user-1000.slice\n")).toBe("/user.slice/user-1000.slice");
    expect(parseUnifiedPath("4:memory:/a\n")).toBe("/");
  });
});

describe("the root of control groups", () => {
  const none = { cpuacct: undefined, memory: undefined, unified: undefined };

  it("is that of version 1 where its two hierarchies are", () => {
    expect(chooseRoots({ cpuacct: "/c", memory: "/m", unified: "/u" }, "/")).toEqual({
      version: 1,
      folders: ["/c", "/m"],
    });
  });

  it("is the highest one of version 2 that this user may write to, or none", () => {
    const unified = scratchFolder();
    const user = join(unified, "user.slice", "user@1000.service");
    mkdirSync(join(user, "app.slice"), { recursive: true });
    expect(chooseRoots({ ...none, unified }, "/user.slice/user@1000.service/app.slice").version).toBe(0);
    for (const group of [user, join(user, "app.slice")]) writeFileSync(join(group, "cgroup.procs"), "");
    expect(chooseRoots({ ...none, unified }, "/user.slice/user@1000.service/app.slice")).toEqual({
      version: 2,
      folders: [user],
    });
    expect(chooseRoots({ ...none, unified }, "/elsewhere").version).toBe(0);
    expect(chooseRoots(none, "/").version).toBe(0);
  });
});

describe("tools", () => {
  it("give devices as ip tells them", () => {
    const devices = parseDocument(fixture("provider/ip-link.json"), ipLinks);
    expect(devices.map(({ name, kind, mtu, up, master }) => [name, kind, mtu, up, master])).toEqual([
      ["lo", "", 65536, true, ""],
      ["br0", "bridge", 1450, true, ""],
      ["x1", "veth", 1400, true, "br0"],
      ["vx", "vxlan", 1300, true, ""],
    ]);
    expect(devices[3]?.vxlan).toEqual({ vni: 7, local: "10.0.0.1", port: 4789 });
  });

  it("give the first dotted number as their version", () => {
    expect(parseVersion("nginx version: nginx/1.22.1")).toBe("1.22.1");
    expect(parseVersion("iperf 3.12 (cJSON 1.7.15)")).toBe("3.12");
    expect(parseVersion("none")).toBe("");
  });

  it.each([
    ["ip link", fixture("provider/ip-link.json"), (text: string) => parseDocument(text, ipLinks)],
    ["ip address, route, rule", fixture("provider/ip-layer3.txt"), (text: string) => parseLayer3(text)],
    ["nft list table", fixture("provider/nft-table.json"), fingerprint],
  ] as const)("whose output is cut off give a clear error: %s", (_, whole, parse) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.trimEnd().length - 1 }), (length) => {
        expect(() => parse(whole.slice(0, length))).toThrow(ProviderError);
      }),
      { numRuns: 60 },
    );
    expect(() => parse(whole)).not.toThrow();
  });
});

describe("a table's fingerprint", () => {
  const table = fixture("provider/nft-table.json");
  const counting = fixture("nft/server-1.0.6.json");

  it("is the same whatever traffic counts and fills", () => {
    expect(fingerprint(table.replaceAll('"packets": 3', '"packets": 77').replace('"handle": 5', '"handle": 9'))).toBe(
      fingerprint(table),
    );
    // As nft 1.0.6 prints it: it does not say that these sets are dynamic.
    const emptied = counting.replace(
      /"elem": \[\{"elem": \{"val": "10\.77\.1\.9".*?\]\}?, "stmt"/,
      '"elem": [], "stmt"',
    );
    expect(emptied).not.toBe(counting);
    expect(fingerprint(emptied)).toBe(fingerprint(counting));
  });

  it("differs when a rule, or an element of a set that nobody fills, goes", () => {
    expect(fingerprint(table.replace('"drop"', '"accept"'))).not.toBe(fingerprint(table));
    expect(fingerprint(table.replace("10.0.0.7", "10.0.0.8"))).not.toBe(fingerprint(table));
  });
});

describe("a followed file", () => {
  it("is kept from where it stood, or whole when it was replaced or cut off", () => {
    const place = (inode: number, size: number) => ({ file: "f", inode, size });
    expect(beginOf(place(1, 10), place(1, 25))).toBe(10);
    expect(beginOf(place(1, 10), place(2, 25))).toBe(0);
    expect(beginOf(place(1, 10), place(1, 5))).toBe(0);
    expect(beginOf(place(0, 0), place(3, 5))).toBe(0);
  });
});
