/**
 * The plan of a campaign as the bundle keeps it (`plan.json`): what was to be run and compared, fixed before the first run.
 * The runner writes it from the campaign file; the analysis reads it and knows nothing of the file's grammar.
 */
import { z } from "zod";
import { cellSchema } from "./record.ts";

/** Written by this version; a newer number is refused with a remedy. */
export const planSchemaVersion = 1;

/** A claim of the thesis, or of anybody, that a comparison tests. */
const claim = z.object({
  /** The claim in plain words: "Antrea needs less CPU than Cilium with an egress gateway". */
  text: z.string().min(1),
  /** Where it comes from: "thesis, figure 5.3 a". */
  source: z.string(),
  /** What the ratio a / b is if the claim holds. */
  expect: z.enum(["below", "above", "equal"]),
});

/** One metric of one cell against the same metric of another; the effect is a over b. */
const comparison = z.object({
  a: z.string().min(1),
  b: z.string().min(1),
  phase: z.string(),
  role: z.string(),
  metric: z.string().min(1),
  /** Equivalence margin as a share: 0.05 for 5 %. */
  margin: z.number().positive(),
  claim: claim.nullable(),
  /** Half-width of its own that ends the campaign; absent: that of the stopping rule. */
  halfWidth: z.number().positive().optional(),
});

/** The mean of one metric of one cell, named because the campaign is to know it to within a half-width. */
const plannedMean = z.object({
  cell: z.string().min(1),
  phase: z.string(),
  role: z.string(),
  metric: z.string().min(1),
  /** As a share of the mean; absent: that of the stopping rule. */
  halfWidth: z.number().positive().optional(),
});

/** When a campaign ends. */
const stopping = z.discriminatedUnion("rule", [
  z.object({ rule: z.literal("fixed"), blocks: z.number().int().min(1) }),
  z.object({
    rule: z.literal("until"),
    /** The method that keeps the error rate under repeated looks, with its source. */
    method: z.string(),
    /** Error rate over all looks, two-sided. */
    alpha: z.number().gt(0).lt(1),
    /** Wanted half-width of each named comparison (log ratio, as a share: 0.05) or mean (share of the mean). */
    halfWidth: z.number().positive(),
    minBlocks: z.number().int().min(2),
    maxBlocks: z.number().int().min(2),
    /** Numbers of blocks after which the campaign looks, growing, the last `maxBlocks`; absent in plans of earlier versions. */
    looks: z.array(z.number().int().min(2)).min(1).optional(),
    /** Budget of the whole campaign in seconds; null for none. */
    budget_s: z.number().positive().nullable(),
  }),
]);

export const planSchema = z.object({
  schema: z.literal(planSchemaVersion),
  name: z.string().min(1),
  description: z.string(),
  seed: z.number().int(),
  /** Whether labs stay for the whole campaign or are built again for each block. */
  replication: z.enum(["reuse", "rebuild"]),
  stopping,
  /** All cells of the campaign, each with the lab that it needs. Cells of several labs are nested in them. */
  cells: z.array(cellSchema.extend({ lab: z.string() })).min(1),
  /** Empty: the analysis' own default comparisons. */
  comparisons: z.array(comparison),
  /** Means that the campaign is to know; with `comparisons` what its stopping rule waits for. */
  means: z.array(plannedMean).optional(),
  /** Limits of the validity rules; absent ones are the analysis' own. */
  limits: z.record(z.string(), z.number()),
});

export type Plan = z.infer<typeof planSchema>;
export type PlannedCell = Plan["cells"][number];
export type PlanComparison = Plan["comparisons"][number];
export type PlannedMean = NonNullable<Plan["means"]>[number];
export type PlanClaim = NonNullable<PlanComparison["claim"]>;
export type Stopping = Plan["stopping"];
