/** A kind cluster: made whole or not at all; deleting one that is gone is no error. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cgroupV1Patch, type KindConfig } from "../clusters/kindConfig.ts";
import { freeRanges, type FreeRanges, type NetworkInfo } from "../clusters/dockerNetwork.ts";
import { output } from "./command.ts";

export interface KindInput {
  readonly name: string;
  readonly image: string;
  readonly config: KindConfig;
  /** Whether the name follows from the lab, so that a cluster of that name can only be what an interrupted `up` left. */
  readonly ownName: boolean;
  readonly slot: number;
}

export interface KindOutput {
  readonly kubeconfig: string;
  readonly ranges: FreeRanges;
}

export const kindNetwork = "kind";

/** @throws Error when docker or kind fails, or the name belongs to somebody else's cluster */
export async function createKind({ name, image, config, ownName, slot }: KindInput): Promise<KindOutput> {
  const clusters = (await output("kind", ["get", "clusters"])).split("\n");
  if (clusters.includes(name)) {
    if (!ownName) {
      throw new Error(
        `there is a kind cluster named ${name} already, and it is not this stack's. Remedy: set kind.name to another name, or delete it: kind delete cluster --name ${name}.`,
      );
    }
    process.stderr.write(`removing the cluster ${name} that an interrupted command left\n`);
    await deleteKind({ name });
  }
  const cgroup = (await output("docker", ["info", "--format", "{{.CgroupVersion}}"])).trim();
  const whole = cgroup === "1" ? { ...config, kubeadmConfigPatches: [cgroupV1Patch] } : config;
  const folder = mkdtempSync(join(tmpdir(), "lab-kind-"));
  try {
    const args = [
      "create",
      "cluster",
      "--name",
      name,
      "--image",
      image,
      "--config",
      "-",
      "--kubeconfig",
      join(folder, "config"),
    ];
    await output("kind", args, { input: JSON.stringify(whole), timeout_s: 600 });
    const kubeconfig = await output("kind", ["get", "kubeconfig", "--name", name]);
    const [network] = JSON.parse(await output("docker", ["network", "inspect", kindNetwork])) as [NetworkInfo];
    return { kubeconfig, ranges: freeRanges(network, slot) };
  } catch (error) {
    await deleteKind({ name });
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function deleteKind({ name }: Pick<KindInput, "name">): Promise<void> {
  await output("kind", ["delete", "cluster", "--name", name], { timeout_s: 300 });
}
