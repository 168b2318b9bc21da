import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { acquireLock, lockBundle, readHolder } from "../../runner/locks.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "locks-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});
const lockFile = () => join(folder, "deep", "netns.json");

/** A process of its own that takes the lock, says what came of it, and keeps it for a while. */
function contender(path: string, keepMs: number) {
  const program = `
    import { acquireLock } from ${JSON.stringify(new URL("../../runner/locks.ts", import.meta.url).href)};
    try {
      const lock = await acquireLock(${JSON.stringify(path)}, "stack netns", "lab run");
      console.log(lock.takenFrom === undefined ? "won" : "took over");
      setTimeout(() => {}, ${keepMs});
    } catch (error) { console.log(error.message); }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said = new Promise<string>((resolve) => {
    child.stdout.once("data", (data: Buffer) => {
      resolve(data.toString().trim());
    });
  });
  return { child, said };
}

test("a free lock is taken, names its holder, and is gone after release", async () => {
  const lock = await acquireLock(lockFile(), "stack netns", "lab up");
  expect(lock.takenFrom).toBeUndefined();
  expect(readHolder(lockFile())).toMatchObject({ pid: process.pid, command: "lab up" });
  lock.release();
  expect(existsSync(lockFile())).toBe(false);
});

test("a live holder in another process makes it busy, with pid, time and command", async () => {
  const { child, said } = contender(lockFile(), 10_000);
  expect(await said).toBe("won");
  await expect(acquireLock(lockFile(), "stack netns", "lab up")).rejects.toMatchObject({
    kind: "busy",
    message: expect.stringMatching(
      new RegExp(`^busy: lab run \\(pid ${child.pid ?? 0}, since \\d\\d:\\d\\d\\) holds stack netns$`),
    ) as string,
  });
  child.kill("SIGKILL");
  await once(child, "exit");
});

test("the lock of a killed process is taken over, and the taker is told from whom", async () => {
  const { child, said } = contender(lockFile(), 10_000);
  await said;
  child.kill("SIGKILL");
  await once(child, "exit");
  const lock = await acquireLock(lockFile(), "stack netns", "lab up");
  expect(lock.takenFrom).toMatchObject({ pid: child.pid, command: "lab run" });
  lock.release();
});

test("a pid that was given to another process since does not hold the lock", async () => {
  const first = await acquireLock(lockFile(), "stack netns", "lab up");
  const holder = JSON.parse(readFileSync(lockFile(), "utf8")) as object;
  first.release();
  for (const other of [{ startTime: 1 }, { bootId: "before-the-reboot" }]) {
    writeFileSync(lockFile(), JSON.stringify({ ...holder, ...other }));
    const lock = await acquireLock(lockFile(), "stack netns", "lab up");
    expect(lock.takenFrom).toMatchObject(other);
    lock.release();
  }
});

test("a lock file cut off by a full disk is taken over", async () => {
  const first = await acquireLock(lockFile(), "stack netns", "lab up");
  first.release();
  writeFileSync(lockFile(), '{"pid": 1');
  const lock = await acquireLock(lockFile(), "stack netns", "lab up");
  expect(lock.takenFrom).toBe("unreadable");
  lock.release();
});

test("of many processes that find a dead holder exactly one takes over", async () => {
  const first = await acquireLock(lockFile(), "stack netns", "lab up");
  const holder = JSON.parse(readFileSync(lockFile(), "utf8")) as object;
  first.release();
  writeFileSync(lockFile(), JSON.stringify({ ...holder, startTime: 1 }));
  const all = Array.from({ length: 5 }, () => contender(lockFile(), 10_000));
  const answers = await Promise.all(all.map(({ said }) => said));
  expect(answers.filter((answer) => answer === "took over")).toHaveLength(1);
  expect(answers.filter((answer) => answer.startsWith("busy: lab run"))).toHaveLength(4);
  for (const { child } of all) child.kill("SIGKILL");
});

test("what a killed process left beside the lock is removed, what a live one is at stays", async () => {
  const first = await acquireLock(lockFile(), "stack netns", "lab up");
  first.release();
  const files = [`${lockFile()}.${2 ** 22 + 1}`, `${lockFile()}.1`, `${lockFile()}.note`];
  for (const file of files) writeFileSync(file, "");
  const lock = await acquireLock(lockFile(), "stack netns", "lab up");
  expect(files.map(existsSync)).toEqual([false, true, true]);
  lock.release();
});

test("a lock that was lost to another holder is not removed by release", async () => {
  const lock = await acquireLock(lockFile(), "stack netns", "lab up");
  writeFileSync(
    lockFile(),
    JSON.stringify({ pid: 1, startTime: 1, bootId: "x", command: "lab run", since: "2026-01-01" }),
  );
  lock.release();
  expect(readHolder(lockFile())).toMatchObject({ pid: 1 });
});

test("a bundle has one holder whatever its path is called by, and bundles of one name in other folders are others", async () => {
  const paths = { locks: join(folder, "locks"), results: join(folder, "results") };
  const held = [
    await lockBundle(paths, join(paths.results, "quick"), "lab run"),
    await lockBundle(paths, join(folder, "elsewhere", "quick"), "lab collect"),
  ];
  for (const path of [`${folder}/results/../results/quick`, `${folder}/elsewhere/quick/`]) {
    await expect(lockBundle(paths, path, "lab collect")).rejects.toMatchObject({
      kind: "busy",
      message: expect.stringContaining("quick") as string,
    });
  }
  for (const lock of held) lock.release();
  (await lockBundle(paths, join(paths.results, "quick"), "lab collect")).release();
});
