/** Every legal combination deployed under mocks and looked at from all sides, every illegal one refused. Labs of netns: ../netns.test.ts. */
import { describe, expect, it, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { runOutputSchema } from "../../../analysis/record.ts";
import { Secret, type Recorded } from "../../../components/recording.ts";
import { stepsOf, type ObjectStep, type Step } from "../../../components/kubernetes/rendering/steps.ts";
import { streamText } from "../../../components/kubernetes/rendering/text.ts";
import { readSettings, SettingsError } from "../../../scenarios/settings.ts";
import { cases, legal, type Case } from "../../support/cases.ts";
import { objectProblems } from "../../support/models.ts";
import { recordedLab } from "../../support/pulumi.ts";

describe("illegal combinations", () => {
  test.each(named(cases.filter(({ refused }) => refused !== undefined)))(
    "%s: refused with its reason",
    (_, { raw, refused }) => {
      let problems: readonly string[] = [];
      try {
        readSettings(raw);
      } catch (error) {
        if (!(error instanceof SettingsError)) throw error;
        problems = error.problems;
      }
      expect(
        problems.filter((line) => refused?.test(line)),
        problems.join("\n"),
      ).toHaveLength(1);
      // One mistake is told once, with what is allowed.
      expect(problems).toHaveLength(1);
    },
  );
});

/** Kinds that have no namespace. */
const clusterScoped = new Set([
  "Namespace",
  "ClusterRole",
  "ClusterRoleBinding",
  "GatewayClass",
  "CiliumEgressGatewayPolicy",
  "CiliumLoadBalancerIPPool",
  "CiliumL2AnnouncementPolicy",
  "Egress",
  "ExternalIPPool",
]);

describe.each(named(legal))("%s", (_, { raw }) => {
  const lab = once(() => recordedLab(raw));
  const objects = async (): Promise<ObjectStep["manifest"][]> =>
    manifestsOf(stepsOf((await lab()).recording.resources));

  it("deploys, and nothing comes before what it depends on", async () => {
    const { value, resources } = (await lab()).recording;
    expect(runOutputSchema.parse(value)).toMatchObject({ run_id: "1" });
    const places = new Map(resources.map(({ urn }, index) => [urn, index]));
    for (const [index, { name, dependencies, parent }] of resources.entries()) {
      const late = [...dependencies, parent].filter((urn) => (places.get(urn) ?? -1) >= index);
      expect(late, name).toEqual([]);
    }
  });

  it("has objects that are what their schemas ask for", async () => {
    expect((await objects()).flatMap(objectProblems)).toEqual([]);
  });

  it("keeps to the conventions of resources", async () => {
    const { resources } = (await lab()).recording;
    const { environment } = raw;
    expect(new Set(resources.map(({ type, name }) => `${type} ${name}`)).size).toBe(resources.length);
    for (const resource of resources) {
      const { type, name, provider, inputs, custom } = resource;
      expect(name).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
      for (const text of texts(inputs)) expect(text, name).not.toMatch(/undefined|\bNaN\b|\[object |Calling \[/);
      if (custom && type.startsWith("kubernetes:")) {
        expect(provider, name).toContain("::ground-provider::");
        // What goes with its cluster need not be deleted from one that is gone.
        expect(resource.deletedWith === "", name).toBe(environment === "existing");
      }
      // A Job of the same name takes its place at once: nothing may keep the name.
      if (inputs["kind"] === "Job") {
        expect(inputs["metadata"], name).toMatchObject({
          annotations: { "pulumi.com/deletionPropagationPolicy": "background" },
        });
      }
      if (type === "command:local:Command") {
        // CRDs of another version take the place of those that are there, and go at the end where the cluster stays.
        const goesAtTheEnd = name === "gateway-api" && environment === "existing";
        expect("delete" in inputs, name).toBe("triggers" in inputs || goesAtTheEnd);
        if ("environment" in inputs) expect(inputs["environment"], name).toBeInstanceOf(Secret);
      }
    }
  });

  it("pins every image and chart, restricts every pod, asks for what it needs", async () => {
    const { resources } = (await lab()).recording;
    for (const step of stepsOf(resources)) {
      if (step.kind === "release") expect(step.version, step.release).toMatch(/^\d+\.\d+\.\d+$/);
    }
    for (const manifest of await objects()) {
      const { kind, metadata } = manifest;
      expect(metadata.namespace === undefined, `${kind} ${metadata.name}`).toBe(clusterScoped.has(kind));
      expect(metadata["labels"], kind).toMatchObject({ "app.kubernetes.io/part-of": "cni-traffic-lab" });
      const pod = podOf(manifest);
      // Only who looks at a node's own addresses stands on its network, in a namespace that allows it.
      const own = kind === "Pod" && metadata.namespace?.endsWith("-nodes") === true ? ["uses the node's network"] : [];
      if (pod !== undefined) expect(podProblems(pod), metadata.name).toEqual(own);
    }
  });

  it("is one stream of YAML with every object in it, and no secret", async () => {
    const { recording, examples } = await lab();
    const steps = stepsOf(recording.resources);
    const text = streamText({ steps, examples, warnings: [], title: "t", command: "c" });
    const documents = parseAllDocuments(text).map((document) => {
      expect(document.errors).toEqual([]);
      return document.toJS() as unknown;
    });
    expect(documents.filter((one) => one !== null)).toEqual(manifestsOf(steps));
    expect(text).not.toMatch(/PRIVATE KEY|client-key-data|password:|\(a secret/);
    // Every task has words, and every wait its place.
    const tasks = recording.resources.filter(({ type }) => type === "command:local:Command");
    expect(steps.filter(({ kind, ...step }) => kind === "note" && "title" in step).length).toBeGreaterThanOrEqual(
      tasks.length,
    );
  });
});

it("a kind of which no schema is at hand is a problem", () => {
  expect(objectProblems({ apiVersion: "v1", kind: "Unheard", spec: {} })).not.toEqual([]);
  expect(objectProblems({ apiVersion: "cilium.io/v2", kind: "Unheard", spec: {} })).not.toEqual([]);
  const metadata = { name: "pod" };
  const containers = [{ name: "one", images: "a:1" }];
  expect(objectProblems({ apiVersion: "v1", kind: "Pod", metadata, spec: { containers } })).toEqual([
    "Pod.spec.containers[0] has no field images",
  ]);
});

function named(some: readonly Case[]): [string, Case][] {
  return some.map((one) => [one.title, one]);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

const manifestsOf = (steps: readonly Step[]): ObjectStep["manifest"][] =>
  steps.flatMap((step) => (step.kind === "object" ? [step.manifest] : []));

/** Every text that is put together from values, also within JSON; scripts are code and may say `undefined`. */
function texts(value: unknown, key = ""): string[] {
  if (typeof value === "string") {
    if (/\.(ts|js)$|^(agent|script)$/.test(key)) return [];
    const inner = value.startsWith("{") ? fromJson(value) : undefined;
    return inner === undefined ? [value] : texts(inner);
  }
  if (value instanceof Secret) return texts(value.value, key);
  if (Array.isArray(value)) return value.flatMap((item) => texts(item, key));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => texts(inner, name));
}

/** Undefined where it is no JSON: a selector of Prometheus stands in braces too. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean;
    readonly runAsNonRoot?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[] };
    readonly seccompProfile?: { readonly type?: string };
  };
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
}
interface Pod {
  readonly automountServiceAccountToken?: boolean;
  readonly hostNetwork?: boolean;
  readonly containers: readonly Container[];
}

function podOf({ kind, spec }: Recorded["inputs"]): Pod | undefined {
  return kind === "Pod" ? (spec as Pod) : (spec as { template?: { spec?: Pod } } | undefined)?.template?.spec;
}

/** What the restricted pod security of the lab's namespace would refuse, and what else a pod of ours must not lack. */
function podProblems(pod: Pod): string[] {
  return [
    ...(pod.automountServiceAccountToken === false ? [] : ["has a token of the API server"]),
    ...(pod.hostNetwork === true ? ["uses the node's network"] : []),
    ...pod.containers.flatMap(({ name, image, securityContext: security, resources }) => [
      ...(/:[\w][\w.-]*(@sha256:[0-9a-f]{64})?$/.test(image) && !image.endsWith(":latest")
        ? []
        : [`${name}: ${image} is not pinned`]),
      ...(security?.allowPrivilegeEscalation === false ? [] : [`${name} may gain privileges`]),
      ...(security?.runAsNonRoot === true ? [] : [`${name} may be root`]),
      ...(security?.capabilities?.drop?.includes("ALL") === true ? [] : [`${name} has capabilities`]),
      ...(security?.seccompProfile?.type === "RuntimeDefault" ? [] : [`${name} has no seccomp profile`]),
      // The load itself takes what there is: that is what is measured.
      ...(name === "tool" || resources?.requests !== undefined ? [] : [`${name} asks for nothing`]),
    ]),
  ];
}
