import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LabError } from "../../../runner/errors.ts";
import { Downloader } from "../../../runner/tools/download.ts";
import { toolsFolder } from "../../../runner/tools/find.ts";
import { provide, type SetUpOptions } from "../../../runner/tools/setup.ts";
import { elapsed, plainSteps, terminalSteps, type StepRunner } from "../../../runner/tools/steps.ts";
import { fakeRelease, fakeTool } from "../../support/fakeTool.ts";
import { httpServer } from "../../support/httpServer.ts";
import { scratchFolder, script } from "../../support/scratch.ts";

const program = ["#!/bin/sh", 'echo "fake 2.5"', ""].join("\n");
const sha256 = createHash("sha256").update(program).digest("hex");
const impatient = new Downloader({ connect: 300, idle: 300, pause: 10 });
const optionsFor = (root: string): SetUpOptions => ({
  path: join(root, "path"),
  cache: join(root, "cache"),
  downloader: impatient,
});

describe("set-up", () => {
  it("gets nothing when everything is on PATH", async () => {
    const root = scratchFolder();
    script(join(root, "path", "cni-traffic-lab-fake"), "echo fake 2.0");
    const found = await provide(root, [fakeTool()], optionsFor(root));
    expect(found.get("k6")?.from).toBe("path");
    expect(existsSync(join(root, ".tools"))).toBe(false);
  });

  it("run twice at once in one project fetches once, and both have the tool", async () => {
    const root = scratchFolder();
    const { origin, requests } = await httpServer((_, response) => setTimeout(() => response.end(program), 100));
    const tool = fakeTool({ release: fakeRelease(`${origin}/fake`, sha256) });
    const lines: string[] = [];
    const options = { ...optionsFor(root), say: (line: string) => lines.push(line) };
    // A module of its own for the second one would be another process; the lock does not care.
    const both = await Promise.all([provide(root, [tool], options), provide(root, [tool], options)]);
    for (const found of both) expect(found.get("k6")?.version).toBe("2.5");
    expect(requests.filter((line) => line.startsWith("GET"))).toHaveLength(1);
    expect(lines).toEqual([expect.stringContaining("waiting for another set-up of this project")]);
    expect(existsSync(join(root, ".tools", "lock"))).toBe(false);
  });

  it("takes over from a set-up that was killed, and removes what it left half-made", async () => {
    const root = scratchFolder();
    const { origin } = await httpServer((_, response) => response.end(program));
    mkdirSync(join(root, ".tools"));
    const dead = { pid: 4_000_000, startTime: 1, bootId: "gone", command: "set-up", since: "2026-01-01T00:00:00Z" };
    writeFileSync(join(root, ".tools", "lock"), JSON.stringify(dead));
    const half = join(root, ".tools", "release", "k6.00000000-0000-4000-8000-000000000000");
    const orphan = join(root, ".tools", "apt.00000000-0000-4000-8000-000000000000", "state");
    for (const folder of [half, orphan]) mkdirSync(folder, { recursive: true });
    const found = await provide(root, [fakeTool({ release: fakeRelease(`${origin}/fake`, sha256) })], optionsFor(root));
    expect(found.size).toBe(1);
    expect([half, join(orphan, "..")].filter((folder) => existsSync(folder))).toEqual([]);
  });

  it("names every tool that is missing, what was found and tried, and what to type", async () => {
    const root = scratchFolder();
    const old = script(join(root, "path", "cni-traffic-lab-fake"), "echo fake 1.0");
    const release = fakeRelease("http://127.0.0.1:1/fake", sha256);
    const error: unknown = await provide(root, [fakeTool({ release })], optionsFor(root)).catch(
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof LabError)) throw error;
    expect(error.kind).toBe("machine");
    expect(error.message).toBe("cannot get k6");
    expect(error.details[0]).toBe("k6 2.0 or newer (tests)");
    expect(error.details).toContain(`  ${old} is version 1.0, too old: 2.0 or newer is needed`);
    expect(error.details.join("\n")).toContain("official release 2.5: 127.0.0.1:1 cannot be reached");
    expect(error.details.at(-1)).toBe("  by hand: write it yourself");
    expect(existsSync(join(toolsFolder(root), "k6"))).toBe(false);
  });

  it("says that the project's folder may not be written", async () => {
    const root = scratchFolder();
    writeFileSync(join(root, ".tools"), "a file where the folder should be");
    await expect(provide(root, [fakeTool()], optionsFor(root))).rejects.toThrow();
  });
});

describe("steps", () => {
  it("as plain lines say what is done once, and how it ended with its time", async () => {
    const lines: string[] = [];
    const problems = await plainSteps((line) => lines.push(line))([
      {
        title: "good",
        run: (say) => {
          for (const done of [1, 2, 3]) say(`downloading ${done} of 3 MB`);
          return Promise.resolve("1.0");
        },
      },
      { title: "bad", run: () => Promise.reject(new Error("no way")) },
    ]);
    expect(lines).toEqual(["good: downloading 1 of 3 MB", "good: 1.0 (0 s)", "bad: failed after 0 s: no way"]);
    expect(problems).toEqual([new Error("no way")]);
  });

  it.each([
    ["plain", plainSteps(() => undefined)],
    ["terminal", terminalSteps],
  ] satisfies [string, StepRunner][])("run to their end whatever fails (%s)", async (_, runSteps) => {
    const ended: string[] = [];
    const problems = await runSteps([
      { title: "bad", run: () => Promise.reject(new Error("no")) },
      {
        title: "good",
        run: (say) => {
          say("working");
          ended.push("good");
          return Promise.resolve("fine");
        },
      },
    ]);
    expect(ended).toEqual(["good"]);
    expect(problems).toHaveLength(1);
  });

  it("tell time as people do", () => {
    expect(elapsed(0, 8_400)).toBe("8 s");
    expect(elapsed(0, 200_000)).toBe("3 min 20 s");
  });
});
