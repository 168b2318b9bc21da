import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { tableMarks, versionTable } from "../../../components/kubernetes/versionTable.ts";
import { readStackFile } from "../../../runner/workFolder.ts";
import { readSettings } from "../../../scenarios/settings.ts";

const root = resolve(import.meta.dirname, "..", "..", "..");

describe("the README's table of images and charts", () => {
  it("is the one of the code", () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const found = readme.split(tableMarks.begin)[1]?.split(tableMarks.end)[0]?.trim();
    const remedy = `put this between the marks "${tableMarks.begin}" and "${tableMarks.end}" of README.md:\n\n${versionTable()}\n`;
    expect(found, remedy).toBe(versionTable());
  });
});

describe("stack files", () => {
  it.each([
    ["local", "egress", []],
    ["aks", "ingress", []],
    ["netns", "egress", []],
  ])("%s is ready to use: every setting is known, right and used", (stack, scenario, unused) => {
    expect(readSettings(readStackFile(root, stack))).toMatchObject({ environment: stack, scenario, unused });
  });
});
