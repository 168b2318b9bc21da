/** A recorded program as the steps that it takes on a cluster: objects, Helm releases, and in words what is neither. Pure. */
import type { Recorded } from "../../recording.ts";
import { Secret } from "../../recording.ts";
import { egressNodeLabel, nodeLabel, type KindConfig } from "../clusters/kindConfig.ts";
import type { TaskName } from "../tasks/main.ts";
import type { Examples } from "./examples.ts";
import { renderedTasks, type TaskWords } from "./tasks.ts";

export interface ObjectStep {
  readonly kind: "object";
  /** Component of the lab that it belongs to: `cni`, `gateway`, `load` … */
  readonly component: string;
  readonly manifest: RenderedObject;
}

export interface RenderedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export interface ReleaseStep {
  readonly kind: "release";
  readonly component: string;
  readonly release: string;
  readonly namespace: string;
  /** Name in the repository, an OCI reference, or a file. */
  readonly chart: string;
  /** Empty for a chart that is a file. */
  readonly version: string;
  /** Empty for OCI charts and files. */
  readonly repository: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Secrets that the chart makes itself. */
  readonly secrets: readonly string[];
}

export interface NoteStep extends TaskWords {
  readonly kind: "note";
  readonly component: string;
}

export type Step = ObjectStep | ReleaseStep | NoteStep;

/** What stands in place of a secret's value. */
export const hidden = "(a secret: not shown)";

/** Outputs of what is not carried out; functions of providers are in `calls`. */
export function outputsOf(made: Recorded, before: readonly Recorded[], examples: Examples): Record<string, unknown> {
  const task = taskOf(made);
  if (task !== undefined) {
    const place = { labelled: labelledNodes(before) };
    // Each task's answer takes its own input; the table's type says so for each line, not for their union.
    const answer = renderedTasks[task.name].answer as (...all: unknown[]) => unknown;
    return { stdout: JSON.stringify(answer(task.input, examples, place)) };
  }
  switch (made.type) {
    case "kubernetes:batch/v1:Job": {
      const metadata = made.inputs["metadata"] as RenderedObject["metadata"];
      return { metadata: { ...metadata, uid: examples.uid("Job", metadata) } };
    }
    case "random:index/randomId:RandomId":
      return { hex: "abc123" };
    case "azure-native:resources:ResourceGroup":
      return { name: made.inputs["resourceGroupName"] ?? made.name };
    case "azure-native:containerservice:ManagedCluster":
      return {
        name: made.inputs["resourceName"] ?? made.name,
        fqdn: examples.apiServer(),
        identity: { type: "SystemAssigned", principalId: zeroId },
      };
    default:
      return made.type.startsWith("azure-native:") ? { name: made.name } : {};
  }
}

const zeroId = "00000000-0000-0000-0000-000000000000";

/** Results of providers' functions. */
export function callResult(token: string): Record<string, unknown> {
  switch (token) {
    case "azure-native:authorization:getClientConfig":
      return { subscriptionId: zeroId };
    case "azure-native:containerservice:listManagedClusterUserCredentials":
      return { kubeconfigs: [{ name: "clusterUser", value: "" }] };
    default:
      return {};
  }
}

/** Steps in the order of creation. */
export function stepsOf(resources: readonly Recorded[]): Step[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const componentOf = (resource: Recorded): string => {
    const parent = byUrn.get(resource.parent);
    return parent === undefined ? resource.name : componentOf(parent);
  };
  return resources.flatMap((resource): Step[] => {
    const step = stepOf(resource);
    return step === undefined ? [] : [{ ...step, component: componentOf(resource) }];
  });
}

type Bare = Omit<ObjectStep, "component"> | Omit<ReleaseStep, "component"> | Omit<NoteStep, "component">;

