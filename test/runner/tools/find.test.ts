import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { catalogue } from "../../../runner/tools/catalogue.ts";
import { executables, findTool, searchPath, toolsFolder } from "../../../runner/tools/find.ts";
import { fakeTool } from "../../support/fakeTool.ts";
import { scratchFolder, script } from "../../support/scratch.ts";

const tool = fakeTool({ name: "envoy" });

describe("findTool", () => {
  it("takes the project's own program before the one on PATH", async () => {
    const root = scratchFolder();
    const own = script(join(toolsFolder(root), "envoy"), "echo fake 2.1");
    script(join(root, "path", "envoy"), "echo fake 9.0");
    const { found } = await findTool(root, tool, join(root, "path"));
    expect(found).toEqual({ name: "envoy", path: own, version: "2.1", from: "project" });
  });

  it("passes over programs that are too old or broken, says why, and takes the next", async () => {
    const root = scratchFolder();
    const broken = script(join(root, "a", "envoy"), "echo 'envoy: libz.so.1 is missing' >&2", "exit 127");
    const old = script(join(root, "b", "envoy"), "echo fake 1.9");
    const good = script(join(root, "c", "cni-traffic-lab-fake"), "echo fake 2.0");
    const path = ["a", "b", "c"].map((folder) => join(root, folder)).join(delimiter);
    const { found, rejected } = await findTool(root, tool, path);
    expect(found).toEqual({ name: "envoy", path: good, version: "2.0", from: "path" });
    expect(rejected).toEqual([
      { path: broken, reason: "does not run: envoy: libz.so.1 is missing" },
      { path: old, reason: "is version 1.9, too old: 2.0 or newer is needed" },
    ]);
  });

  it("finds nothing where there is nothing, and takes no folder and no plain file for a program", async () => {
    const root = scratchFolder();
    script(join(root, "path", "cni-traffic-lab-fake", "inside"), "echo fake 3.0");
    writeFileSync(join(root, "envoy"), "fake 3.0");
    chmodSync(join(root, "envoy"), 0o644);
    const { found, rejected } = await findTool(root, tool, `${join(root, "path")}:${root}`);
    expect(found).toBeUndefined();
    expect(rejected.filter(({ path }) => path.startsWith(root))).toEqual([]);
  });

  it("says so when a program of the right name is not for this machine", async () => {
    const root = scratchFolder();
    const path = join(root, "path", "envoy");
    script(path);
    writeFileSync(path, "\u007fELF not a program");
    const { rejected } = await findTool(root, tool, join(root, "path"));
    expect(rejected[0]?.path).toBe(path);
    expect(rejected[0]?.reason).toMatch(/^does not run: /);
  });
});

describe("searchPath", () => {
  it("adds the folders of system programs that users often lack, leaves out relative ones, and doubles nothing", () => {
    expect(searchPath("/p", "/usr/bin:.:bin:/usr/sbin::/usr/bin")).toEqual([
      "/p/.tools/bin",
      "/usr/bin",
      "/usr/sbin",
      "/usr/local/sbin",
      "/sbin",
    ]);
  });
});

it("every machine that can run the tests has a shell that is found", () => {
  expect(executables(["sh"], searchPath("/nowhere")).length).toBeGreaterThan(0);
  expect(catalogue.node_exporter.aliases).toContain("prometheus-node-exporter");
});
