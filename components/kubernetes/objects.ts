/** Objects of the cluster as plain manifests, and the one class that registers them. */
import * as pulumi from "@pulumi/pulumi";

/** A Kubernetes object as `kubectl apply` takes it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: pulumi.Input<string>;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, pulumi.Input<string>>>;
  };
  readonly [field: string]: unknown;
}

/** The engine's name for a kind: that of the typed classes, so that state and awaiting are the same. */
export function typeToken({ apiVersion, kind }: Pick<Manifest, "apiVersion" | "kind">): string {
  return `kubernetes:${apiVersion === "v1" ? "core/v1" : apiVersion}:${kind}`;
}

/**
 * Not waited for by the provider: our own waits see what is wrong, long before ten minutes have passed. But for a namespace, which
 * is there at once and takes a while to go: nothing of a lab is left when `destroy` ends.
 */
const skipAwait = { "pulumi.com/skipAwait": "true" };
/**
 * What is not waited for is not waited for when it is deleted either, and a Job that is deleted in the foreground keeps its name until
 * its pods are gone: one that takes its place at once would be refused.
 */
const goesAtOnce = { "pulumi.com/deletionPropagationPolicy": "background" };

export class KubernetesObject extends pulumi.CustomResource {
  /** As the cluster has it; the engine puts it there. */
  declare readonly metadata: pulumi.Output<{ readonly uid?: string } | undefined>;

  constructor(name: string, manifest: Manifest, opts: pulumi.CustomResourceOptions) {
    const { metadata } = manifest;
    const annotations = {
      ...(manifest.kind === "Namespace" ? {} : skipAwait),
      ...(manifest.kind === "Job" ? goesAtOnce : {}),
      ...metadata.annotations,
    };
    super(typeToken(manifest), name, { ...manifest, metadata: { ...metadata, annotations } }, opts);
  }

  /** What tells it apart from an object that had its name before; empty where there is no cluster. */
  get uid(): pulumi.Output<string> {
    return this.metadata.apply((found) => found?.uid ?? "");
  }
}

/** Labels of a namespace by which the API server holds its pods to a level, and warns of what falls short of `restricted`. */
export const podSecurity = (level: "restricted" | "baseline" | "privileged"): Readonly<Record<string, string>> => ({
  "pod-security.kubernetes.io/enforce": level,
  "pod-security.kubernetes.io/warn": level === "privileged" ? level : "restricted",
});

/** What restricted pod security asks of a container. */
export const restrictedContainer = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
} as const;

/** A user that no image has a name for. */
export const anyUser = 65_532;

export const restrictedPod = {
  runAsNonRoot: true,
  runAsUser: anyUser,
  runAsGroup: anyUser,
  fsGroup: anyUser,
  seccompProfile: { type: "RuntimeDefault" },
} as const;
