import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { removeTemporaries, writeOnce, writeWhole } from "../../runner/files.ts";
import { assertRoom } from "../../runner/room.ts";
import { scratchFolder } from "../support/scratch.ts";

test("a file is whole, nothing is beside it, and what is made once stays", () => {
  const folder = scratchFolder();
  const file = join(folder, "a");
  writeWhole(file, "one");
  writeWhole(file, "two");
  writeOnce(file, "three");
  expect(readFileSync(file, "utf8")).toBe("two");
  writeOnce(join(folder, "b"), "four", 0o600);
  expect([readFileSync(join(folder, "b"), "utf8"), statSync(join(folder, "b")).mode & 0o777]).toEqual(["four", 0o600]);
  expect(readdirSync(folder)).toEqual(["a", "b"]);
});

test("a write that fails leaves the old file and nothing beside it", () => {
  const folder = scratchFolder();
  const file = join(folder, "a");
  writeWhole(file, "old");
  mkdirSync(join(folder, "b"));
  expect(() => {
    // A file cannot be renamed over a folder.
    writeWhole(join(folder, "b"), "new");
  }).toThrow(/EISDIR/);
  expect(readdirSync(folder)).toEqual(["a", "b"]);
});

test("what killed writers left is removed, other files are not", () => {
  const folder = scratchFolder();
  for (const name of ["plan.json", "plan.json.tmp-123", "campaign.yaml.tmp-7", "notes.tmp-x", ".tmp-run"])
    writeFileSync(join(folder, name), "");
  expect(removeTemporaries(folder)).toBe(2);
  expect(readdirSync(folder).sort()).toEqual([".tmp-run", "notes.tmp-x", "plan.json"]);
  expect(removeTemporaries(join(folder, "none"))).toBe(0);
});

test("too little room is told before a run, with folder and size", () => {
  const folder = scratchFolder();
  assertRoom([folder, join(folder, "none")], 1);
  expect(() => {
    assertRoom([folder], 2 ** 60);
  }).toThrow(
    expect.objectContaining({
      kind: "machine",
      message: "no space left on the disk",
      details: [expect.stringContaining(`${folder} has `)],
    }),
  );
});
