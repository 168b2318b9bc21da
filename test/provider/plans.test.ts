import { describe, expect, it } from "vitest";
import { canonical, nothing, parseLayer3, plan, present, type Layer3 } from "../../provider/lib/routes.ts";
import { transaction } from "../../provider/lib/rules.ts";
import { knownPeers, peerLines } from "../../provider/resources/vxlan.ts";
import { isBalanced } from "../../provider/resources/ruleSet.ts";
import { fixture } from "../support/fixtures.ts";

const real = parseLayer3(fixture("provider/ip-layer3.txt"), fixture("provider/ip-rule6.json"));

/** What was set in the namespace of the fixture. */
const set: Layer3 = {
  addresses: [
    { device: "br0", cidr: "10.0.0.1/24" },
    { device: "br0", cidr: "fd00::0001/64" },
  ],
  routes: [
    { to: "10.9.0.0/24", via: "10.0.0.2", device: "br0", onlink: true, table: 100 },
    { to: "default", via: "10.0.0.2", device: "br0", onlink: true, source: "10.0.0.1" },
    { to: "10.8.0.5/32", device: "br0" },
    { to: "fd01::/64", via: "fd00::2", device: "br0" },
  ],
  rules: [
    { priority: 100, from: "10.0.0.2/32", table: 100 },
    { priority: 101, from: "10.1.0.0/24", to: "10.0.0.0/16", table: 100 },
    { priority: 102, from: "fd00::/64", table: 100 },
  ],
};

describe("addresses, routes and rules", () => {
  it("that are all there need nothing", () => {
    expect(present(set, real)).toEqual(set);
    expect(plan(set, set, real)).toEqual({ lines: [], lines6: [], again: false });
  });

  it("that are missing are set, and what is there is left alone", () => {
    const bare: Layer3 = {
      addresses: real.addresses.filter(({ cidr }) => cidr !== "10.0.0.1/24"),
      routes: real.routes.filter(({ to }) => to !== "default"),
      rules: real.rules.filter(({ priority }) => priority !== 100 && priority !== 102),
    };
    expect(present(set, bare).addresses).toEqual([{ device: "br0", cidr: "fd00::0001/64" }]);
    expect(plan(set, set, bare)).toEqual({
      lines: [
        "rule add priority 100 from 10.0.0.2/32 table 100",
        "address replace 10.0.0.1/24 dev br0",
        "route replace default via 10.0.0.2 dev br0 onlink src 10.0.0.1 table 254",
      ],
      lines6: ["rule add priority 102 from fd00::/64 table 100"],
      again: false,
    });
  });

  it("that are no longer wanted go, and only what was set before goes", () => {
    const { lines, lines6, again } = plan(nothing, set, real);
    expect(lines).toEqual([
      "rule del priority 100 from 10.0.0.2/32 table 100",
      "rule del priority 101 from 10.1.0.0/24 to 10.0.0.0/16 table 100",
      "route del 10.9.0.0/24 via 10.0.0.2 dev br0 onlink table 100",
      "route del default via 10.0.0.2 dev br0 onlink src 10.0.0.1 table 254",
      "route del 10.8.0.5/32 dev br0 table 254",
      "route del fd01::/64 via fd00::2 dev br0 table 254",
      "address del 10.0.0.1/24 dev br0",
      "address del fd00::0001/64 dev br0",
    ]);
    expect(lines6).toEqual(["rule del priority 102 from fd00::/64 table 100"]);
    expect(again).toBe(true);
    expect(plan(nothing, nothing, real).lines).toEqual([]);
  });

  it("with another next hop are replaced", () => {
    const routes = [{ to: "default", via: "10.0.0.3", device: "br0" }];
    const { lines } = plan({ ...nothing, routes }, { ...nothing, routes: set.routes.slice(1, 2) }, real);
    expect(lines).toEqual([
      "route del default via 10.0.0.2 dev br0 onlink src 10.0.0.1 table 254",
      "route replace default via 10.0.0.3 dev br0 table 254",
    ]);
  });

  it("are compared whatever way they are written", () => {
    expect(canonical("10.0.0.5/32")).toBe("10.0.0.5");
    expect(canonical("FD00:0::01/128")).toBe("fd00::1");
    expect(canonical("10.0.0.0/24")).toBe("10.0.0.0/24");
    expect(canonical("default")).toBe("default");
  });
});

describe("VXLAN peers", () => {
  const peers = [
    { underlay: "172.30.0.11", overlay: "10.200.0.2", mac: "02:00:00:00:00:02" },
    { underlay: "172.30.0.12", overlay: "10.200.0.3", mac: "02:00:00:00:00:03" },
  ];
  const known = {
    neighbours: new Map([
      ["10.200.0.2", "02:00:00:00:00:02"],
      ["10.200.0.9", "02:00:00:00:00:09"],
    ]),
    forwarding: new Map([
      ["02:00:00:00:00:02", "172.30.0.99"],
      ["02:00:00:00:00:09", "172.30.0.19"],
    ]),
  };

  it("count as known only in full", () => {
    expect(knownPeers(peers, known)).toEqual([]);
    expect(knownPeers(peers, { ...known, forwarding: new Map([["02:00:00:00:00:02", "172.30.0.11"]]) })).toEqual(
      peers.slice(0, 1),
    );
  });

  it("are added, corrected and taken away", () => {
    expect(peerLines("vx0", peers, known)).toEqual({
      ip: ["neigh del 10.200.0.9 dev vx0", "neigh replace 10.200.0.3 lladdr 02:00:00:00:00:03 dev vx0 nud permanent"],
      bridge: [
        "fdb del 02:00:00:00:00:09 dev vx0 dst 172.30.0.19",
        "fdb replace 02:00:00:00:00:02 dev vx0 dst 172.30.0.11",
        "fdb replace 02:00:00:00:00:03 dev vx0 dst 172.30.0.12",
      ],
    });
  });
});

describe("rule sets", () => {
  it("are set in one transaction, whether the table is there or not", () => {
    expect(transaction({ family: "ip", table: "lab", rules: "  chain c { }" })).toBe(
      "table ip lab\ndelete table ip lab\ntable ip lab {\n  chain c { }\n}\n",
    );
  });

  it("must stay within their table", () => {
    expect(isBalanced('chain c { comment "}" # }\n }')).toBe(true);
    expect(isBalanced("chain c { } } table ip other {")).toBe(false);
    expect(isBalanced("chain c {")).toBe(false);
  });
});
