/** A disk that fills up and a machine that reboots, at several moments of a campaign: whole runs stay, and it goes on. */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bootId } from "../../provider/lib/processes.ts";
import { inspectLab } from "../../provider/sweep.ts";
import { readRecords } from "../../runner/bundleFolder.ts";
import { stateFile } from "../../runner/workspace.ts";
import {
  endStarted,
  enginesOf,
  forget,
  lab,
  labOfStack,
  leftOf,
  nameOf,
  paths,
  processesOf,
  startLab,
  until,
} from "../support/lab.ts";

const campaign = "outage-test";
const stack = "outage-test-netns-kernel-egress";
const bundle = join(paths.results, campaign);
let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "outage-test-"));
  file = join(folder, "campaign.yaml");
  const cells = "cells:\n  - scenario: egress\n    phases: idle:1s,saturated:3s\n";
  writeFileSync(file, `name: ${campaign}\nblocks: 2\nsettings: { warmup: 0s }\n${cells}`);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await endStarted();
  await forget(stack, campaign);
});

const loads = (): boolean => processesOf(stack, /^tasks\/load$/).some((pid) => nameOf(pid) === "iperf3");
const whole = (): string[] => readRecords(bundle).map(({ run_id }) => run_id);

/** The same campaign once more: it goes on, ends well, and leaves nothing. */
async function finishes(kept: readonly string[]): Promise<void> {
  const { code, stderr } = await lab("run", file);
  expect([code, stderr]).toEqual([0, ""]);
  expect(readRecords(bundle).filter(({ measured }) => measured.validity.valid)).toHaveLength(2);
  expect(whole()).toEqual(expect.arrayContaining([...kept]));
  expect(leftOf(stack)).toEqual([]);
}

/** Leaves no room on the disk of a folder. */
function fill(place: string): string {
  const filler = join(place, "filler");
  const { bavail, bsize } = statfsSync(place);
  for (let size = bavail * bsize; size >= 1; size = Math.floor(size / 2)) {
    try {
      writeFileSync(filler, Buffer.alloc(size), { flag: "a" });
    } catch {
      // Smaller pieces, until not one byte fits.
    }
  }
  return filler;
}

describe.each([
  ["the project's own folder", () => join(paths.root, ".lab")],
  ["the bundle", () => bundle],
])("a full disk under %s", (_name, placeOf) => {
  test.each([
    ["while the lab is built", () => leftOf(stack).filter((one) => one.startsWith("namespace")).length > 2],
    ["in the second load", () => whole().length === 1 && loads()],
    ["while the lab is taken down", () => existsSync(join(bundle, "events.jsonl")) && isTakenDown()],
  ])("%s: exit code 3 with the remedy, whole runs stay, with room it goes on", async (_moment, isThere) => {
    const place = placeOf();
    mkdirSync(place, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=96m", "tmpfs", place]);
    try {
      const { ended } = startLab(["run", file]);
      await until("the moment has come", isThere, 300);
      const filler = fill(place);
      const { code, stderr } = await ended;
      const kept = whole();
      if (code !== 0) {
        expect([code, stderr]).toEqual([3, expect.stringMatching(/no space left[^]*remedy: make room/i)]);
        expect(leftOf(stack).filter((one) => /^(process|namespace|control)/.test(one))).toEqual([]);
      }
      expect(readdirSync(join(bundle, "runs")).filter((name) => name.startsWith("."))).toEqual([]);
      rmSync(filler);
      await finishes(kept);
    } finally {
      await endStarted();
      execFileSync("umount", ["--lazy", place]);
    }
  });
});

const isTakenDown = (): boolean => readFileSync(join(bundle, "events.jsonl"), "utf8").includes("taking the lab down");

test("a reboot in a load: no process, namespace or group is there any more, though the state knows them all", async () => {
  const { child, ended } = startLab(["run", file]);
  await until("the second run loads", () => whole().length === 1 && loads(), 300);
  const { engine, provider } = enginesOf(stack);
  child.kill("SIGKILL");
  for (const pid of [...engine, ...provider]) process.kill(pid, "SIGKILL");
  await ended;
  powerOff();
  expect(enginesOf(stack)).toEqual({ engine: [], provider: [] });
  await finishes(["b1-netns-kernel-egress-base"]);
});

/** What a reboot takes away of the lab; what stays on the disk is of another boot then. */
function powerOff(): void {
  const { id, dir } = labOfStack(stack);
  const { processes, namespaces, cgroups } = inspectLab({ id });
  for (const { pid } of processes) process.kill(pid, "SIGKILL");
  for (const name of namespaces) execFileSync("ip", ["netns", "delete", name]);
  execFileSync("sleep", ["0.5"]);
  for (const group of [...cgroups].reverse()) execFileSync("rmdir", [group]);
  const state = stateFile(paths, stack);
  const left = [state, `${state}.bak`, ...readdirSync(paths.locks).map((name) => join(paths.locks, name))];
  const identities = readdirSync(join(dir, "processes")).map((name) => join(dir, "processes", name, "process.json"));
  for (const path of [...left, ...identities].filter(existsSync)) {
    writeFileSync(path, readFileSync(path, "utf8").replaceAll(bootId(), "00000000-0000-0000-0000-000000000000"));
  }
}
