/** The ground of a lab on a cluster: the cluster, the lab's namespace, and how objects, charts and tasks are made on it. */
import { createHash } from "node:crypto";
import { local } from "@pulumi/command";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterPlan, NetworkPlan, PlatformContext } from "../platform.ts";
import { makeCluster, type Cluster } from "./clusters/cluster.ts";
import { labPrefix, stackLabel } from "./names.ts";
import { KubernetesObject, podSecurity, type Manifest } from "./objects.ts";
import type { TaskName } from "./tasks/main.ts";
import { chartSource, imageReference, type ChartName, type ImageName } from "./versions.ts";

/** Options of what is made for a component. */
export interface On {
  readonly parent: pulumi.Resource;
  readonly dependsOn?: readonly pulumi.Resource[];
}

export interface TaskResult<T> {
  readonly resource: pulumi.Resource;
  readonly result: pulumi.Output<T>;
}

export type Role = "client" | "server" | "gateway" | "backend" | "monitoring" | "store" | "probe";

export class Ground extends pulumi.ComponentResource {
  readonly context: PlatformContext;
  readonly plan: ClusterPlan;
  readonly network: NetworkPlan;
  /** The lab's own namespace and the prefix of everything that has none. */
  readonly namespace: string;
  readonly cluster: Cluster;
  readonly #provider: k8s.Provider;
  readonly #namespace: pulumi.Resource;
  /** Of what each resource is made of: who waits for it waits anew when it changes. */
  readonly #digests = new WeakMap<pulumi.Resource, pulumi.Output<string>>();

