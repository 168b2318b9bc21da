/** Grammar of the campaign file; `campaigns/campaign.schema.json` is made from it. */
import { z } from "zod";
import { defaultMargin } from "../analysis/verdict.ts";
import { metrics, type MetricName } from "../analysis/metrics.ts";

const scalar = z.union([z.string(), z.number(), z.boolean()], { error: "must be a text, a number, true or false" });
const oneOrMore = z.union([scalar, z.array(scalar).min(1)], { error: "must be a value or a list of values" });
const share = (what: string) => z.number(what).gt(0, what).lt(1, what);
const someSettings = z.record(z.string(), scalar);
const time = z.string().regex(/^\d+(\.\d+)?(ms|s|m|h)$/, "must be a duration such as 30s, 2m or 1h");
const metricNames = metrics.map(({ name }): MetricName => name);

const comparison = z.strictObject({
  a: z.union([z.string(), someSettings], { error: "must be a cell's id or some of its settings" }),
  b: z.union([z.string(), someSettings], { error: "must be a cell's id or some of its settings" }),
  metric: z.enum(metricNames, { error: `must be one of ${metricNames.join(", ")}` }),
  phase: z.string(),
  role: z.string().default(""),
  margin: share("must be a share between 0 and 1, such as 0.05").default(defaultMargin),
  claim: z
    .strictObject({
      text: z.string().min(1),
      source: z.string().default(""),
      expect: z.enum(["below", "above", "equal"], { error: "must be below, above or equal: what a is against b" }),
    })
    .optional(),
});

const until = z.strictObject({
  halfWidth: share("must be a share between 0 and 1, such as 0.05"),
  alpha: share("must be a share between 0 and 1, such as 0.05").default(0.05),
  minBlocks: z.int("must be a whole number from 4 on").min(4, "must be a whole number from 4 on").default(4),
  budget: time.optional(),
});

export const campaignSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,29}$/, "must be up to 30 small letters, digits and dashes")
    .optional(),
  description: z.string().optional(),
  blocks: z.int("must be a whole number from 1 to 10000").min(1).max(10_000),
  seed: z.int("must be a whole number from 0 to 4294967295").min(0).max(4_294_967_295).optional(),
  replication: z.enum(["reuse", "rebuild"], { error: "must be reuse or rebuild" }).default("reuse"),
  cooldown: time.default("0s"),
  limits: z
    .strictObject({
      errors: z.number().optional(),
      bytes: z.number().optional(),
      generatorCpu: z.number().optional(),
      hostIdle: z.number().optional(),
      gapIntervals: z.number().optional(),
    })
    .default({}),
  until: until.optional(),
  settings: someSettings.default({}),
  cells: z.array(z.record(z.string(), oneOrMore)).min(1, "must list at least one cell"),
  exclude: z.array(someSettings).default([]),
  comparisons: z.array(comparison).default([]),
});
export type CampaignFile = z.infer<typeof campaignSchema>;
export type AskedComparison = CampaignFile["comparisons"][number];

/** The grammar as JSON schema, for editors: what a file may hold, before defaults. */
export const campaignJsonSchema = (): unknown => z.toJSONSchema(campaignSchema, { io: "input" });
