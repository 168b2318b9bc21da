import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { catalogue, toolNames, type ToolName } from "../../../runner/tools/catalogue.ts";
import { compareVersions, readVersion } from "../../../runner/tools/versions.ts";

/** What the programs really print. */
const outputs: readonly (readonly [ToolName, string, string])[] = [
  ["pulumi", "v3.258.0\n", "3.258.0"],
  ["pulumi", "warning: A new version of Pulumi is available.\nv3.258.0", "3.258.0"],
  ["iperf3", "iperf 3.12 (cJSON 1.7.15)\nLinux vm 6.18.44 #1 SMP PREEMPT_DYNAMIC x86_64\n", "3.12"],
  ["iperf3", "iperf 3.21+ (cJSON 1.7.15)\n", "3.21"],
  ["iperf3", "iperf 3.1.3\n", "3.1.3"],
  ["k6", "k6 v1.1.0 (commit/0e3fb953be, go1.24.4, linux/amd64)", "1.1.0"],
  ["k6", "k6 v2.2.0 (go1.25.1, linux/amd64)\nExtensions:\n", "2.2.0"],
  ["nginx", "nginx version: nginx/1.22.1\n", "1.22.1"],
  ["nginx", "nginx version: nginx/1.18.0 (Ubuntu)\n", "1.18.0"],
  ["nginx", "nginx version: openresty/1.25.3.1\n", "1.25.3"],
  ["envoy", "\nenvoy  version: 9e5580933739775e8bce696a57a2e1bc99368f23/1.40.0/Clean/RELEASE/BoringSSL\n", "1.40.0"],
  ["prometheus", "prometheus, version 2.42.0+ds (branch: debian/sid, revision: 2.42.0+ds-5+deb12u1)\n", "2.42.0"],
  ["node_exporter", "node_exporter, version 1.5.0 (branch: debian/sid, revision: 1.5.0-1+b6)\n", "1.5.0"],
  ["nft", "nftables v1.0.6 (Lester Gooch #5)\n", "1.0.6"],
  ["nft", "nftables v1.1 (Commodore Bullmoose)\n", "1.1"],
  ["ip", "ip utility, iproute2-6.1.0, libbpf 1.1.2\n", "6.1.0"],
  ["ip", "ip utility, iproute2-ss190107\n", "190107"],
  ["unshare", "unshare from util-linux 2.38.1\n", "2.38.1"],
  ["docker", "Docker version 28.2.2, build e6534b4\n", "28.2.2"],
  ["kind", "kind v0.33.0 go1.26.8 linux/amd64\n", "0.33.0"],
  ["nsenter", "nsenter from util-linux 2.38.1\n", "2.38.1"],
];

describe("versions", () => {
  it.each(outputs)("of %s in %j is %s", (name, output, version) => {
    expect(readVersion(output, catalogue[name].version.pattern)).toBe(version);
  });

  it("cover every tool", () => {
    expect(new Set(outputs.map(([name]) => name))).toEqual(new Set(toolNames));
  });

  it("are not found in the words of a broken program", () => {
    for (const name of toolNames) {
      const { pattern } = catalogue[name].version;
      expect(
        readVersion("error while loading shared libraries: libnftables.so.1: cannot open", pattern),
      ).toBeUndefined();
      expect(readVersion("", pattern)).toBeUndefined();
    }
  });

  it("compare by number, not by letter", () => {
    expect(compareVersions("1.10.0", "1.9.9")).toBeGreaterThan(0);
    expect(compareVersions("3.9", "3.12")).toBeLessThan(0);
    expect(compareVersions("2.40", "2.40.0")).toBe(0);
    expect(compareVersions("v1.2.3", "1.2.3+ds")).toBe(0);
  });

  it("are ordered whatever is compared", () => {
    const version = fc.array(fc.nat(999), { minLength: 1, maxLength: 4 }).map((places) => places.join("."));
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        expect(compareVersions(a, a)).toBe(0);
      }),
    );
  });
});
