import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chosenOf } from "../../cli/commands/sweep.ts";
import { forgetKept, keeperOf, keepLab } from "../../runner/kept.ts";
import type { Leftover } from "../../runner/leftovers.ts";
import { projectPaths } from "../../runner/paths.ts";
import { scratchFolder } from "../support/scratch.ts";

test("a lab that is kept says by whom and since when, until it is forgotten", () => {
  const paths = projectPaths(scratchFolder());
  expect(keeperOf(paths, "mine")).toBeUndefined();
  keepLab(paths, "mine", "lab run --keep", new Date("2026-01-02T03:04:05Z"));
  expect(keeperOf(paths, "mine")).toEqual({ command: "lab run --keep", since: "2026-01-02T03:04:05.000Z" });
  expect(keeperOf(paths, "other")).toBeUndefined();
  forgetKept(paths, "mine");
  forgetKept(paths, "mine");
  expect(keeperOf(paths, "mine")).toBeUndefined();
});

test("a damaged note still keeps the lab", () => {
  const paths = projectPaths(scratchFolder());
  keepLab(paths, "mine", "lab up");
  const note = join(paths.kept, "mine.json");
  expect(existsSync(note)).toBe(true);
  writeFileSync(note, "{");
  expect(keeperOf(paths, "mine")).toMatchObject({ command: "somebody" });
});

const left: Leftover = { kind: "stack", name: "left", what: ["2 processes"] };
const kept: Leftover = { ...left, name: "kept", kept: { command: "lab up", since: "2026-01-01T00:00:00Z" } };
const elsewhere: Leftover = { kind: "lab", name: "nl01234567", what: ["3 namespaces"] };
const group: Leftover = { kind: "azure", name: "old", what: ["expired"] };
const all = [left, kept, elsewhere, group];

test.each([
  ["nothing said", [], {}, [left, group]],
  ["all", [], { all: true }, all],
  ["names", ["kept", "nl01234567"], {}, [kept, elsewhere]],
  ["a name, and all", ["left"], { all: true }, [left]],
] as const)("what a sweep takes: %s", (_what, names, flags, taken) => {
  expect(chosenOf(all, names, flags)).toEqual(taken);
});

test("a name that nothing has is refused, with what there is", () => {
  expect(() => chosenOf(all, ["kept", "netns"], {})).toThrow(
    expect.objectContaining({
      kind: "input",
      message: "nothing that is left has the name netns",
      details: ["there is: left, kept, nl01234567, old"],
    }),
  );
});
