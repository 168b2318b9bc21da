/** A cluster that exists: its kubeconfig, cut down to the one context that was named. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";

export interface ExistingInput {
  /** Path; empty: KUBECONFIG, else the user's own. */
  readonly kubeconfig: string;
  readonly context: string;
}

/** @throws Error when there is no such file or context */
export function readExisting({ kubeconfig, context }: ExistingInput): Promise<{ kubeconfig: string }> {
  const path = kubeconfig === "" ? (process.env["KUBECONFIG"] ?? join(homedir(), ".kube", "config")) : kubeconfig;
  if (!existsSync(path)) {
    throw new Error(
      `existing.kubeconfig: there is no file ${path}. Remedy: set existing.kubeconfig to the cluster's kubeconfig.`,
    );
  }
  const config = new KubeConfig();
  config.loadFromString(readFileSync(path, "utf8"));
  const found = config.getContextObject(context);
  if (found === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw new Error(`existing.context: ${path} has no context "${context}". It has ${known.join(", ")}.`);
  }
  const cluster = config.getCluster(found.cluster);
  const user = config.getUser(found.user);
  const one = new KubeConfig();
  one.loadFromOptions({
    clusters: cluster === null ? [] : [cluster],
    users: user === null ? [] : [user],
    contexts: [found],
    currentContext: context,
  });
  return Promise.resolve({ kubeconfig: one.exportConfig() });
}
