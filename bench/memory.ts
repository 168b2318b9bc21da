/** Peak resident memory of a whole campaign: runner, engine, provider and analysis, but not what is measured. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { root } from "./lab.ts";

const campaign = `name: bench-memory
settings: { environment: netns, phases: "idle:2s,saturated:2s", warmup: 1s }
blocks: 2
cells:
  - { scenario: egress, path: [base, gateway] }
`;

/** Processes of the lab itself (servers, loads) carry the lab's mark; the rest of the tree is the machinery. */
function residentBytes(ancestor: number): number {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        const inLab = readFileSync(`/proc/${pid}/environ`, "utf8").includes("NETLAB_LAB=");
        return [{ pid: Number(pid), parent: Number(fields[1]), bytes: Number(fields[21]) * 4096, inLab }];
      } catch {
        return []; // It ended while it was read.
      }
    });
  const parents = new Map(processes.map(({ pid, parent }) => [pid, parent]));
  const descends = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at))
      if (at === ancestor) return true;
    return false;
  };
  return processes.filter(({ pid, inLab }) => !inLab && descends(pid)).reduce((total, { bytes }) => total + bytes, 0);
}

/** Runs a short campaign as a process of its own and samples its tree ten times a second. Unit: MB (10^6 bytes). */
export async function peakMemory(note: (text: string) => void): Promise<readonly number[]> {
  const folder = mkdtempSync(join(tmpdir(), "lab-memory-"));
  const file = join(folder, "bench-memory.yaml");
  writeFileSync(file, campaign);
  const command = execa("node", [join(root, "cli", "main.ts"), "run", file, "--fresh"], {
    cwd: root,
    all: true,
    reject: false,
  });
  let peak = 0;
  const done = command.then(() => true);
  while (!(await Promise.race([done, sleep(100, false)]))) {
    if (command.pid !== undefined) peak = Math.max(peak, residentBytes(command.pid));
  }
  const { exitCode, all } = await command;
  rmSync(folder, { recursive: true, force: true });
  rmSync(join(root, "results", "bench-memory"), { recursive: true, force: true });
  if (exitCode !== 0) throw new Error(`the campaign ended with ${exitCode ?? "a signal"}:\n${all}`);
  note(`peak ${(peak / 1e6).toFixed(0)} MB`);
  return [peak / 1e6];
}
