import { describe, expect, it } from "vitest";
import { cgroupsOf, inspectMachine, otherSystem, whyNoNamespaces } from "../../../runner/tools/machine.ts";

describe("cgroups", () => {
  const v2 = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0";
  const v1 = [
    "cgroup /sys/fs/cgroup/cpuacct cgroup rw,cpuacct 0 0",
    "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0",
    "none /sys/fs/cgroup/unified cgroup2 rw 0 0",
  ].join("\n");

  it.each([
    ["a machine of today", v2, "cpuset cpu io memory hugetlb pids\n", "v2 (cpu, memory)"],
    ["an older machine with an empty v2 beside v1", v1, "", "v1 (cpuacct, memory)"],
    ["a container whose v2 controllers were not handed over", v2, "", undefined],
    ["a machine with neither", "proc /proc proc rw 0 0", "", undefined],
    ["one whose v1 has no memory controller", "cgroup /c cgroup rw,cpu,cpuacct 0 0", "", undefined],
  ])("of %s", (_, mounts, controllers, expected) => {
    expect(cgroupsOf(mounts, controllers)).toBe(expected);
  });
});

describe("why no user namespaces", () => {
  const reading =
    (files: Readonly<Record<string, string>>) =>
    (path: string): string =>
      files[path] ?? "";

  it.each([
    ["/proc/sys/kernel/unprivileged_userns_clone", "0\n", "sudo sysctl -w kernel.unprivileged_userns_clone=1"],
    ["/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n", "kernel.apparmor_restrict_unprivileged_userns=0"],
    ["/proc/sys/user/max_user_namespaces", "0\n", "sudo sysctl -w user.max_user_namespaces=15000"],
  ])("names the setting %s and what to type", (path, value, remedy) => {
    const why = whyNoNamespaces(reading({ [path]: value }));
    expect(why.reason).toContain(path.split("/").at(-1));
    expect(why.remedy).toContain(remedy);
  });

  it("says to be root when no setting forbids them", () => {
    const allowed = {
      "/proc/sys/kernel/unprivileged_userns_clone": "1\n",
      "/proc/sys/user/max_user_namespaces": "96000\n",
    };
    expect(whyNoNamespaces(reading(allowed))).toEqual({ remedy: expect.stringContaining("as root") as string });
  });
});

describe("this machine", () => {
  it("is described without the programs too: what was not tried is not called broken", async () => {
    const machine = await inspectMachine(process.cwd(), {});
    expect(machine.cores).toBeGreaterThan(0);
    expect(machine.diskFreeBytes).toBeGreaterThan(0);
    if (machine.platform !== "linux") return;
    expect(machine.namespaces).toMatchObject({ ok: undefined, detail: "not tried: unshare is missing" });
    expect(machine.kernel.map(({ ok }) => ok)).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });

  it("other systems get one sentence with the way out", () => {
    expect(otherSystem("darwin").detail).toBe("network namespaces are a part of Linux, and this is macOS");
    expect(otherSystem("win32").remedy).toContain("the environments local, aks or existing");
  });
});
