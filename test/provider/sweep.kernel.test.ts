/** Labs as a whole: side by side, swept after a kill, and what is never touched. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { isAlive } from "../../provider/lib/processes.ts";
import type { ProcessState } from "../../provider/schema.ts";
import { findLabs, inspectLab, isEmpty, sweepLab } from "../../provider/sweep.ts";
import { provider, testLab, urn, whyNoKernel, type TestLab } from "./support.ts";

const served = provider();

describe.skipIf(whyNoKernel() !== undefined)("labs", () => {
  const labs: TestLab[] = [];
  afterEach(async () => {
    for (const lab of labs.splice(0)) await lab.remove();
  });

  /** A lab with a namespace, a control group, a process with an unmarked child, and results. */
  async function full(): Promise<{ lab: TestLab; netns: string; process: ProcessState }> {
    const lab = await testLab();
    labs.push(lab);
    const netns = String((await lab.create("Node", { name: "a" }))["netns"]);
    await lab.create("Link", { mtu: 1500, a: { netns, device: "e0" }, b: { netns, device: "e1" } });
    const { procs } = await lab.create("Cgroup", { role: "server" });
    const process = (await lab.create("Process", {
      name: "server",
      netns,
      role: "server",
      cgroup: procs,
      command: ["sh", "-c", "env -i sleep 1000 & echo up; exec env -i sleep 1000"],
      ready: { kind: "log", pattern: "up" },
    })) as unknown as ProcessState;
    return { lab, netns, process };
  }

  it("are listed with all there is of them, and a sweep leaves nothing, of one and not of the other", async () => {
    const [one, two] = [await full(), await full()];
    const seen = inspectLab(one.lab.ref);
    expect(seen).toMatchObject({ id: one.lab.ref.id, namespaces: [one.netns], dir: one.lab.ref.dir });
    expect(seen.processes.map(({ name }) => name)).toEqual(["sleep", "sleep"]);
    expect(findLabs()).toEqual(expect.arrayContaining([one.lab.ref.id, two.lab.ref.id]));
    expect(findLabs([one.lab.ref.dir, "/tmp"])).toContain(one.lab.ref.id);

    expect(await sweepLab(one.lab.ref)).toEqual(seen);
    expect(isEmpty(inspectLab(one.lab.ref))).toBe(true);
    expect(existsSync(one.lab.ref.dir)).toBe(false);
    expect(isAlive(one.process.process)).toBe(false);
    expect(isEmpty(await sweepLab(one.lab.ref))).toBe(true);

    expect(isAlive(two.process.process)).toBe(true);
    expect((await served.read("id", urn("Process"), two.process)).id).toBe("id");
    expect(inspectLab(two.lab.ref).namespaces).toEqual([two.netns]);
  });

  it("lose everything with their folder, and the next create sweeps what is left", async () => {
    const { lab, process } = await full();
    rmSync(lab.ref.dir, { recursive: true });
    const { id: labId, dir, path } = lab.ref;
    expect((await served.read(labId, urn("Lab"), { labId, dir, path, ref: lab.ref })).id).toBe("");
    expect((await served.read("id", urn("Process"), process)).id).toBe("");
    await served.create(urn("Lab"), { labId, dir, path });
    expect(isAlive(process.process)).toBe(false);
    expect(inspectLab(lab.ref)).toMatchObject({ processes: [], namespaces: [], cgroups: [], dir });
  });

  it("are deleted with a shell of the user's in one of their namespaces", async () => {
    const { lab, netns } = await full();
    const node = { lab: lab.ref, name: "a", netns, inode: 0 };
    execFileSync("sh", ["-c", `ip netns exec ${netns} sleep 1000 >/dev/null 2>&1 & sleep 0.1`]);
    expect(inspectLab(lab.ref).processes).toHaveLength(3);
    await served.delete("id", urn("Node"), node);
    expect(inspectLab(lab.ref)).toMatchObject({ processes: [], namespaces: [] });
  });

  it("never take a folder that is not theirs", async () => {
    const dir = mkdtempSync(join(tmpdir(), "netlab-"));
    writeFileSync(join(dir, "thesis.tex"), "three years of work");
    const inputs = { labId: "pvother", dir, path: [] };
    await expect(served.create(urn("Lab"), inputs)).rejects.toThrow(
      /is not empty and not the folder of lab pvother \(it holds thesis.tex\): name another folder/,
    );
    await sweepLab({ id: "pvother", dir });
    await served.delete("id", urn("Lab"), { ...inputs, ref: { id: "pvother", dir, path: [] } });
    expect(existsSync(join(dir, "thesis.tex"))).toBe(true);
    rmSync(dir, { recursive: true });
  });

  it("are not made in a folder of another lab", async () => {
    const one = await testLab();
    labs.push(one);
    mkdirSync(join(one.ref.dir, "results"));
    await expect(served.create(urn("Lab"), { labId: "pvother", dir: one.ref.dir, path: [] })).rejects.toThrow(
      "not the folder of lab pvother",
    );
    expect(existsSync(join(one.ref.dir, "results"))).toBe(true);
  });
});
