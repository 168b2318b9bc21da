import type { Release, Tool } from "../../runner/tools/catalogue.ts";

/** A tool under a real name, whose program is found nowhere but where a test puts it. */
export function fakeTool(parts: Partial<Tool> = {}): Tool {
  return {
    name: "k6",
    purpose: "tests",
    environments: ["netns"],
    minimum: "2.0",
    version: { args: ["version"], pattern: /^fake (\d+\.\d+)/m },
    aliases: ["cni-traffic-lab-fake"],
    byHand: "write it yourself",
    ...parts,
  };
}

export function fakeRelease(url: string, sha256: string, parts: Partial<Release> = {}): Release {
  return {
    version: "2.5",
    url: { x64: url, arm64: url },
    sha256: { x64: sha256, arm64: sha256 },
    format: "binary",
    program: "fake",
    ...parts,
  };
}
