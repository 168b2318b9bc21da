/** The ground of a lab: its folder, its user namespace where the user is not root, a cgroup for each role. */
import * as pulumi from "@pulumi/pulumi";
import type { LabRef } from "../../provider/schema.ts";
import type { PlatformContext } from "../platform.ts";
import { Cgroup, Lab, UserNamespace } from "./netlab.ts";

/** Who uses CPU and memory in a lab. Kernel work in softirq is charged to no cgroup, so to none of them. */
export const roles = ["client", "gateway", "server", "monitoring"] as const;
export type Role = (typeof roles)[number];

export class Ground extends pulumi.ComponentResource {
  readonly lab: pulumi.Output<LabRef>;
  readonly cgroups: Readonly<Record<Role, Cgroup>>;

  constructor(name: string, context: PlatformContext, opts?: pulumi.ComponentResourceOptions) {
    super("cni-traffic-lab:netns:Ground", name, {}, opts);
    const own = { parent: this };
    const lab = new Lab(`${name}-lab`, { labId: context.labId, dir: context.labDir, path: [...context.toolPath] }, own);
    this.lab = context.root ? lab.ref : new UserNamespace(`${name}-user`, { lab: lab.ref }, own).ref;
    const cgroup = (role: Role): Cgroup => new Cgroup(`${name}-${role}`, { lab: this.lab, role }, own);
    this.cgroups = {
      client: cgroup("client"),
      gateway: cgroup("gateway"),
      server: cgroup("server"),
      monitoring: cgroup("monitoring"),
    };
    this.registerOutputs({ lab: this.lab });
  }
}
