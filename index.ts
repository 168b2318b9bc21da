/** The Pulumi program: read the settings, build, export the record. */
import * as pulumi from "@pulumi/pulumi";
import { deploy } from "./scenarios/deploy.ts";
import { stackSettings } from "./scenarios/stackSettings.ts";

export const record = deploy(stackSettings(), {
  root: import.meta.dirname,
  stack: pulumi.getStack(),
  backend: "pulumi",
  place: { block: null, position: null },
});
