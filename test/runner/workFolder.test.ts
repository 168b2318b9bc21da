import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { LabError } from "../../runner/errors.ts";
import { projectPaths } from "../../runner/paths.ts";
import {
  checkStackName,
  ensurePassphrase,
  inlineProject,
  parseOverrides,
  prepareWorkFolder,
  readStackFile,
} from "../../runner/workFolder.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "work-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function failure(work: () => unknown): LabError {
  try {
    work();
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  throw new Error("nothing failed");
}

test("overrides are key=value, with the project's prefix or without, and may hold more equals signs", () => {
  expect(parseOverrides(["vus=10", "cni-traffic-lab:weights=60/40", "phases=a=b"])).toEqual({
    vus: "10",
    weights: "60/40",
    phases: "a=b",
  });
});

test("every wrong override is told at once", () => {
  expect(failure(() => parseOverrides(["vus", "=1", "run=1", "run=2"])).details).toEqual([
    "-c vus: must be key=value, such as -c vus=10",
    "-c =1: must be key=value, such as -c vus=10",
    "-c run=2: run is given twice",
  ]);
});

test("a stack file gives its settings as text, without the prefix and without those of other projects", () => {
  writeFileSync(
    join(root, "Pulumi.mine.yaml"),
    "config:\n  cni-traffic-lab:vus: 10\n  cni-traffic-lab:monitoring: false\n  azure:location: x\n",
  );
  expect(readStackFile(root, "mine")).toEqual({ vus: "10", monitoring: "false" });
  expect(readStackFile(root, "none")).toEqual({});
});

test.each([
  ["config: [1\n", /^Pulumi\.mine\.yaml:\d+:\d+: /],
  ["config: 3\n", /must hold a map named "config"/],
  ["config:\n  cni-traffic-lab:vus:\n    secure: abc\n", /^Pulumi\.mine\.yaml:3:5: cni-traffic-lab:vus: secret values/],
])("a broken stack file %j is told with its place", (text, message) => {
  writeFileSync(join(root, "Pulumi.mine.yaml"), text);
  const error = failure(() => readStackFile(root, "mine"));
  expect([error.kind, error.details[0]]).toEqual(["input", expect.stringMatching(message)]);
});

test("the work folder holds settings of this command only; the salt of the stack's state stays", () => {
  writeFileSync(join(root, "Pulumi.yaml"), "name: cni-traffic-lab\nmain: index.ts\n");
  const paths = projectPaths(root);
  const folder = prepareWorkFolder(paths, "mine", { vus: "10", run: "1" });
  const file = join(folder, "Pulumi.mine.yaml");
  writeFileSync(file, `encryptionsalt: v1:abc\n${readFileSync(file, "utf8")}`);
  prepareWorkFolder(paths, "mine", { run: "2" });
  expect(parse(readFileSync(file, "utf8"))).toEqual({
    encryptionsalt: "v1:abc",
    config: { "cni-traffic-lab:run": "2" },
  });
  expect(() => statSync(join(root, "Pulumi.mine.yaml"))).toThrow(/ENOENT/);
});

test("the copy of Pulumi.yaml finds the provider from anywhere and has no program file", () => {
  const copy: unknown = parse(
    inlineProject(
      "name: x\nmain: index.ts\nplugins:\n  providers:\n    - name: netlab\n      path: provider\n",
      "/project",
    ),
  );
  expect(copy).toEqual({ name: "x", plugins: { providers: [{ name: "netlab", path: "/project/provider" }] } });
});

test("the passphrase is made once and only its user can read it", () => {
  mkdirSync(join(root, ".lab"));
  const file = join(root, ".lab", "passphrase");
  ensurePassphrase(file);
  const first = readFileSync(file, "utf8");
  ensurePassphrase(file);
  expect(first).toMatch(/^[\w-]{32}$/);
  expect(readFileSync(file, "utf8")).toBe(first);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test.each(["", "-a", "A", "a b", "../x", "a".repeat(61)])("%j cannot be a stack", (name) => {
  expect(
    failure(() => {
      checkStackName(name);
    }).kind,
  ).toBe("input");
});
