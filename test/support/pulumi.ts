/** The only place that knows Pulumi's mocks: run a program, get back what it would create and what it exports. */
import * as pulumi from "@pulumi/pulumi";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime/mocks.js";

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
  readonly resources: readonly MockResourceArgs[];
  /** Resources of a short type such as `Process`. */
  readonly all: (type: string) => MockResourceArgs[];
  /** The one resource of a type whose name ends with `suffix`. */
  readonly one: (type: string, suffix?: string) => MockResourceArgs;
}

/** Runs a program under mocks and drains it: outputs resolve before the last child is registered. */
export async function deployed<T>(program: () => Promise<{ record: pulumi.Output<T> }>): Promise<Deployed<T>> {
  const resources: MockResourceArgs[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => {
        resources.push(args);
        const inputs = args.inputs as Record<string, unknown>;
        return { id: `${args.name}-id`, state: { ...inputs, ...computed[args.type]?.(inputs, args.name) } };
      },
      call: ({ inputs }) => inputs as Record<string, unknown>,
    },
    "cni-traffic-lab",
    "test",
    false,
  );
  let result: pulumi.Output<T> | undefined;
  await pulumi.runtime.runInPulumiStack(async () => {
    result = (await program()).record;
    return {};
  });
  await pulumi.runtime.disconnect();
  const made = result;
  if (made === undefined) throw new Error("the program gave no output");
  const outputs = await new Promise<T>((resolve) => {
    made.apply((value) => {
      resolve(value);
    });
  });
  const all = (type: string): MockResourceArgs[] => resources.filter((made) => made.type === `netlab:index:${type}`);
  return {
    outputs,
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
