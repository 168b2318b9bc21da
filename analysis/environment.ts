/** environment.json of a bundle: the fingerprint in two halves. */
import { z } from "zod";

/** Written by this version; a newer number is refused with a remedy. */
export const environmentSchema = 1;

const facts = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

export const environmentFileSchema = z.object({
  schema: z.literal(environmentSchema),
  /** What must match before two bundles get a verdict: machine, kernel, cores, MTU, load tools, phases, durations. */
  bed: facts,
  /** What may differ: CNI, gateway, their versions and the settings that dominate. */
  under_test: facts,
});

export type Environment = z.infer<typeof environmentFileSchema>;
