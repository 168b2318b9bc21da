import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { kindNode } from "../../../components/kubernetes/versions.ts";
import {
  architecture,
  catalogue,
  kindVersion,
  pulumiVersion,
  toolNames,
  toolsFor,
} from "../../../runner/tools/catalogue.ts";
import { waysFor } from "../../../runner/tools/install.ts";
import { compareVersions } from "../../../runner/tools/versions.ts";

const root = resolve(import.meta.dirname, "..", "..", "..");
const tools = toolNames.map((name) => catalogue[name]);

describe("catalogue", () => {
  it("has the engine in the version of the SDK, and builds that version", () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    const goMod = readFileSync(join(root, "runner/tools/pulumi/go.mod"), "utf8");
    expect(dependencies["@pulumi/pulumi"]).toBe(pulumiVersion);
    expect(goMod).toContain(`github.com/pulumi/pulumi/pkg/v3 v${pulumiVersion}\n`);
    expect(goMod).toContain(`github.com/pulumi/pulumi/sdk/v3 v${pulumiVersion}`);
  });

  it("builds the kind of the catalogue, new enough for the pinned node image", () => {
    const goMod = readFileSync(join(root, "runner/tools/kind/go.mod"), "utf8");
    expect(goMod).toContain(`sigs.k8s.io/kind v${kindVersion}\n`);
    expect(catalogue.kind.minimum).toBe(kindNode.oldestKind);
    expect(compareVersions(kindVersion, kindNode.oldestKind)).toBeGreaterThanOrEqual(0);
  });

  it.each(tools)("names $name as its key and gives at least one way to get it", (tool) => {
    expect(catalogue[tool.name]).toBe(tool);
    // Docker is a daemon of the system.
    if (tool.name !== "docker") expect(waysFor(tool).length).toBeGreaterThan(0);
    expect(tool.byHand).not.toBe("");
  });

  it.each(tools.flatMap(({ release }) => release ?? []))(
    "pins $version with its checksum for both architectures",
    (release) => {
      for (const arch of ["x64", "arm64"] as const) {
        expect(release.url[arch]).toMatch(/^https:\/\//);
        expect(release.url[arch]).toContain(release.version);
        expect(release.sha256[arch]).toMatch(/^[0-9a-f]{64}$/);
      }
      expect(release.url.x64).not.toBe(release.url.arm64);
      expect(release.sha256.x64).not.toBe(release.sha256.arm64);
    },
  );

  it("pins wheels by hash, and in the version of the release where there is one", () => {
    for (const { registry, release } of tools) {
      if (registry?.kind !== "pypi") continue;
      expect(registry.version).toBe(release?.version);
      for (const hash of registry.sha256) expect(hash).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it("knows what an environment needs", () => {
    expect(toolsFor("netns")).toEqual(toolNames.filter((name) => !["docker", "kind"].includes(name)));
    expect(toolsFor("local")).toEqual(["pulumi", "docker", "kind"]);
    expect(toolsFor("existing")).toEqual(["pulumi"]);
    expect(toolsFor("aks")).toEqual(["pulumi"]);
    expect(architecture("x64")).toBe("x64");
    expect(architecture("riscv64")).toBeUndefined();
  });
});
