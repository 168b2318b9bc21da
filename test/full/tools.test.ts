/** The package registries for real: tools into an empty folder, then used by another user, in a namespace, without a home. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { catalogue, toolsFor, type Tool, type ToolName } from "../../runner/tools/catalogue.ts";
import { toolsFolder, type FoundTool } from "../../runner/tools/find.ts";
import { provide } from "../../runner/tools/setup.ts";
import { plainSteps } from "../../runner/tools/steps.ts";

const names = toolsFor("netns").filter((name) => name !== "pulumi"); // its build takes minutes; set-up has done it
const isRoot = process.getuid?.() === 0;
let root = "";
let tools: ReadonlyMap<ToolName, FoundTool> = new Map();

/** Its registry only, as on a machine that reaches nothing else. */
function fromRegistry(tool: Tool): Tool {
  const copy: { -readonly [K in keyof Tool]: Tool[K] } = { ...tool };
  delete copy.release;
  return copy;
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "cni-traffic-lab-test-"));
  chmodSync(root, 0o755);
  tools = await provide(
    root,
    names.map((name) => fromRegistry(catalogue[name])),
    { cache: join(root, "cache"), path: "/nowhere", runSteps: plainSteps(console.log) },
  );
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describe("tools from the package registries", () => {
  it("are all there", () => {
    expect([...tools.keys()].sort()).toEqual([...names].sort());
    expect([...tools.values()].filter(({ from }) => from === "project").map(({ name }) => name)).toEqual(
      expect.arrayContaining(["k6", "envoy"]),
    );
  });

  it.skipIf(!isRoot)("run as a user who is nobody, in a network namespace, with an empty environment", async () => {
    for (const { name, path, version } of tools.values()) {
      const argv = ["--net", "--", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", path];
      const { all } = await execa("unshare", [...argv, ...catalogue[name].version.args], {
        all: true,
        env: {},
        extendEnv: false,
        cwd: "/",
      });
      expect(all).toContain(version);
    }
  });

  it("are found again at once, without asking anybody", async () => {
    const began = Date.now();
    const again = await provide(
      root,
      names.map((name) => catalogue[name]),
      { path: "/nowhere" },
    );
    expect([...again.values()].map(({ path }) => path).sort()).toEqual(
      [...tools.values()].map(({ path }) => path).sort(),
    );
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(toolsFolder(root).startsWith(root)).toBe(true);
  });
});
