/** What this machine and this user can do: namespaces, the kernel's parts that a lab needs, cgroups, cores, memory, disk. */
import { accessSync, constants, readFileSync, statfsSync } from "node:fs";
import { arch, availableParallelism, release, totalmem, userInfo } from "node:os";
import { execa } from "execa";
import { hasCode } from "../errors.ts";

export interface Check {
  readonly name: string;
  /** Undefined when it could not be tried. */
  readonly ok: boolean | undefined;
  readonly detail: string;
  /** What to do when it is not ok. */
  readonly remedy?: string;
}

export interface Machine {
  /** Such as `linux 6.8.0 x64`. */
  readonly system: string;
  readonly platform: NodeJS.Platform;
  readonly user: string;
  readonly root: boolean;
  readonly namespaces: Check;
  readonly kernel: readonly Check[];
  readonly cgroups: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Free for this user on the project's disk. */
  readonly diskFreeBytes: number;
}

/** Programs by name, as found; a missing one leaves its checks untried. */
export type Programs = Readonly<Partial<Record<"unshare" | "ip" | "nft", string>>>;

const noNamespaces: Readonly<Partial<Record<NodeJS.Platform, string>>> = { darwin: "macOS", win32: "Windows" };

/** Looks at this machine; what needs the kernel is tried for real in scratch namespaces that end with the check. */
export async function inspectMachine(root: string, programs: Programs): Promise<Machine> {
  const user = userInfo();
  const disk = statfsSync(root);
  const linux = process.platform === "linux";
  const entry = linux ? await namespaceEntry(programs) : { check: otherSystem(process.platform) };
  return {
    system: `${process.platform} ${release()} ${arch()}`,
    platform: process.platform,
    user: user.username,
    root: user.uid === 0,
    namespaces: entry.check,
    kernel: linux ? await kernelChecks(programs, entry.argv) : [],
    cgroups: linux ? describeCgroups() : "none",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    diskFreeBytes: disk.bavail * disk.bsize,
  };
}

/** The one sentence for systems without network namespaces. */
export function otherSystem(platform: NodeJS.Platform): Check {
  return {
    name: "namespaces",
    ok: false,
    detail: `network namespaces are a part of Linux, and this is ${noNamespaces[platform] ?? platform}`,
    remedy: "use a Linux machine (a virtual one will do), or the environments local, aks or existing",
  };
}

interface Entry {
  readonly check: Check;
  /** Puts a command into a fresh network namespace; undefined when none can be made. */
  readonly argv?: readonly string[];
}

async function namespaceEntry({ unshare }: Programs): Promise<Entry> {
  const name = "namespaces";
  if (unshare === undefined) return { check: { name, ok: undefined, detail: "not tried: unshare is missing" } };
  const asRoot = [unshare, "--net", "--mount", "--"];
  const asUser = [unshare, "--user", "--map-root-user", "--net", "--mount", "--"];
  const isRoot = process.getuid?.() === 0;
  const reasons: string[] = [];
  for (const argv of isRoot ? [asRoot, asUser] : [asUser]) {
    const failure = await attempt([...argv, "true"]);
    const how = argv === asRoot ? "as root" : "in a user namespace, no root needed";
    if (failure === undefined) return { check: { name, ok: true, detail: how }, argv };
    reasons.push(failure);
  }
  const { reason, remedy } = whyNoNamespaces(readText);
  return { check: { name, ok: false, detail: `not allowed: ${reason ?? reasons.join("; ")}`, remedy } };
}

/** The kernel's settings that forbid user namespaces, with the way out. */
export function whyNoNamespaces(read: (path: string) => string): { reason?: string; remedy: string } {
  const settings = [
    { key: "kernel.unprivileged_userns_clone", forbids: "0", allow: "1" },
    { key: "kernel.apparmor_restrict_unprivileged_userns", forbids: "1", allow: "0" },
    { key: "user.max_user_namespaces", forbids: "0", allow: "15000" },
  ];
  for (const { key, forbids, allow } of settings) {
    if (read(`/proc/sys/${key.replace(".", "/")}`).trim() !== forbids) continue;
    return {
      reason: `${key} is ${forbids}`,
      remedy: `sudo sysctl -w ${key}=${allow}  or run the command as root (sudo)`,
    };
  }
  return { remedy: "run the command as root (sudo); inside a container, start that with --privileged" };
}

