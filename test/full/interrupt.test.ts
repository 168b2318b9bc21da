/** Ctrl-C, SIGTERM and kill -9 of runner, engine, provider and load as real processes; then nothing is lost and nothing is left. */
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { readRecords } from "../../runner/bundleFolder.ts";
import { stateFile } from "../../runner/workspace.ts";
import {
  endStarted,
  enginesOf,
  forget,
  iperf3Of,
  kill,
  lab,
  leftOf,
  paths,
  processesOf,
  startLab,
  until,
  type Started,
} from "../support/lab.ts";

const campaign = "kill-test";
const stack = "kill-test-netns-kernel-egress";
const bundle = join(paths.results, campaign);
let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kill-test-"));
  file = join(folder, "campaign.yaml");
  writeFileSync(
    file,
    `name: ${campaign}
blocks: 2
settings: { warmup: 1s }
cells:
  - scenario: egress
    phases: idle:1s,saturated:4s
`,
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await endStarted();
  await forget(stack, campaign);
});

const wholeRuns = (): string[] => readRecords(bundle).map(({ run_id }) => run_id);
const loads = (): number[] => processesOf(stack, /^tasks\/load$/);

/** A campaign whose load number `run` has begun. */
async function running(run: 1 | 2): Promise<Started> {
  const started = startLab(["run", file]);
  await until(`run ${run} loads`, () => wholeRuns().length === run - 1 && iperf3Of(stack).length > 0);
  return started;
}

function killAll(pids: readonly number[]): void {
  expect(pids.length).toBeGreaterThan(0);
  // One may end by the death of another, before its own turn.
  for (const pid of pids) kill(pid, "SIGKILL");
}

/** The same campaign once more: it goes on, ends well, and leaves nothing. */
async function finishes(): Promise<string> {
  const { code, stdout, stderr } = await lab("run", file);
  expect([code, stderr]).toEqual([0, ""]);
  expect(readRecords(bundle).filter(({ measured }) => measured.validity.valid)).toHaveLength(2);
  expect(leftOf(stack)).toEqual([]);
  return stdout;
}

test("Ctrl-C as a terminal sends it: the load ends at once, whole runs stay, the lab goes, the next run goes on", async () => {
  const { child, ended } = await running(2);
  const start = Date.now();
  // To the whole process group: what the engine does with it must not matter.
  process.kill(-(child.pid ?? 0), "SIGINT");
  await until("the load ended", () => loads().length === 0, 3);
  expect((await ended).code).toBe(130);
  expect(Date.now() - start).toBeLessThan(15_000);
  expect(wholeRuns()).toEqual(["b1-netns-kernel-egress-base"]);
  expect(leftOf(stack)).toEqual([]);
  expect(await finishes()).toContain("1 are done already");
});

test("SIGTERM ends the same way, with its own exit code", async () => {
  const { child, ended } = await running(1);
  child.kill("SIGTERM");
  expect((await ended).code).toBe(143);
  expect(wholeRuns()).toEqual([]);
  expect(leftOf(stack)).toEqual([]);
});

test("a second Ctrl-C stops at once; destroy removes what is left", async () => {
  const { child, ended } = await running(1);
  child.kill("SIGINT");
  setTimeout(() => child.kill("SIGINT"), 200);
  expect((await ended).code).toBe(130);
  expect((await lab("destroy", "-s", stack)).code).toBe(0);
  expect(leftOf(stack)).toEqual([]);
});

test("kill -9 of the runner in a load: the next run says what it removed, goes on, and doubles nothing", async () => {
  const { child, ended } = await running(2);
  child.kill("SIGKILL");
  expect((await ended).signal).toBe("SIGKILL");
  const said = await finishes();
  expect(said).toContain("an earlier command was cut off; removed or restored:");
  expect(wholeRuns()).toEqual(["b1-netns-kernel-egress-base", "b2-netns-kernel-egress-base"]);
});

test("kill -9 of the runner while the lab is built: destroy removes everything", async () => {
  const { child, ended } = startLab(["run", file]);
  await until("the lab begins to exist", () => leftOf(stack).some((one) => one.startsWith("namespace")));
  child.kill("SIGKILL");
  await ended;
  const { code } = await lab("destroy", "-s", stack);
  expect(code).toBe(0);
  expect(leftOf(stack)).toEqual([]);
});

test("kill -9 of runner, engine and provider together: the next run goes on", async () => {
  const { child, ended } = await running(2);
  const { engine, provider } = enginesOf(stack);
  child.kill("SIGKILL");
  killAll([...engine, ...provider]);
  await ended;
  await finishes();
});

for (const victim of ["engine", "provider"] as const) {
  test(`kill -9 of the ${victim} in a load: the campaign repairs, tries the run again and ends well`, async () => {
    const { ended } = await running(2);
    killAll(enginesOf(stack)[victim]);
    const { code, stdout } = await ended;
    expect([code, stdout.includes("tried once more after a refresh")]).toEqual([0, true]);
    expect(readRecords(bundle)).toHaveLength(2);
    expect(leftOf(stack)).toEqual([]);
  });
}

test("kill -9 of the load: the run is kept as invalid with its reason, and replaced", async () => {
  const { ended } = await running(2);
  killAll(iperf3Of(stack));
  const { code } = await ended;
  expect(code).toBe(0);
  const [broken] = readRecords(bundle).filter(({ measured }) => !measured.validity.valid);
  expect(broken?.run_id).toBe("b2-netns-kernel-egress-base");
  expect(broken?.measured.validity.reasons.join()).toMatch(/SIGKILL|killed/);
  expect(wholeRuns()).toContain("b2-netns-kernel-egress-base-try2");
});

