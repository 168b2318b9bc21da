import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { diagnose, doctor, doctorExitCode, renderDoctor, type ToolReport } from "../../cli/doctor.ts";
import { toolNames } from "../../runner/tools/catalogue.ts";
import { otherSystem, type Machine } from "../../runner/tools/machine.ts";

const machine: Machine = {
  system: "linux 6.8.0 x64",
  platform: "linux",
  user: "ada",
  root: false,
  namespaces: { name: "namespaces", ok: true, detail: "in a user namespace, no root needed" },
  kernel: [
    { name: "VXLAN", ok: true, detail: "works" },
    { name: "nftables NAT", ok: true, detail: "works" },
  ],
  cgroups: "v2 (cpu, memory)",
  cores: 4,
  memoryBytes: 8 * 2 ** 30,
  diskFreeBytes: 20 * 2 ** 30,
};

const found: ToolReport = {
  name: "iperf3",
  purpose: "load",
  environments: ["netns"],
  minimum: "3.9",
  version: "3.12",
  path: "/usr/bin/iperf3",
  rejected: [],
  ways: ["Debian package iperf3"],
  byHand: "sudo apt install iperf3",
};
const missing: ToolReport = {
  ...found,
  version: undefined,
  path: undefined,
  rejected: [{ path: "/opt/bin/iperf3", reason: "is version 3.1, too old: 3.9 or newer is needed" }],
};

describe("doctor", () => {
  it("says that netns can run when all is there", () => {
    const report = diagnose([found], machine);
    expect(doctorExitCode(report)).toBe(0);
    const text = renderDoctor(report, false);
    expect(text).toContain("iperf3  3.12  /usr/bin/iperf3");
    expect(text).toContain("size          4 cores, 8.0 GiB memory, 20.0 GiB of disk free");
    expect(text).toContain("nftables NAT  yes  works");
    expect(text).toContain("The environment netns can run here.");
  });

  it("names a missing tool, what was found instead, and both ways to get it", () => {
    const report = diagnose([missing], machine);
    expect(doctorExitCode(report)).toBe(3);
    const text = renderDoctor(report, false);
    expect(text).toContain("iperf3  missing  3.9 or newer");
    expect(text).toContain("iperf3: /opt/bin/iperf3 is version 3.1, too old");
    expect(text).toContain("npm run setup (Debian package iperf3), or by hand: sudo apt install iperf3");
    expect(text).toContain("cannot run here yet:\n  missing: iperf3");
  });

  it("does not mind a tool that only other environments need", () => {
    expect(diagnose([{ ...missing, environments: ["aks"] }], machine).netns.ready).toBe(true);
  });

  it("says of each cluster whether it can run here, and what is in the way", () => {
    const docker = { ...missing, name: "docker" as const, environments: ["local" as const], ways: [], rejected: [] };
    const text = renderDoctor(diagnose([found, docker], machine, { azure: "az is not on PATH" }), false);
    expect(text).toContain(
      "The environment local cannot run here yet:\n  missing: docker\n    sudo apt install iperf3",
    );
    expect(text).toContain("The environment aks cannot run here yet:\n  Azure: no credentials (az is not on PATH)");
    expect(text).toContain("The environment existing can run here");
    const silent = diagnose([found], machine, { docker: "permission denied" });
    expect(silent.clusters.local.problems[0]?.what).toContain("does not answer (permission denied)");
    expect(doctorExitCode(silent)).toBe(0);
    expect(diagnose([found], machine).clusters.local.ready).toBe(true);
  });

  it("gives the reason and the way out when the kernel forbids it", () => {
    const forbidden = { name: "namespaces", ok: false, detail: "not allowed: x is 0", remedy: "sudo sysctl -w x=1" };
    const broken = { name: "VXLAN", ok: false, detail: "Unknown device type.", remedy: "modprobe vxlan" };
    const untried = { name: "bridge", ok: undefined, detail: "not tried" };
    const report = diagnose([found], { ...machine, namespaces: forbidden, kernel: [broken, untried] });
    expect(report.netns.problems.map(({ remedy }) => remedy)).toEqual(["sudo sysctl -w x=1", "modprobe vxlan"]);
    expect(renderDoctor(report, false)).toContain("  namespaces: not allowed: x is 0\n    sudo sysctl -w x=1");
    expect(doctorExitCode(report)).toBe(3);
  });

  it("on another system says one sentence, and asks for no Linux tools", () => {
    const report = diagnose([missing], {
      ...machine,
      platform: "darwin",
      namespaces: otherSystem("darwin"),
      kernel: [],
    });
    expect(doctorExitCode(report)).toBe(3);
    expect(report.netns.problems).toHaveLength(1);
    expect(renderDoctor(report, false)).toContain("environments local, aks or existing");
  });

  it("has colours only when asked, and they do not move the columns", () => {
    const report = diagnose([missing], machine);
    const plain = renderDoctor(report, false);
    const coloured = renderDoctor(report, true);
    expect(plain).not.toContain("\u001b");
    expect(coloured).toContain("\u001b[31m");
    expect(stripVTControlCharacters(coloured)).toBe(plain);
  });

  it("looks at this machine for real, tells the same as JSON, and changes nothing", async () => {
    const report = await doctor(process.cwd());
    expect(report.tools.map(({ name }) => name)).toEqual([...toolNames]);
    const copy = JSON.parse(JSON.stringify(report)) as typeof report;
    expect(copy.netns).toEqual(report.netns);
    expect([0, 3]).toContain(doctorExitCode(report));
    expect(renderDoctor(report, false)).toContain(report.machine.system);
  });
});
