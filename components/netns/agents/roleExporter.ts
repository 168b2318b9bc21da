/**
 * CPU and memory of each role for Prometheus: from cgroups (v1 or v2), or from the marked processes themselves where the
 * user may not make cgroups. Reads at scrape time, so it costs nothing between scrapes. Usage: roleExporter.ts <file.json>
 */
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

interface RoleGroup {
  readonly role: string;
  readonly cpu: string;
  readonly memory: string;
}
interface Options {
  readonly port: number;
  readonly lab: string;
  readonly version: 0 | 1 | 2;
  readonly roles: readonly RoleGroup[];
}
interface Usage {
  readonly cpu_s: number;
  readonly memory_bytes: number;
}

const options = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Options;
const ticksPerSecond = 100;
const pageSize = 4096;

const read = (folder: string, file: string): string => readFileSync(join(folder, file), "utf8");
/** Value of a `key value` line; 0 when it is not there. */
const field = (text: string, key: string): number => Number(new RegExp(`^${key} (\\d+)$`, "m").exec(text)?.[1] ?? 0);

function fromCgroup({ cpu, memory }: RoleGroup): Usage {
  if (options.version === 1) {
    return {
      cpu_s: Number(read(cpu, "cpuacct.usage")) / 1e9,
      memory_bytes:
        Number(read(memory, "memory.usage_in_bytes")) - field(read(memory, "memory.stat"), "total_inactive_file"),
    };
  }
  return {
    cpu_s: field(read(cpu, "cpu.stat"), "usage_usec") / 1e6,
    memory_bytes: Number(read(memory, "memory.current")) - field(read(memory, "memory.stat"), "inactive_file"),
  };
}

/** CPU of processes that are gone: without it a role's counter would fall when a load ends. */
const ended = new Map<string, number>();
let lastSeen = new Map<string, { role: string; cpu_s: number }>();

function fromProcesses(): Map<string, Usage> {
  const usage = new Map<string, Usage>();
  const seen = new Map<string, { role: string; cpu_s: number }>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const marks = read(`/proc/${pid}`, "environ").split("\0");
      if (!marks.includes(`NETLAB_LAB=${options.lab}`)) continue;
      const role = marks.find((mark) => mark.startsWith("NETLAB_ROLE="))?.slice("NETLAB_ROLE=".length) ?? "";
      const stat = read(`/proc/${pid}`, "stat");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const cpu_s = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
      const before = usage.get(role) ?? { cpu_s: 0, memory_bytes: 0 };
      usage.set(role, {
        cpu_s: before.cpu_s + cpu_s,
        memory_bytes: before.memory_bytes + Number(fields[21]) * pageSize,
      });
      seen.set(`${pid}.${fields[19] ?? ""}`, { role, cpu_s });
    } catch {
      // The process ended between the listing and the reading, or belongs to another user: it is not ours to count.
    }
  }
  for (const [id, { role, cpu_s }] of lastSeen) {
    if (!seen.has(id)) ended.set(role, (ended.get(role) ?? 0) + cpu_s);
  }
  lastSeen = seen;
  return usage;
}

function metrics(): string {
  const source = options.version === 0 ? "process" : "cgroup";
  const processes = options.version === 0 ? fromProcesses() : undefined;
  const usages = options.roles.map((group) => {
    const live = processes?.get(group.role) ?? { cpu_s: 0, memory_bytes: 0 };
    const usage =
      processes === undefined ? fromCgroup(group) : { ...live, cpu_s: live.cpu_s + (ended.get(group.role) ?? 0) };
    return { role: group.role, usage };
  });
  const lines = (name: string, value: (usage: Usage) => number): string[] =>
    usages.map(({ role, usage }) => `${name}{role="${role}",source="${source}"} ${value(usage)}`);
  return [
    "# HELP netlab_role_cpu_seconds_total CPU time of a role's processes, user and system.",
    "# TYPE netlab_role_cpu_seconds_total counter",
    ...lines("netlab_role_cpu_seconds_total", (usage) => usage.cpu_s),
    "# HELP netlab_role_memory_working_set_bytes Memory of a role's processes: working set (cgroup) or resident set (process).",
    "# TYPE netlab_role_memory_working_set_bytes gauge",
    ...lines("netlab_role_memory_working_set_bytes", (usage) => usage.memory_bytes),
    "",
  ].join("\n");
}

createServer((_request, response) => {
  try {
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(metrics());
  } catch (error) {
    // A scrape that fails is a gap that the analysis sees; a wrong number would not be.
    response.statusCode = 500;
    response.end(error instanceof Error ? error.message : String(error));
  }
}).listen(options.port, "127.0.0.1");