  constructor(name: string, context: PlatformContext, plan: ClusterPlan, network: NetworkPlan) {
    super("cni-traffic-lab:kubernetes:Ground", name);
    this.context = context;
    this.plan = plan;
    this.network = network;
    this.namespace = labPrefix(context.stack, context.labId);
    this.cluster = makeCluster(this, plan.kind);
    this.#provider = new k8s.Provider(
      `${name}-provider`,
      {
        kubeconfig: this.cluster.kubeconfig,
        deleteUnreachable: this.cluster.own !== undefined,
        enableServerSideApply: true,
      },
      { parent: this },
    );
    this.#namespace = this.object(
      `${name}-namespace`,
      {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: {
          name: this.namespace,
          labels: {
            ...this.labels(),
            ...podSecurity("restricted"),
          },
        },
      },
      { parent: this },
    );
    this.registerOutputs({ namespace: this.namespace });
  }

  /** Labels of everything that belongs to this lab. */
  labels(role?: Role, name?: string): Record<string, string> {
    return {
      "app.kubernetes.io/part-of": "cni-traffic-lab",
      "app.kubernetes.io/managed-by": "cni-traffic-lab",
      "cni-traffic-lab/lab": this.context.labId,
      "cni-traffic-lab/stack": stackLabel(this.context.stack),
      ...(role === undefined ? {} : { "cni-traffic-lab/role": role }),
      ...(name === undefined ? {} : { "cni-traffic-lab/name": name }),
    };
  }

  /** Name of an object without a namespace, or in somebody else's. */
  globalName(name: string): string {
    return `${this.namespace}-${name}`;
  }

  image(name: ImageName): string {
    return imageReference(name, this.plan.sources);
  }

  /** Registers an object; it goes with its cluster when that is this stack's own. */
  object(name: string, manifest: Manifest, on: On & { readonly replaceFirst?: boolean }): KubernetesObject {
    const object = new KubernetesObject(name, manifest, {
      ...this.#options(on),
      deleteBeforeReplace: on.replaceFirst ?? false,
    });
    return this.#madeOf(object, manifest);
  }

  /** An object of the lab's namespace. */
  inside(name: string, manifest: Manifest, on: On & { readonly replaceFirst?: boolean }): KubernetesObject {
    const dependsOn = [this.#namespace, ...(on.dependsOn ?? [])];
    const metadata = { ...manifest.metadata, namespace: this.namespace };
    return this.object(name, { ...manifest, metadata }, { ...on, dependsOn });
  }

  /** A chart, installed by Helm with its hooks; what it made is waited for by our own waits. */
  release(
    name: string,
    chart: ChartName,
    args: {
      readonly name: string;
      readonly namespace: string;
      readonly version?: string;
      readonly createNamespace?: boolean;
      readonly values: object;
      readonly skipCrds?: boolean;
    },
    on: On,
  ): k8s.helm.v3.Release {
    const { version = "", values, ...rest } = args;
    const made = { ...rest, ...chartSource(chart, this.plan.sources.chartsFolder, version), values: { ...values } };
    const release = new k8s.helm.v3.Release(
      name,
      { ...made, skipAwait: true, timeout: 300 },
      // One gateway's controller in place of another's: the old one goes first, not after the load.
      { ...this.#options(on), deleteBeforeReplace: true },
    );
    return this.#madeOf(release, made);
  }

  /** Release manifests from an address or a file. They go with a cluster of ours, and are taken away from others'. */
  file(name: string, file: string, on: On): pulumi.Resource {
    const made = runTask(
      name,
      "apply-file",
      {
        input: { file },
        project: this.context.project,
        kubeconfig: this.cluster.kubeconfig,
        // Only for the way out: the cluster is asked as its kubeconfig says.
        environment: { NODE_USE_ENV_PROXY: "1" },
        removes: this.cluster.own === undefined ? "at the end" : "never",
      },
      this.#taskOptions(on),
    );
    return this.#madeOf(made.resource, file);
  }

  /**
   * Adds labels to a node; destroying takes them away again. On a cluster that is not ours a label that is there with another value
   * is a conflict, and an error: what is taken over could not be given back.
   */
  label(name: string, node: pulumi.Input<string>, labels: Record<string, string>, on: On): pulumi.Resource {
    return new k8s.core.v1.NodePatch(
      name,
      {
        metadata: {
          name: node,
          labels,
          annotations: { "pulumi.com/patchForce": this.cluster.own === undefined ? "false" : "true" },
        },
      },
      this.#options(on),
    );
  }

  /** A task on this cluster. It runs again when its input changes. */
  task<T>(name: string, task: TaskName, input: pulumi.Input<object>, on: On): TaskResult<T> {
    return runTask(
      name,
      task,
      { input, project: this.context.project, kubeconfig: this.cluster.kubeconfig },
      this.#taskOptions(on),
    );
  }

  /**
   * A task that waits for what it depends on. It also runs again when that changes, or what that waited for: an image or a chart of
   * another version is not there yet when the engine has told the cluster of it.
   */
  wait<T>(name: string, task: TaskName, input: pulumi.Input<object>, on: On): TaskResult<T> {
    const digests = (on.dependsOn ?? []).flatMap((resource) => this.#digests.get(resource) ?? []);
    const after = pulumi.all([input, pulumi.all(digests)]).apply(([own, madeOf]) => ({ ...own, madeOf }));
    const made = this.task<T>(name, task, after, on);
    this.#madeOf(made.resource, after);
    return made;
  }

  #madeOf<R extends pulumi.Resource>(resource: R, parts: pulumi.Input<object | string>): R {
    const text = pulumi.output(parts).apply((known) => JSON.stringify(known));
    const digest = text.apply((known) => createHash("sha256").update(known).digest("hex").slice(0, 16));
    this.#digests.set(resource, pulumi.unsecret(digest));
    return resource;
  }

  #taskOptions({ parent, dependsOn = [] }: On): pulumi.CustomResourceOptions {
    return { parent, dependsOn: [...dependsOn] };
  }

  #options({ parent, dependsOn = [] }: On): pulumi.CustomResourceOptions {
    return {
      parent,
      provider: this.#provider,
      dependsOn: [...dependsOn],
      // With the provider, not the cluster: when another cluster takes its place, only what hangs on the first one counts as deleted
      // at that moment, and the engine has closed the provider by then, so that nothing else can be.
      ...(this.cluster.own === undefined ? {} : { deletedWith: this.#provider }),
    };
  }
}

/**
 * A task as a command of the engine.
 * @param args `removes`: whether the task undoes what it did: `never`; `first`: also before it runs with another input; `at the end`
 */
export function runTask<T>(
  name: string,
  task: TaskName,
  args: {
    readonly input: pulumi.Input<object>;
    readonly project: string;
    readonly kubeconfig?: pulumi.Output<string>;
    readonly environment?: Readonly<Record<string, string>>;
    readonly removes?: "never" | "first" | "at the end";
  },
  opts: pulumi.CustomResourceOptions,
): TaskResult<T> {
  const { input, project, kubeconfig, environment = {}, removes = "never" } = args;
  const told = { ...environment, ...(kubeconfig === undefined ? {} : { KUBECONFIG_TEXT: kubeconfig }) };
  const stdin = pulumi.output(input).apply((value) => JSON.stringify(value));
  // The packages' own Node where there is one: it runs TypeScript.
  const words = (action: string): string =>
    `PATH="$PWD/node_modules/.bin:$PATH"; exec node components/kubernetes/tasks/main.ts ${task}${action}`;
  const command = new local.Command(
    name,
    {
      create: words(""),
      // Another input replaces what there is. Another wording or place of the command must not make it again: the result stays.
      ...(removes === "never" ? {} : { delete: words(" delete") }),
      ...(removes === "first" ? { update: `printf '%s' "$PULUMI_COMMAND_STDOUT"`, triggers: [stdin] } : {}),
      stdin,
      dir: project,
      logging: local.Logging.Stderr,
      ...(Object.keys(told).length === 0 ? {} : { environment: told }),
    },
    { ...opts, additionalSecretOutputs: ["stdout"], deleteBeforeReplace: removes === "first" },
  );
  // What comes out is no secret but for a kubeconfig, which its reader marks again.
  const result = pulumi.unsecret(command.stdout).apply((text) => JSON.parse(text) as T);
  return { resource: command, result };
}
