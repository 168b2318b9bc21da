/** Grammar of the campaign file; `campaigns/campaign.schema.json` is made from it. */
import { z } from "zod";
import { metrics, type MetricName } from "../analysis/metrics.ts";
import { defaultLimits } from "../analysis/validity.ts";
import { defaultMargin } from "../analysis/verdict.ts";
import { settingNames, settingTable } from "../scenarios/settings.ts";
import type { SettingSpec } from "../scenarios/settings/spec.ts";
import { nearest } from "./nearest.ts";

const scalar = z.union([z.string(), z.number(), z.boolean()], { error: "must be a text, a number, true or false" });
const oneOrMore = z.union([scalar, z.array(scalar).min(1)], { error: "must be a value or a list of values" });
const share = z
  .number("must be a share between 0 and 1, such as 0.05")
  .gt(0, "must be a share above 0, such as 0.05")
  .lt(1, "must be a share below 1, such as 0.05");
const part = (what: string) => z.number(what).min(0, what).max(1, what);
const someSettings = z.record(z.string(), scalar);
const time = z.string().regex(/^\d+(\.\d+)?(ms|s|m|h)$/, "must be a duration such as 30s, 2m or 1h");
const metricNames = metrics.map(({ name }): MetricName => name);

/** One of some names; the error says which is near. */
const oneOf = <const T extends string>(names: readonly T[]) =>
  z.enum(names, {
    error: ({ input }) => {
      const near = typeof input === "string" ? nearest(input, names) : undefined;
      return `must be one of ${names.join(", ")}${near === undefined ? "" : `; did you mean "${near}"?`}`;
    },
  });

const namedCell = z.union([z.string(), z.record(z.string(), oneOrMore)], {
  error: "must be a cell's id or some of its settings",
});
const question = {
  metric: oneOf(metricNames).describe("What is measured: a metric of samples.csv"),
  phase: z.string().describe("The phase in which it is measured, such as saturated or closed"),
  role: z.string().default("").describe("Whose CPU or memory, such as host or gateway; blank for the path as a whole"),
  halfWidth: share.optional().describe("Half-width that ends the campaign; without it that of until"),
};

const comparison = z.strictObject({
  a: namedCell.describe("The cell, or several of them, that is held against b: its id or some of its settings"),
  b: namedCell.describe("Its counterpart; where several fit, the one with the same load and weights"),
  ...question,
  margin: share.default(defaultMargin).describe("Differences within it are as good as none"),
  claim: z
    .strictObject({
      text: z.string().min(1).describe("The claim in plain words"),
      source: z.string().default("").describe("Where it comes from"),
      expect: oneOf(["below", "above", "equal"]).describe("What a is against b if the claim holds"),
    })
    .optional(),
});

const mean = z.strictObject({
  cell: namedCell.describe("The cell, or several of them: an id or some settings"),
  ...question,
});

const until = z.strictObject({
  halfWidth: share.describe("Half-width of every comparison (of the ratio) and mean (as a share of it) that ends it"),
  alpha: share.default(0.05).describe("Error rate of each interval over all looks"),
  minBlocks: z
    .int("must be a whole number from 4 on")
    .min(4, "must be a whole number from 4 on: fewer runs know too little of their own spread")
    .default(4)
    .describe("Blocks before the first look"),
  budget: time.optional().describe("Ends it after this time by the clock, since its first run began"),
});

const limits = z.strictObject({
  errors: part("must be a share from 0 to 1, such as 0.001")
    .optional()
    .describe(`Failed requests as a share of all, above which a run is invalid (${defaultLimits.errors})`),
  bytes: part("must be a share from 0 to 1, such as 0.05")
    .optional()
    .describe(`Distance of the gateway's bytes from the tool's, above which a run is invalid (${defaultLimits.bytes})`),
  generatorCpu: part("must be a share from 0 to 1, such as 0.8")
    .optional()
    .describe(`Share of its CPU above which the generator is the bottleneck (${defaultLimits.generatorCpu})`),
  hostIdle: part("must be a share from 0 to 1, such as 0.05")
    .optional()
    .describe(`Idle share below which the machine is the bottleneck (${defaultLimits.hostIdle})`),
  gapIntervals: z
    .number("must be a number from 1 on")
    .min(1, "must be a number from 1 on")
    .optional()
    .describe(`Longest gap in monitoring, in scrape intervals (${defaultLimits.gapIntervals})`),
});

