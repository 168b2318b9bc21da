import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { labGroups, makeGroups, noGroups, pidsIn, removeGroup, type Groups } from "../lib/cgroups.ts";
import { labRef, shortName } from "../lib/check.ts";
import { launch } from "../lib/launch.ts";
import { endProcesses, scanProcesses } from "../lib/processes.ts";
import { gone, orUndo, type ResourceType } from "../lib/resource.ts";
import type { CgroupArgs, CgroupState, LabRef } from "../schema.ts";

const args = z.strictObject({ lab: labRef, role: shortName });

/** Ends what runs in the groups of a role, then removes them. */
async function remove({ lab, role }: CgroupArgs): Promise<void> {
  const groups = labGroups(lab.id).map((folder) => join(folder, role));
  if (!groups.some((group) => existsSync(group))) return;
  await endProcesses(() => {
    const pids = new Set(groups.flatMap(pidsIn));
    return scanProcesses().filter(({ ref }) => pids.has(ref.pid));
  });
  for (const group of groups) await removeGroup(group);
}

/** Whether a process can be put into the groups: a user may be allowed to make a group, yet not to move into it. */
async function canJoin(lab: LabRef, role: string, { procs }: Groups): Promise<boolean> {
  const nowhere = "/dev/null";
  const { exited } = await launch({
    lab: { id: lab.id, dir: lab.dir, path: lab.path },
    resource: `cgroups/${role}`,
    role,
    cgroup: procs,
    argv: ["true"],
    environment: {},
    folder: lab.dir,
    stdout: nowhere,
    stderr: nowhere,
  });
  return (await exited).status === 0;
}

/** The control group of one role. */
export const cgroup: ResourceType<CgroupArgs, CgroupState> = {
  args,
  inPlace: [],
  id: ({ lab, role }) => `${lab.id}/${role}`,

  async create(cgroup) {
    const { lab, role } = cgroup;
    await remove(cgroup);
    return orUndo(
      async () => {
        const groups = makeGroups(lab.id, role);
        if (groups.version !== 0 && (await canJoin(lab, role, groups))) return { ...cgroup, ...groups };
        await remove(cgroup);
        return { ...cgroup, ...noGroups };
      },
      () => remove(cgroup),
    );
  },

  read: (state) =>
    Promise.resolve(state.procs.every((file) => existsSync(dirname(file))) ? { gone: false, state, drift: [] } : gone),

  delete: remove,
};