interface KernelPart {
  readonly name: string;
  readonly program: "ip" | "nft";
  readonly args: readonly string[];
  readonly input: string;
}

const kernelParts: readonly KernelPart[] = [
  { name: "bridge", program: "ip", args: ["-batch", "-"], input: "link add br0 type bridge\nlink set br0 up\n" },
  { name: "veth", program: "ip", args: ["-batch", "-"], input: "link add a0 type veth peer name b0\n" },
  {
    name: "VXLAN",
    program: "ip",
    args: ["-batch", "-"],
    input: "link set lo up\nlink add vx0 type vxlan id 7 local 127.0.0.1 dstport 4789\nlink set vx0 up\n",
  },
  {
    name: "policy routing",
    program: "ip",
    args: ["-batch", "-"],
    input: "link set lo up\nrule add fwmark 7 lookup 77\nroute add default dev lo table 77\n",
  },
  {
    name: "nftables NAT",
    program: "nft",
    args: ["-f", "-"],
    input: `table ip scratch {
  counter passed { }
  set seen { typeof ip saddr; flags dynamic; counter; }
  chain out {
    type nat hook postrouting priority srcnat;
    ip saddr 192.0.2.1 snat to 192.0.2.2
    masquerade
  }
  chain count {
    type filter hook forward priority filter;
    counter name passed update @seen { ip saddr }
  }
}
`,
  },
];

function kernelChecks(programs: Programs, entry: readonly string[] | undefined): Promise<Check[]> {
  return Promise.all(
    kernelParts.map(async ({ name, program, args, input }): Promise<Check> => {
      const path = programs[program];
      if (entry === undefined) return { name, ok: undefined, detail: "not tried: no namespaces" };
      if (path === undefined) return { name, ok: undefined, detail: `not tried: ${program} is missing` };
      const failure = await attempt([...entry, path, ...args], input);
      if (failure === undefined) return { name, ok: true, detail: "works" };
      const remedy = "load the kernel's module as root (modprobe), or use a kernel that has it";
      return { name, ok: false, detail: failure, remedy };
    }),
  );
}

/** Undefined when the command succeeds, else what it said. */
async function attempt(argv: readonly string[], input = ""): Promise<string | undefined> {
  const [command = "", ...args] = argv;
  const result = await execa(command, args, { reject: false, input, timeout: 10_000, env: { LC_ALL: "C" } });
  if (!result.failed) return undefined;
  const said = result.stderr.trim().split("\n")[0] ?? "";
  return said === "" ? (result.shortMessage ?? "failed") : said;
}

function describeCgroups(): string {
  const controllers = readText("/sys/fs/cgroup/cgroup.controllers");
  const kind = cgroupsOf(readText("/proc/self/mounts"), controllers);
  const fallback = "CPU and memory of the roles are read from their processes";
  if (kind === undefined) return `none that can be used: ${fallback}`;
  return mayMakeCgroups(readText("/proc/self/cgroup")) ? kind : `${kind}, but not for this user: ${fallback}`;
}

/**
 * The kind of cgroups where CPU and memory of a group can be read; undefined when there is none.
 * @param mounts /proc/self/mounts
 * @param controllers cgroup.controllers of the v2 root, empty where there is none
 */
export function cgroupsOf(mounts: string, controllers: string): string | undefined {
  const fields = mounts.split("\n").map((line) => line.split(" "));
  const v1 = fields.filter(([, , type]) => type === "cgroup").flatMap(([, , , options = ""]) => options.split(","));
  if (v1.includes("cpuacct") && v1.includes("memory")) return "v1 (cpuacct, memory)";
  const v2 = controllers.trim().split(/\s+/);
  return v2.includes("cpu") && v2.includes("memory") ? "v2 (cpu, memory)" : undefined;
}

/** Whether this user may make groups: as root anywhere, else below the own group where that was handed over (v2). */
function mayMakeCgroups(selfCgroup: string): boolean {
  if (process.getuid?.() === 0) return true;
  const own = /^0::(\/.*)$/m.exec(selfCgroup)?.[1];
  if (own === undefined) return false;
  try {
    accessSync(`/sys/fs/cgroup${own}`, constants.W_OK);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT", "EACCES", "EPERM", "EROFS")) return false;
    throw error;
  }
}

/** A file of /proc or /sys; empty where it does not exist or may not be read. */
function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT", "EACCES", "EPERM", "ENOTDIR")) return "";
    throw error;
  }
}