export const campaignSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,29}$/, "must be up to 30 small letters, digits and dashes")
    .optional()
    .describe("Name of the bundle; without it the file's"),
  description: z.string().optional().describe("One line for people"),
  blocks: z
    .int("must be a whole number from 1 to 10000")
    .min(1, "must be a whole number from 1 to 10000")
    .max(10_000, "must be a whole number from 1 to 10000")
    .describe("Blocks of one run of each cell; with until, the most there will be"),
  seed: z
    .int("must be a whole number from 0 to 4294967295")
    .min(0, "must be a whole number from 0 to 4294967295")
    .max(4_294_967_295, "must be a whole number from 0 to 4294967295")
    .optional()
    .describe("Decides every order; without it the name does"),
  replication: oneOf(["reuse", "rebuild"])
    .default("reuse")
    .describe("reuse: a lab stays, its loads run again; rebuild: labs are built again for each block"),
  cooldown: time.default("0s").describe("Pause between two runs of a lab"),
  limits: limits.default({}).describe("Limits of the validity rules; what is left out keeps its usual limit"),
  until: until.optional().describe("Ends the campaign as soon as it knows enough"),
  settings: someSettings.default({}).describe("Settings of all cells: environment, phases, warm-up, window …"),
  cells: z
    .array(z.record(z.string(), oneOrMore))
    .min(1, "must list at least one cell")
    .describe("Matrices of settings: each entry is a cell for every combination of its lists; entries add up"),
  exclude: z
    .array(z.record(z.string(), oneOrMore))
    .default([])
    .describe("Cells that have all settings of an entry are left out"),
  comparisons: z.array(comparison).default([]).describe("What is compared, named before the first run"),
  means: z.array(mean).default([]).describe("Means that the campaign is to know to within the half-width of until"),
});
export type CampaignFile = z.infer<typeof campaignSchema>;
export type AskedComparison = CampaignFile["comparisons"][number];
export type AskedMean = CampaignFile["means"][number];

/** Set by the runner itself. */
export const reservedSettings = ["run"] as const;
export const campaignSettings = settingNames.filter((name) => !reservedSettings.some((reserved) => reserved === name));

/** The grammar as JSON schema, for editors: what a file may hold, before defaults, with the settings by name. */
export function campaignJsonSchema(): unknown {
  const schema = z.toJSONSchema(campaignSchema, { io: "input" });
  const [single, several] = [settingsSchema(false), settingsSchema(true)];
  const put = (name: string, value: object): void => {
    schema.properties = {
      ...schema.properties,
      [name]: { ...describedAs(schema.properties?.[name]), ...value },
    };
  };
  put("settings", single);
  put("cells", { type: "array", minItems: 1, items: several });
  put("exclude", { type: "array", items: several });
  return schema;
}

const describedAs = (schema: unknown): object =>
  typeof schema === "object" && schema !== null && "description" in schema ? { description: schema.description } : {};

/** Every setting with its description and, where only some are allowed, its values; with `several`, lists of them too. */
function settingsSchema(several: boolean): object {
  const properties = campaignSettings.map((name) => {
    const { description, read }: SettingSpec = settingTable[name];
    const values = read instanceof z.ZodEnum ? read.options : [];
    const one =
      values.length > 0
        ? {
            enum: values.flatMap((value): unknown[] =>
              value === "true" ? [true, value] : value === "false" ? [false, value] : [value],
            ),
          }
        : { type: ["string", "number", "boolean"] };
    const list = { type: "array", minItems: 1, items: one };
    return [name, { description, ...(several ? { anyOf: [one, list] } : one) }] as const;
  });
  return { type: "object", additionalProperties: false, properties: Object.fromEntries(properties) };
}
