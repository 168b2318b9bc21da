import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { planSchema } from "../../analysis/plan.ts";
import { loadCampaign } from "../../runner/campaign.ts";
import { planOf } from "../../runner/campaignPlan.ts";
import { campaignJsonSchema } from "../../runner/campaignSchema.ts";

const files = readdirSync("campaigns").filter((name) => name.endsWith(".yaml"));

test("the published schema is that of the reader", () => {
  expect(JSON.parse(readFileSync("campaigns/campaign.schema.json", "utf8"))).toEqual(campaignJsonSchema());
});

test.each(files)("%s is read, names its schema, and has a plan", (file) => {
  const campaign = loadCampaign(join("campaigns", file));
  expect(campaign.text.split("\n")[0]).toBe("# yaml-language-server: $schema=./campaign.schema.json");
  expect(planSchema.parse(planOf(campaign)).name).toBe(file.replace(".yaml", ""));
});

test.each([
  ["thesis-egress", 4, 12],
  ["thesis-ingress-local", 8, 8],
  ["thesis-ingress-aks", 8, 8],
])("%s has the thesis' cells, and its findings as comparisons with claims", (name, cells, comparisons) => {
  const campaign = loadCampaign(join("campaigns", `${name}.yaml`));
  expect([campaign.cells.length, campaign.comparisons.length]).toEqual([cells, comparisons]);
  expect(campaign.comparisons.every(({ claim }) => claim !== null)).toBe(true);
});
