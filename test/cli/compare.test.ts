/** `lab compare` from the command line to the exit code, on bundles in folders. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { exitCodeOf, showError } from "../../cli/errors.ts";
import { labCommand } from "../../cli/program.ts";
import { writeBundle } from "../support/bundles.ts";
import { paint } from "../../cli/paint.ts";
import { temporaryFolder } from "../support/runs.ts";

const steady = [0.99, 1, 1.01, 1.005, 0.995];
const slower = steady.map((factor) => factor * 0.8);

afterEach(() => {
  vi.restoreAllMocks();
});

/** The command with what it wrote and its exit code, as `cli/main.ts` ends it. */
async function compare(...args: readonly string[]): Promise<{ code: number; out: string; error: string }> {
  let out = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += String(text);
    return true;
  });
  try {
    const code = await labCommand("/nowhere").run(["compare", ...args]);
    return { code, out, error: "" };
  } catch (error) {
    return {
      code: exitCodeOf(error),
      out,
      error: showError(error, false, paint({ isTTY: false })),
    };
  } finally {
    vi.restoreAllMocks();
  }
}

describe("lab compare A B", () => {
  test("the same again: exit code 0, and the runs of both are told", async () => {
    const dir = await temporaryFolder();
    const a = await writeBundle(join(dir, "old"), { factors: steady });
    const b = await writeBundle(join(dir, "new"), { factors: steady.toReversed(), later_s: 60 });
    const { code, out } = await compare(a, b);
    expect(code).toBe(0);
    expect(out).toMatch(/^## No regression found: new against old\n/);
    expect(out).toContain("5 → 5");
  });

  test("a fifth slower: exit code 5, in Markdown, in a file and as JSON", async () => {
    const dir = await temporaryFolder();
    const a = await writeBundle(join(dir, "old"), { factors: steady, under_test: { cilium: "1.19.7" } });
    const b = await writeBundle(join(dir, "new"), { factors: slower, under_test: { cilium: "1.20.2" }, later_s: 60 });
    const file = join(dir, "change.md");
    const { code, out } = await compare(a, b, "--markdown", file);
    expect(code).toBe(5);
    expect(out).toContain(
      "| worse | netns/kernel/egress/gateway | goodput, saturated | 10.7 → 8.59 Gbit/s | −20.0 % (",
    );
    expect(out).toContain('Under test, against old: cilium: "1.19.7" before, "1.20.2" now');
    expect(out.trim()).toBe((await readFile(file, "utf8")).trim());
    const json = await compare(a, b, "--json");
    expect(json.code).toBe(5);
    expect(JSON.parse(json.out)).toMatchObject({ regression: true, lost: [], title: "new against old" });
    // A margin that allows it.
    expect((await compare(a, b, "--margin", "goodput=30")).code).toBe(0);
    expect((await compare(a, b, "--margin", "30")).code).toBe(0);
    expect((await compare(a, b, "--margin", "rtt=30")).code).toBe(5);
    // And the other way round it got better.
    expect((await compare(b, a)).out).toContain("| better |");
  });

  test("a cell that is gone is a regression, whether it never ran or was invalid", async () => {
    const dir = await temporaryFolder();
    const a = await writeBundle(join(dir, "old"), { factors: steady });
    await writeBundle(a, { factors: steady, cell: "netns/kernel/egress/base" });
    const b = await writeBundle(join(dir, "new"), { factors: steady, later_s: 60 });
    const gone = await compare(a, b);
    expect(gone.code).toBe(5);
    expect(gone.out).toContain(
      "**Lost: netns/kernel/egress/base** has valid runs before and none now: the newer bundle has no run of it.",
    );
    await writeBundle(b, {
      factors: steady,
      cell: "netns/kernel/egress/base",
      edit: (record) => ({
        ...record,
        measured: { ...record.measured, validity: { valid: false, reasons: ["it leaked"], voids: [], labels: [] } },
      }),
    });
    const invalid = await compare(a, b);
    expect(invalid.code).toBe(5);
    expect(invalid.out).toMatch(/Lost: .*no valid run of 5 runs: it leaked/);
  });

  test("unlike machines are refused with what they differ in: exit code 2", async () => {
    const dir = await temporaryFolder();
    const a = await writeBundle(join(dir, "old"), { factors: steady, bed: { cores: 2, kernel: "6.1" } });
    const b = await writeBundle(join(dir, "new"), { factors: steady, bed: { cores: 4, kernel: "6.1" } });
    const { code, out, error } = await compare(a, b);
    expect([code, out]).toEqual([2, ""]);
    expect(error).toContain("unlike environments are not compared");
    expect(error).toContain("old differs from new in cores: 2 before, 4 now");
    expect(error).toContain("remedy: ");
  });

  test("bad input is exit code 2 with a remedy: other cells, no bundle, wrong margins, one bundle", async () => {
    const dir = await temporaryFolder();
    const a = await writeBundle(join(dir, "old"), { factors: steady });
    const b = await writeBundle(join(dir, "other"), { factors: steady, cell: "netns/kernel/egress/base" });
    for (const [args, message] of [
      [[a, b], "there is nothing to compare: no cell is in both"],
      [[a, join(dir, "nowhere")], "is no bundle: it has no folder runs/"],
      [[a], "compare takes two bundles"],
      [[a, b, "--margin", "0"], "--margin 0"],
      [[a, b, "--margin", "speed=5"], "--margin speed=5"],
    ] as const) {
      const { code, error } = await compare(...args);
      expect(code, message).toBe(2);
      expect(error).toContain(message);
      expect(error).toContain("remedy: ");
    }
  });

  test("one run a side cannot be judged, and says so", async () => {
    const dir = await temporaryFolder();
    const a = await writeBundle(join(dir, "old"), { factors: [1] });
    const b = await writeBundle(join(dir, "new"), { factors: [0.5] });
    const { code, out } = await compare(a, b);
    expect(code).toBe(0);
    expect(out).toMatch(/^## No verdict, the runs do not suffice: new against old/);
    expect(out).toContain("only one value of the newer bundle counts");
    expect(out).not.toMatch(/NaN|undefined|Infinity|null/);
  });
});

describe("lab compare --history", () => {
  test("the newest against all before it; those of another machine are left out by name", async () => {
    const dir = await temporaryFolder();
    await writeBundle(join(dir, "c-monday"), { factors: steady });
    await writeBundle(join(dir, "a-tuesday"), { factors: steady, later_s: 100 });
    await writeBundle(join(dir, "d-moved"), { factors: steady, later_s: 150, bed: { cores: 64 } });
    await writeBundle(join(dir, "b-today"), { factors: slower, later_s: 200 });
    await writeFile(join(dir, "notes.txt"), "no bundle");
    const { code, out } = await compare("--history", dir);
    expect(code).toBe(5);
    expect(out).toMatch(/^## Regression: b-today against c-monday, a-tuesday\n/);
    expect(out).toContain("10.7, 10.7 → 8.59 Gbit/s");
    expect(out).toContain("10 → 5");
    expect(out).toContain("Left out: d-moved differs from b-today in cores: 64 before, 2 now");
  });

  test("one that cannot be read stops the gate: it may be the newest", async () => {
    const dir = await temporaryFolder();
    await writeBundle(join(dir, "one"), { factors: steady });
    await writeBundle(join(dir, "two"), { factors: steady, later_s: 100 });
    await mkdir(join(dir, "three", "runs"), { recursive: true });
    const { code, error } = await compare("--history", dir);
    expect(code).toBe(2);
    expect(error).toContain("three: holds no whole run");
    await rm(join(dir, "three"), { recursive: true });
    await rm(join(dir, "two"), { recursive: true });
    expect((await compare("--history", dir)).error).toContain("holds fewer than two bundles");
  });
});
