import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { keepNoEngineLog, pruneFolder } from "../../runner/prune.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "prune-"))));
afterEach(() => {
  rmSync(folder, { recursive: true });
});

it("keeps every file of the last updates and whatever belongs to another stack", () => {
  for (const time of ["1001", "1002", "1003", "1004"]) {
    for (const kind of ["history", "checkpoint"]) writeFileSync(join(folder, `netns-${time}.${kind}.json`), "");
  }
  writeFileSync(join(folder, "netns-2-1000.history.json"), "");
  pruneFolder(folder, /^netns-(\d+)\./, 2);
  expect(readdirSync(folder).sort()).toEqual([
    "netns-1003.checkpoint.json",
    "netns-1003.history.json",
    "netns-1004.checkpoint.json",
    "netns-1004.history.json",
    "netns-2-1000.history.json",
  ]);
});

it("does not mind a folder that is not there", () => {
  expect(() => {
    pruneFolder(join(folder, "none"), /^x-(\d+)/);
  }).not.toThrow();
});

it("leaves no room for the engine's log, and takes away one that is there", () => {
  const logs = join(folder, "logs");
  mkdirSync(logs);
  writeFileSync(join(logs, "a.log"), "x");
  keepNoEngineLog(folder);
  keepNoEngineLog(folder);
  expect(statSync(logs).isFile()).toBe(true);
});
