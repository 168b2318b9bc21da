/** The command as a process of its own: exit codes, streams, help. Nothing here builds a lab. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { settingNames } from "../../scenarios/settings.ts";
import { lab, leftOf } from "../support/lab.ts";
import { scratchFolder } from "../support/scratch.ts";

test("help teaches: commands, examples, exit codes; up lists every setting", async () => {
  const top = await lab("--help");
  expect([top.code, top.stderr]).toEqual([0, ""]);
  for (const command of ["doctor", "up", "preview", "destroy", "run", "start", "collect", "analyze"]) {
    expect(top.stdout).toMatch(new RegExp(`^  ${command}\\b`, "m"));
  }
  expect(top.stdout).toContain("Examples:");
  expect(top.stdout).toContain("130  interrupted");
  const up = await lab("up", "--help");
  for (const name of settingNames) expect(up.stdout).toMatch(new RegExp(`^  ${name}\\s`, "m"));
});

test("no command shows the help", async () => {
  const { code, stdout } = await lab();
  expect([code, stdout.startsWith("Usage: lab")]).toEqual([0, true]);
});

test.each([
  [["upp"], /unknown command 'upp'[^]*Did you mean up\?/],
  [["up", "--stak", "x"], /unknown option '--stak'/],
  [["run"], /missing required argument 'campaign.yaml'/],
  [["up", "-s", "Not A Stack"], /"Not A Stack" is no name for a stack/],
  [["up", "-c", "vus"], /-c vus: must be key=value/],
  [["run", "nowhere.yaml"], /there is no campaign file nowhere.yaml/],
  [["analyze", "nowhere"], /nowhere is no bundle/],
])("lab %j is bad usage: exit code 2, told on standard error, no stack trace", async (args, message) => {
  const { code, stdout, stderr } = await lab(...args);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^\s+at /m);
});

test("all mistakes in settings come at once, before anything is started", async () => {
  const { code, stderr } = await lab(
    "up",
    "-s",
    "main-test",
    "-c",
    "weights=60",
    "-c",
    "scenario=ingress",
    "-c",
    "mut=9000",
    "-c",
    "vus=-1",
  );
  expect(code).toBe(2);
  expect(stderr).toMatch(/^error: 3 settings are wrong\n/);
  for (const key of ["weights", "mut", "vus"]) expect(stderr).toMatch(new RegExp(`^  ${key}: `, "m"));
  expect(leftOf("main-test")).toEqual([]);
});

test("a campaign with typos: every one with line and column, exit code 2", async () => {
  const file = join(scratchFolder(), "mine.yaml");
  writeFileSync(file, "blocks: 0\nsettings: { duratoin: 5s }\ncells: [{ path: around }]\n");
  const { code, stderr } = await lab("run", file);
  expect(code).toBe(2);
  expect(stderr).toContain(`${file}:1:9: blocks`);
  expect(stderr).toContain(`${file}:2:13: unknown key "duratoin"; did you mean "duration"?`);
});

test("a bundle with a broken record: its file, the remedy, exit code 2, and nothing half-made", async () => {
  const bundle = scratchFolder();
  mkdirSync(join(bundle, "runs", "b1"), { recursive: true });
  writeFileSync(join(bundle, "runs", "b1", "record.json"), '{"schema": 99}');
  const { code, stderr } = await lab("analyze", bundle);
  expect(code).toBe(2);
  expect(stderr).toContain("record.json");
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(existsSync(join(bundle, "report.html"))).toBe(false);
});
