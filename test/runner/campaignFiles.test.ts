import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { planSchema } from "../../analysis/plan.ts";
import { planLines } from "../../cli/commands/plan.ts";
import { loadCampaign, type Campaign } from "../../runner/campaign.ts";
import { planOf } from "../../runner/campaignPlan.ts";
import { campaignJsonSchema } from "../../runner/campaignSchema.ts";
import { loadSeconds } from "../../runner/estimate.ts";
import { givenNothing, outlookOf } from "../../runner/plan.ts";

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
  ["thesis-egress", 4, 12, 8, 790],
  ["thesis-ingress-local", 8, 14, 16, 140],
  ["thesis-ingress-aks", 8, 14, 16, 140],
])(
  "%s has the thesis' cells, runs and durations, and its findings as comparisons with claims",
  (name, cells, comparisons, runs, seconds) => {
    const campaign = loadCampaign(join("campaigns", `${name}.yaml`));
    expect([campaign.cells.length, campaign.comparisons.length, campaign.blocks]).toEqual([cells, comparisons, runs]);
    expect(campaign.cells.map(({ read }) => loadSeconds(read))).toEqual(Array.from({ length: cells }, () => seconds));
    const open = campaign.comparisons.filter(({ claim }) => claim === null).map(({ a }) => a);
    // Locally the thesis leaves one user out of its finding.
    expect(open).toEqual(
      name === "thesis-ingress-local"
        ? [...Array.from({ length: 2 }, () => "local/antrea/ingress/nginx/1vus"), "local/cilium/ingress/cilium/1vus"]
        : [],
    );
  },
);

test.each(["egress", "ingress-local", "ingress-aks"])(
  "precise-%s asks what the thesis' campaign asks, of the same cells, k6 outside, in shorter runs",
  (name) => {
    const [thesis, precise] = ["thesis", "precise"].map((kind) =>
      loadCampaign(join("campaigns", `${kind}-${name}.yaml`)),
    );
    const asked = ({ comparisons }: Campaign) => comparisons.map((comparison) => ({ ...comparison, halfWidth: null }));
    if (thesis === undefined || precise === undefined) throw new Error("no campaign");
    expect(precise.cells.map(({ id }) => id)).toEqual(thesis.cells.map(({ id }) => id));
    expect(asked(precise)).toEqual(asked(thesis));
    expect([thesis.stopping.rule, precise.stopping.rule]).toEqual(["fixed", "until"]);
    for (const { read } of [...thesis.cells, ...precise.cells]) {
      if (read.scenario === "ingress") expect(read["load.placement"]).toBe("outside");
      expect(read.unused).toEqual([]);
    }
    const [whole, short] = [thesis, precise].map((one) => outlookOf(one, givenNothing()).whole);
    // At most, where thesis' takes as long as it says.
    expect((short?.load ?? 0) / (whole?.load ?? 1)).toBeLessThan(0.8);
  },
);

test.each(files)(
  "%s is planned: order, time, machines, and what it can find; its header says how long it takes",
  (file) => {
    const campaign = loadCampaign(join("campaigns", file));
    const ahead = outlookOf(campaign, givenNothing());
    expect([...ahead.firstBlock].sort()).toEqual(campaign.cells.map(({ id }) => id).sort());
    expect(ahead.runs).toBe(campaign.cells.length * campaign.blocks);
    expect(ahead.whole.seconds).toBeCloseTo(ahead.whole.load + ahead.whole.labs + ahead.whole.between, 6);
    const text = planLines(campaign, ahead, { end: new Date(0), from: undefined }).join("\n");
    expect(text).not.toMatch(/undefined|NaN|Infinity/);
    // One of the times that the header names is the whole, to a tenth.
    const header = campaign.text
      .slice(0, campaign.text.indexOf("\nname:"))
      .replaceAll("\n# ", " ")
      .replace("five minutes", "5 min");
    const times = [...header.matchAll(/(?:(\d+) h)?(?: ?(\d+) min)?/g)].map(
      ([, hours = "0", minutes = "0"]) => Number(hours) * 3600 + Number(minutes) * 60,
    );
    expect(times.some((named) => Math.abs(named - ahead.whole.seconds) < 0.1 * ahead.whole.seconds)).toBe(true);
  },
);
