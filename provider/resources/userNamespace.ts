import { rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { labRef } from "../lib/check.ts";
import { ProviderError } from "../lib/errors.ts";
import { lastLines, launch, membersOf, readFrom } from "../lib/launch.ts";
import { endProcesses, isAlive, waitFor } from "../lib/processes.ts";
import { gone, orUndo, type ResourceType } from "../lib/resource.ts";
import { script } from "../lib/scripts.ts";
import type { LabRef, ProcessRef, UserNamespaceArgs, UserNamespaceState } from "../schema.ts";

const args = z.strictObject({ lab: labRef });

/** Time for the holder to get ready, in milliseconds. */
const deadline = 10_000;
const resource = "user-namespace";

async function remove(lab: LabRef): Promise<void> {
  await endProcesses(() => membersOf(lab, resource));
  rmSync(logOf(lab), { force: true });
}

function logOf(lab: LabRef): string {
  return join(lab.dir, `${resource}.log`);
}

async function start(lab: LabRef): Promise<ProcessRef> {
  const log = logOf(lab);
  const { ref } = await launch({
    lab,
    resource,
    role: "holder",
    cgroup: [],
    argv: ["unshare", "--user", "--map-root-user", "--mount", "--net", "--", "/bin/sh", script("hold")],
    environment: {},
    folder: lab.dir,
    stdout: log,
    stderr: log,
  });
  const isReady = (): boolean => /^ready$/m.test(readFrom(log));
  await waitFor(() => isReady() || !isAlive(ref), deadline);
  if (isReady() && isAlive(ref)) return ref;
  throw new ProviderError(
    `cannot make a user namespace for lab ${lab.id}: ${lastLines(log)}\n` +
      "Run as root, or let the kernel allow user namespaces: kernel.unprivileged_userns_clone=1 (Debian), " +
      "kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu), user.max_user_namespaces above 0.",
  );
}

/** A user namespace, kept by a process that outlives the provider. */
export const userNamespace: ResourceType<UserNamespaceArgs, UserNamespaceState> = {
  args,
  inPlace: [],
  id: ({ lab }) => `${lab.id}/${resource}`,

  async create({ lab }) {
    await remove(lab);
    return orUndo(
      async () => {
        const holder = await start(lab);
        return { lab, holder, ref: { ...lab, holder } };
      },
      () => remove(lab),
    );
  },

  read: (state) => Promise.resolve(isAlive(state.holder) ? { gone: false, state, drift: [] } : gone),

  update: ({ holder }, { lab }) => Promise.resolve({ lab, holder, ref: { ...lab, holder } }),

  delete: ({ lab }) => remove(lab),
};
