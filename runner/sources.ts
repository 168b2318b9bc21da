/** Where a run's raw files and samples are until they are collected: one way in for each kind of platform. */
import type { RunOutput } from "../analysis/record.ts";
import { netnsSource } from "./sources/netns.ts";
import type { SampleFile } from "./sources/samples.ts";

export interface RunSource {
  /** Copies every raw file into a folder that exists. @throws LabError when they are gone */
  readonly copy: (into: string) => Promise<void>;
  /** @throws Error when Prometheus does not answer */
  readonly samples: () => Promise<SampleFile>;
}

/**
 * @param kubeconfig of the run's cluster; asked for only where there is one
 * @param context of that kubeconfig; empty: its current one
 */
export async function sourceOf(
  output: RunOutput,
  kubeconfig: () => Promise<string | undefined>,
  context = "",
): Promise<RunSource> {
  const { source } = output;
  if (source.kind === "netns") return netnsSource({ ...output, source });
  // What talks to clusters is loaded only where there is one.
  const { clusterSource } = await import("./sources/kubernetes.ts");
  return clusterSource({ ...output, source }, await kubeconfig(), context);
}
