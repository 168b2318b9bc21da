/** The Pulumi program: read the settings, build, export the record and, where there is a cluster, how to reach it. */
import * as pulumi from "@pulumi/pulumi";
import { deploy } from "./scenarios/deploy.ts";
import { stackSettings } from "./scenarios/stackSettings.ts";

export const { record, kubeconfig } = await deploy(stackSettings(), {
  root: import.meta.dirname,
  stack: pulumi.getStack(),
  backend: "pulumi",
  place: { block: null, position: null },
  check: true,
});