test.each(["with", "without"])(
  "a state file cut off by a full disk, %s a backup: the next up goes on",
  async (backup) => {
    const up = ["up", "-s", stack, "-c", "phases=idle:1s,saturated:1s", "-c", "warmup=0s"];
    expect((await lab(...up)).code).toBe(0);
    const state = stateFile(paths, stack);
    if (backup === "with") copyFileSync(state, `${state}.bak`);
    else truncateSync(`${state}.bak`, 0);
    truncateSync(state, 100);
    const { code, stdout } = await lab(...up, "-c", "run=2");
    expect([code, stdout.includes("the damaged state")]).toEqual([0, true]);
    expect((await lab("destroy", "-s", stack)).code).toBe(0);
    expect(leftOf(stack)).toEqual([]);
  },
);

test("a full disk ends with exit code 3 and the remedy; with room the campaign goes on", async () => {
  mkdirSync(bundle, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=40k", "tmpfs", bundle]);
  try {
    const { code, stderr } = await lab("run", file);
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/^error: no space left on the disk[^]*remedy: make room/),
    ]);
    expect(readdirSync(join(bundle, "runs"))).toEqual([]);
    expect(leftOf(stack)).toEqual([]);
    execFileSync("mount", ["-o", "remount,size=64m", bundle]);
    await finishes();
  } finally {
    execFileSync("umount", [bundle]);
  }
});

test("a reader of the events that goes away ends the campaign as a hang-up does", async () => {
  const { child, ended } = startLab(["run", file, "--json"]);
  await until("the load begins", () => iperf3Of(stack).length > 0);
  // As when the terminal is closed: nobody reads either of them.
  child.stdout?.destroy();
  child.stderr?.destroy();
  expect((await ended).code).toBe(143);
  expect(leftOf(stack)).toEqual([]);
});

test("a lab that is kept on purpose is not swept, unless it is named; what a kill left is", async () => {
  const up = ["up", "-s", stack, "-c", "phases=saturated:1s", "-c", "warmup=0s"];
  expect((await lab(...up)).code).toBe(0);
  const looked = await lab("sweep", "--yes");
  expect([looked.code, looked.stdout]).toEqual([
    0,
    expect.stringMatching(/kept on purpose[^]*stack kill-test.*lab up, since/),
  ]);
  expect(leftOf(stack)).not.toEqual([]);
  expect((await lab("sweep", "--yes", stack)).code).toBe(0);
  expect(leftOf(stack)).toEqual([]);

  const { child, ended } = startLab([...up, "-c", "run=2"]);
  await until("the lab begins to exist", () => leftOf(stack).some((one) => one.startsWith("namespace")));
  child.kill("SIGKILL");
  await ended;
  await until("its engine has ended", () => enginesOf(stack).engine.length === 0);
  expect((await lab("sweep", "--yes")).stdout).toContain(`removed: stack ${stack}`);
  expect(leftOf(stack)).toEqual([]);
});

test("a campaign whose versions are no longer those of its runs stops before anything is built", async () => {
  const { child, ended } = await running(2);
  child.kill("SIGINT");
  await ended;
  const record = join(bundle, "runs", "b1-netns-kernel-egress-base", "record.json");
  writeFileSync(record, readFileSync(record, "utf8").replace(/("iperf3": )"[\d.]+"/, '$1"3.1"'));
  const { code, stderr } = await lab("run", file);
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/other versions than the runs[^]*iperf3: \S+ now, 3.1 in the bundle/),
  ]);
  expect(leftOf(stack)).toEqual([]);
});

test("a lab whose taking down was killed goes with the next command, though all runs are there", async () => {
  const { child, ended } = startLab(["run", file]);
  const events = join(bundle, "events.jsonl");
  const said = (): string => (existsSync(events) ? readFileSync(events, "utf8") : "");
  await until("the lab is taken down", () => said().includes("taking the lab down"), 120);
  child.kill("SIGKILL");
  await ended;
  expect(leftOf(stack)).not.toEqual([]);
  expect(await finishes()).toContain(`taking down lab ${stack}, which an earlier command left`);
});

test("a lab that stayed from an earlier bundle does not give its load to a new one", async () => {
  const single = join(folder, "single.yaml");
  writeFileSync(single, readFileSync(file, "utf8").replace("blocks: 2", "blocks: 1"));
  expect((await lab("run", single, "--keep")).code).toBe(0);
  const [old] = readRecords(bundle);
  rmSync(bundle, { recursive: true });
  expect((await lab("run", single)).code).toBe(0);
  const [fresh, ...more] = readRecords(bundle);
  expect([fresh?.run_id, more]).toEqual(["b1-netns-kernel-egress-base-anew", []]);
  expect(fresh?.load.started_s).toBeGreaterThan(old?.load.finished_s ?? Infinity);
  expect(leftOf(stack)).toEqual([]);
});

test("a second runner on the same stack is refused by name, exit code 4", async () => {
  const { child, ended } = await running(1);
  const { code, stderr } = await lab("up", "-s", stack);
  expect(code).toBe(4);
  expect(stderr).toMatch(
    new RegExp(`busy: lab run \\(pid ${child.pid ?? 0}, since \\d\\d:\\d\\d\\) holds stack ${stack}`),
  );
  child.kill("SIGINT");
  await ended;
});