function stepOf(made: Recorded): Bare | undefined {
  const task = taskOf(made);
  if (task !== undefined) {
    const words = renderedTasks[task.name].words as (input: unknown) => TaskWords;
    return { kind: "note", ...words(task.input) };
  }
  const [provider = ""] = made.type.split(":");
  const inputs = shown(made.inputs) as Record<string, unknown>;
  if (!made.custom || provider === "pulumi" || provider === "random") return undefined;
  if (made.type === "kubernetes:core/v1:NodePatch") return labelNote(inputs);
  if (made.type === "kubernetes:helm.sh/v3:Release") return releaseStep(inputs);
  if (provider === "kubernetes") return { kind: "object", manifest: manifestOf(inputs) };
  if (provider === "command") {
    return { kind: "note", title: `command ${made.name}`, commands: textOf(inputs["create"]).split("\n") };
  }
  return {
    kind: "note",
    title: `${provider === "azure-native" ? "Azure" : provider} ${made.type.split(":").at(-1) ?? ""} ${made.name}`,
    commands: [],
    details: inputs,
  };
}

/** An object without what is only Pulumi's, its fields in the usual order. */
function manifestOf(inputs: Record<string, unknown>): RenderedObject {
  const { apiVersion, kind, metadata, ...rest } = inputs as unknown as RenderedObject;
  const { name, namespace, labels, annotations = {}, ...more } = metadata;
  const kept = Object.entries(annotations as Record<string, unknown>).filter(([key]) => !key.startsWith("pulumi.com/"));
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(kept.length > 0 ? { annotations: Object.fromEntries(kept) } : {}),
      ...more,
    },
    ...rest,
  };
}

function releaseStep(inputs: Record<string, unknown>): Omit<ReleaseStep, "component"> {
  const chart = textOf(inputs["chart"]);
  return {
    kind: "release",
    release: textOf(inputs["name"]),
    namespace: textOf(inputs["namespace"]),
    chart,
    version: textOf(inputs["version"]),
    repository: textOf((inputs["repositoryOpts"] as { repo?: unknown } | undefined)?.repo),
    values: (inputs["values"] ?? {}) as Record<string, unknown>,
    secrets: chart.includes("grafana") ? ["grafana: the password of admin, made by the chart"] : [],
  };
}

function labelNote(inputs: Record<string, unknown>): Omit<NoteStep, "component"> {
  const { name, labels } = inputs["metadata"] as { name: string; labels: Record<string, string> };
  const words = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return {
    kind: "note",
    title: `labels of a node that is there already; destroying takes them away`,
    commands: [`kubectl label --overwrite node ${name} ${words.join(" ")}`],
  };
}

/** The task that a command carries out. */
function taskOf({ type, inputs }: Recorded): { readonly name: TaskName; readonly input: unknown } | undefined {
  if (type !== "command:local:Command") return undefined;
  const name = /tasks\/main\.ts (\S+)$/.exec(textOf(shown(inputs["create"])))?.[1];
  if (name === undefined || !(name in renderedTasks)) return undefined;
  const stdin = inputs["stdin"];
  const text = textOf(stdin instanceof Secret ? stdin.value : stdin);
  return { name: name as TaskName, input: JSON.parse(text) };
}

/** The plan's names of nodes that are labelled by now: kind's by its config, others' by patches. */
function labelledNodes(before: readonly Recorded[]): string[] {
  return before.flatMap((made) => {
    const task = taskOf(made);
    if (task?.name === "kind") {
      const { config } = task.input as { config: KindConfig };
      return config.nodes.map(({ labels }) => labels[nodeLabel] ?? "");
    }
    if (made.type !== "kubernetes:core/v1:NodePatch") return [];
    const { labels } = made.inputs["metadata"] as { labels: Record<string, string> };
    return [labels[nodeLabel] ?? labels[egressNodeLabel] ?? ""];
  });
}

/** The value without secrets. */
export function shown(value: unknown): unknown {
  if (value instanceof Secret) return hidden;
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(inner)]));
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
