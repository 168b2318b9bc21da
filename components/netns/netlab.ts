/** The resource types of `netlab` as Pulumi resources: names and types only, the work is the provider's. */
import * as pulumi from "@pulumi/pulumi";
import type { LabRef, ProcessRef, ResourceTypes, TaskOutcome, TaskPhase } from "../../provider/schema.ts";

/** A value each part of which may come from a resource. */
type Deep<T> = pulumi.Input<T extends object ? { [K in keyof T]: Deep<T[K]> } : T>;

type Args<T extends keyof ResourceTypes> = {
  [K in keyof ResourceTypes[T]["args"]]: Deep<ResourceTypes[T]["args"][K]>;
};

export class Lab extends pulumi.CustomResource {
  declare readonly ref: pulumi.Output<LabRef>;
  constructor(name: string, args: Args<"Lab">, opts?: pulumi.CustomResourceOptions) {
    super("netlab:index:Lab", name, { ...args, ref: undefined }, opts);
  }
}

export class UserNamespace extends pulumi.CustomResource {
  declare readonly holder: pulumi.Output<ProcessRef>;
  declare readonly ref: pulumi.Output<LabRef>;
  constructor(name: string, args: Args<"UserNamespace">, opts?: pulumi.CustomResourceOptions) {
    super("netlab:index:UserNamespace", name, { ...args, holder: undefined, ref: undefined }, opts);
  }
}

export class Node extends pulumi.CustomResource {
  declare readonly netns: pulumi.Output<string>;
  constructor(name: string, args: Args<"Node">, opts?: pulumi.CustomResourceOptions) {
    super("netlab:index:Node", name, { ...args, netns: undefined, inode: undefined }, opts);
  }
}

export class Bridge extends pulumi.CustomResource {
  constructor(name: string, args: Args<"Bridge">, opts?: pulumi.CustomResourceOptions) {
    super("netlab:index:Bridge", name, args, opts);
  }
}

export class Link extends pulumi.CustomResource {
  constructor(name: string, args: Args<"Link">, opts?: pulumi.CustomResourceOptions) {
    super("netlab:index:Link", name, args, opts);
  }
}

export class Vxlan extends pulumi.CustomResource {
  constructor(name: string, args: Args<"Vxlan">, opts?: pulumi.CustomResourceOptions) {
    super("netlab:index:Vxlan", name, args, opts);
  }
}

export class Routing extends pulumi.CustomResource {
  constructor(name: string, args: Args<"Routing">, opts?: pulumi.CustomResourceOptions) {
    super("netlab:index:Routing", name, args, opts);
  }
}

export class RuleSet extends pulumi.CustomResource {
  constructor(name: string, args: Args<"RuleSet">, opts?: pulumi.CustomResourceOptions) {
    super("netlab:index:RuleSet", name, { ...args, applied: undefined }, opts);
  }
}

export class Cgroup extends pulumi.CustomResource {
  declare readonly version: pulumi.Output<0 | 1 | 2>;
  declare readonly procs: pulumi.Output<string[]>;
  declare readonly cpu: pulumi.Output<string>;
  declare readonly memory: pulumi.Output<string>;
  constructor(name: string, args: Args<"Cgroup">, opts?: pulumi.CustomResourceOptions) {
    super(
      "netlab:index:Cgroup",
      name,
      { ...args, version: undefined, procs: undefined, cpu: undefined, memory: undefined },
      opts,
    );
  }
}

export class Process extends pulumi.CustomResource {
  declare readonly process: pulumi.Output<ProcessRef>;
  declare readonly folder: pulumi.Output<string>;
  declare readonly log: pulumi.Output<string>;
  declare readonly version: pulumi.Output<string>;
  constructor(name: string, args: Args<"Process">, opts?: pulumi.CustomResourceOptions) {
    const outputs = { process: undefined, folder: undefined, log: undefined, version: undefined };
    super("netlab:index:Process", name, { ...args, ...outputs }, opts);
  }
}

export class Task extends pulumi.CustomResource {
  declare readonly folder: pulumi.Output<string>;
  declare readonly outcome: pulumi.Output<TaskOutcome>;
  declare readonly phases: pulumi.Output<TaskPhase[]>;
  declare readonly restarted: pulumi.Output<string[]>;
  declare readonly versions: pulumi.Output<Record<string, string>>;
  constructor(name: string, args: Args<"Task">, opts?: pulumi.CustomResourceOptions) {
    const outputs = {
      folder: undefined,
      outcome: undefined,
      phases: undefined,
      restarted: undefined,
      versions: undefined,
    };
    super("netlab:index:Task", name, { ...args, ...outputs }, opts);
  }
}
