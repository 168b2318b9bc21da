import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isComplete, openBundle, sameCampaign } from "../../runner/bundle.ts";
import { writeRun } from "../../runner/bundleFolder.ts";
import { readCampaign } from "../../runner/campaign.ts";
import type { LabEvent } from "../../runner/reporter.ts";
import { syntheticRecord } from "../support/record.ts";
import { scratchFolder } from "../support/scratch.ts";

const text = "name: mine\nblocks: 1\ncells: [{ path: [base, gateway] }]\n";
const campaign = readCampaign(text, "mine.yaml");
const silent = (): void => undefined;

/** Puts a run of the campaign's cell into the bundle. */
async function addRun(bundle: string, index: number, valid: boolean): Promise<void> {
  const { id, read } = campaign.cells[index] ?? { id: "", read: undefined };
  const cell = {
    id,
    environment: "netns",
    cni: "kernel",
    scenario: "egress",
    path: read?.path ?? "",
    gateway: "",
    vus: null,
    rate: null,
    weights: "",
  } as const;
  const record = syntheticRecord(cell, { run_id: `r${index}-${String(valid)}`, block: 1, position: index + 1 });
  const { measured } = record;
  const judged = {
    ...record,
    measured: { ...measured, validity: { ...measured.validity, valid, reasons: valid ? [] : ["broken"] } },
  };
  await writeRun(bundle, record.run_id, (folder) => {
    writeFileSync(join(folder, "record.json"), JSON.stringify(judged));
    return Promise.resolve();
  });
}

test("a new bundle keeps the campaign file; opened again it goes on", () => {
  const bundle = join(scratchFolder(), "mine");
  openBundle(bundle, campaign, false, silent);
  expect(readFileSync(join(bundle, "campaign.yaml"), "utf8")).toBe(text);
  openBundle(bundle, campaign, false, silent);
});

test("a changed campaign is refused once there are runs; comments and description may change", async () => {
  const bundle = join(scratchFolder(), "mine");
  openBundle(bundle, campaign, false, silent);
  const changed = readCampaign(text.replace("blocks: 1", "blocks: 2"), "mine.yaml");
  openBundle(bundle, changed, false, silent);
  openBundle(bundle, campaign, false, silent);
  await addRun(bundle, 0, true);
  expect(() => {
    openBundle(bundle, changed, false, silent);
  }).toThrow(/holds 1 runs of another version of this campaign/);
  openBundle(bundle, readCampaign(`# why\n${text}description: new\n`, "mine.yaml"), false, silent);
  expect(sameCampaign(text, text.replace("base, gateway", "gateway, base"))).toBe(false);
});

test("--fresh keeps the old bundle aside and says where", async () => {
  const folder = scratchFolder();
  const bundle = join(folder, "mine");
  openBundle(bundle, campaign, false, silent);
  await addRun(bundle, 0, true);
  const said: LabEvent[] = [];
  openBundle(bundle, campaign, true, (event) => said.push(event), new Date("2026-11-22T21:03:04.567Z"));
  expect(readdirSync(folder).sort()).toEqual(["mine", "mine-until-20261122T210304"]);
  expect(readdirSync(join(bundle, "runs"))).toEqual([]);
  expect(said).toHaveLength(1);
});

test("a bundle is complete with a valid run of every cell in every block", async () => {
  const bundle = join(scratchFolder(), "mine");
  expect(isComplete(bundle, campaign)).toBe(false);
  openBundle(bundle, campaign, false, silent);
  await addRun(bundle, 0, true);
  await addRun(bundle, 1, false);
  expect(isComplete(bundle, campaign)).toBe(false);
  await addRun(bundle, 1, true);
  expect(isComplete(bundle, campaign)).toBe(true);
});

test("a run whose writing fails is not there, and what it replaces is not lost", async () => {
  const bundle = scratchFolder();
  mkdirSync(join(bundle, "runs"));
  await expect(writeRun(bundle, "a", () => Promise.reject(new Error("disk full")))).rejects.toThrow("disk full");
  expect(readdirSync(join(bundle, "runs"))).toEqual([]);
  expect(existsSync(join(bundle, "runs", "a"))).toBe(false);
});
