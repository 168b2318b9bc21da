/** Removing what outlived the commands that made it. */
import { join } from "node:path";
import { sweepLab } from "../provider/sweep.ts";
import { forgetKept } from "./kept.ts";
import { openLab, type LabOptions } from "./lab.ts";
import type { Home, Leftover } from "./leftovers.ts";
import { acquireLock } from "./locks.ts";
import { projectPaths } from "./paths.ts";
import { run } from "./tools/commands.ts";

/** How long Docker and Azure may take to begin removing, in seconds. */
const clientTimeout = 600;

/** Removes one leftover. Azure goes on by itself after it has agreed. Throws when it cannot be removed. */
export async function removeLeftover(
  { kind, name, cluster, what, home }: Leftover,
  options: Omit<LabOptions, "stack">,
): Promise<void> {
  switch (kind) {
    case "stack":
      await destroyStack(name, options);
      break;
    case "lab":
      await sweepElsewhere(name, home, options.command);
      break;
    case "kind":
      break;
    case "azure":
      await run("az", ["group", "delete", "--name", name, "--yes", "--no-wait"], { timeoutS: clientTimeout });
  }
  // A cluster that the stack's state knew is gone by now; one that it did not know is not.
  if (cluster !== undefined && what.includes("kind cluster")) await removeNodes(cluster);
}

/** Through the engine, so that the state says the same as the machine afterwards. */
async function destroyStack(stack: string, options: Omit<LabOptions, "stack">): Promise<void> {
  const lab = await openLab({ ...options, stack });
  try {
    await lab.destroy();
  } finally {
    lab.close();
  }
}

/** Under the lock of the folder that the lab belongs to: a command there may have begun to use it meanwhile. */
async function sweepElsewhere(id: string, home: Home | undefined, command: string): Promise<void> {
  if (home === undefined) {
    await sweepLab({ id });
    return;
  }
  const paths = projectPaths(home.root);
  const lock = await acquireLock(
    join(paths.locks, `${home.stack}.json`),
    `stack ${home.stack} of ${home.root}`,
    command,
  );
  try {
    await sweepLab({ id });
    forgetKept(paths, home.stack);
  } finally {
    lock.release();
  }
}

/** The nodes of a kind cluster are containers with its name as their label; with them all of it goes. */
async function removeNodes(cluster: string): Promise<void> {
  const filter = `label=io.x-k8s.kind.cluster=${cluster}`;
  const nodes = await run("docker", ["ps", "-aq", "--filter", filter], { timeoutS: clientTimeout });
  if (nodes === "") return;
  await run("docker", ["rm", "--force", "--volumes", ...nodes.split("\n")], { timeoutS: clientTimeout });
}
