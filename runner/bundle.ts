/** Opens a campaign's bundle: a new one, the one to go on with, or an error when it belongs to another campaign file. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parseDocument } from "yaml";
import { moveAside, readRecords, runsFolder, shown } from "./bundleFolder.ts";
import type { Campaign } from "./campaign.ts";
import { planOf } from "./campaignPlan.ts";
import { LabError } from "./errors.ts";
import { writeWhole } from "./files.ts";
import type { Reporter } from "./reporter.ts";

/** @param fresh move a bundle of the same name aside first */
export function openBundle(
  bundle: string,
  campaign: Campaign,
  fresh: boolean,
  report: Reporter,
  now = new Date(),
): void {
  if (fresh && existsSync(bundle)) {
    report({ kind: "note", text: `the earlier bundle is now ${shown(moveAside(bundle, now))}` });
  }
  mkdirSync(runsFolder(bundle), { recursive: true });
  assertSameCampaign(bundle, campaign);
  writeWhole(campaignFile(bundle), campaign.text);
  writeWhole(join(bundle, "plan.json"), `${JSON.stringify(planOf(campaign), null, 2)}\n`);
}

const campaignFile = (bundle: string): string => join(bundle, "campaign.yaml");

/** @throws LabError when the bundle holds runs of another campaign file */
export function assertSameCampaign(bundle: string, campaign: Campaign): void {
  const file = campaignFile(bundle);
  if (!existsSync(file) || sameCampaign(readFileSync(file, "utf8"), campaign.text)) return;
  const runs = readRecords(bundle).length;
  if (runs === 0) return;
  throw new LabError(`${shown(bundle)} holds ${runs} runs of another version of this campaign`, {
    kind: "input",
    details: [`its campaign file is ${shown(file)}`],
    remedy:
      "undo the change, give the campaign another name, or start afresh with --fresh (the old bundle is kept aside)",
  });
}

/** Pure: whether two campaign files ask for the same; comments and the description do not count. */
export function sameCampaign(a: string, b: string): boolean {
  return isDeepStrictEqual(asked(a), asked(b));
}

function asked(text: string): unknown {
  const value: unknown = parseDocument(text).toJS();
  return typeof value === "object" && value !== null ? { ...value, description: undefined } : value;
}

/** Whether the bundle belongs to this campaign and holds a valid run of every cell in every block. */
export function isComplete(bundle: string, campaign: Campaign): boolean {
  const file = join(bundle, "campaign.yaml");
  if (!existsSync(file) || !sameCampaign(readFileSync(file, "utf8"), campaign.text)) return false;
  const valid = new Set(
    readRecords(bundle).flatMap(({ cell, block, measured }) =>
      measured.validity.valid && block !== null ? [`${cell.id}#${block}`] : [],
    ),
  );
  return campaign.cells.every(({ id }) =>
    Array.from({ length: campaign.blocks }, (_, index) => index + 1).every((block) => valid.has(`${id}#${block}`)),
  );
}
