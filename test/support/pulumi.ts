/** Programs under mocks: what they would create and what they export. */
import type * as pulumi from "@pulumi/pulumi";
import { record, type Recorded, type Recording } from "../../components/recording.ts";
import type { Examples } from "../../components/kubernetes/rendering/examples.ts";
import type { RunOutput } from "../../analysis/record.ts";
import { recordLab } from "../../scenarios/manifests.ts";
import { readSettings } from "../../scenarios/settings.ts";

/** Outputs that a provider would compute, by resource type. */
const computed: Readonly<Record<string, (inputs: Record<string, unknown>, name: string) => Record<string, unknown>>> = {
  "netlab:index:Lab": ({ labId, dir, path }) => ({ ref: { id: labId, dir, path } }),
  "netlab:index:UserNamespace": ({ lab }) => {
    const holder = { pid: 4242, startTime: 1, bootId: "boot" };
    return { holder, ref: { ...(lab as object), holder } };
  },
  "netlab:index:Node": ({ lab, name }) => ({ netns: `${(lab as { id: string }).id}-${String(name)}`, inode: 1 }),
  "netlab:index:Cgroup": ({ role }) => ({
    version: 1,
    procs: [`/cgroup/${String(role)}/cgroup.procs`],
    cpu: `/cgroup/cpu/${String(role)}`,
    memory: `/cgroup/memory/${String(role)}`,
  }),
  "netlab:index:Process": ({ name }) => ({
    process: { pid: 1, startTime: 1, bootId: "boot" },
    folder: `/lab/processes/${String(name)}`,
    log: `/lab/processes/${String(name)}/log`,
    version: "1.2.3",
  }),
  "netlab:index:Task": ({ steps }) => ({
    folder: "/lab/results/1",
    outcome: { ok: true, error: "" },
    phases: (steps as { phase: string }[]).map(({ phase }, index) => ({ phase, start_s: index, end_s: index + 1 })),
    restarted: [],
    versions: { k6: "1.1.0" },
  }),
};

export interface Deployed<T> {
  readonly outputs: T;
  readonly resources: readonly Recorded[];
  /** Resources of a short type such as `Process`. */
  readonly all: (type: string) => Recorded[];
  /** The one resource of a type whose name ends with `suffix`. */
  readonly one: (type: string, suffix?: string) => Recorded;
}

/** Runs a program of netns under mocks. */
export async function deployed<T>(program: () => Promise<{ record: pulumi.Output<T> }>): Promise<Deployed<T>> {
  const { value, resources } = await withoutTraces(() =>
    record(
      async () => (await program()).record,
      { outputs: ({ type, inputs, name }) => computed[type]?.(inputs, name) ?? {}, call: (_, inputs) => inputs },
      { project: "cni-traffic-lab", stack: "test" },
    ),
  );
  const all = (type: string): Recorded[] => resources.filter((made) => made.type === `netlab:index:${type}`);
  return {
    outputs: value,
    resources,
    all,
    one: (type, suffix = "") => {
      const found = all(type).filter(({ name }) => name.endsWith(suffix));
      const [only] = found;
      if (only === undefined || found.length > 1) {
        throw new Error(
          `${found.length} of ${type} "${suffix}" among ${all(type)
            .map(({ name }) => name)
            .join(", ")}`,
        );
      }
      return only;
    },
  };
}

/** Where the labs of tests live: fixed, so that their names are. */
export const place = { root: "/project", stack: "test", backend: "lab" } as const;

/** Runs the program of a cluster's lab under mocks. */
export const recordedLab = (
  raw: Readonly<Record<string, string>>,
): Promise<{ readonly recording: Recording<RunOutput>; readonly examples: Examples }> => {
  const settings = readSettings(raw);
  return withoutTraces(() => recordLab(settings, place));
};

/** The SDK makes a stack trace for each promise, which is half the time of a deployment under mocks. */
async function withoutTraces<T>(work: () => Promise<T>): Promise<T> {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return await work();
  } finally {
    Error.stackTraceLimit = before;
  }
}
