import { expect, test } from "vitest";
import { sweepLines } from "../../cli/commands/sweep.ts";
import { expiresTag as tagInAzure } from "../../components/kubernetes/clusters/aksPlan.ts";
import { expiredIn, expiresTag, type Leftover } from "../../runner/leftovers.ts";

test("the tag that is looked for is the one that clusters are given", () => {
  expect(expiresTag).toBe(tagInAzure);
});

test("only groups whose own time-to-live has passed are expired; other tags and groups without tags never are", () => {
  const groups = [
    { name: "old", tags: { [expiresTag]: "100" } },
    { name: "due", tags: { [expiresTag]: "200" } },
    { name: "young", tags: { [expiresTag]: "201" } },
    { name: "odd", tags: { [expiresTag]: "soon" } },
    { name: "other", tags: { owner: "somebody" } },
    { name: "bare", tags: null },
  ];
  expect(expiredIn(JSON.stringify(groups), 200).map(({ name }) => name)).toEqual(["old", "due"]);
});

const stack: Leftover = { kind: "stack", name: "mine", what: ["2 processes", "1 lab folder"] };
const other: Leftover = { kind: "lab", name: "nl01234567", what: ["3 namespaces"] };

test("what belongs to no stack of this folder is named apart, with the way to remove it too", () => {
  const lines = sweepLines([stack, other], ["Azure was not looked at"], {});
  expect(lines).toEqual([
    "left, and used by no running command:",
    "  stack mine: 2 processes, 1 lab folder",
    expect.stringMatching(/no stack of this project folder .*--all removes them too/),
    "  lab nl01234567: 3 namespaces",
    "Azure was not looked at",
  ]);
  expect(sweepLines([], [], {})).toEqual(["nothing is left of this project's labs"]);
});
