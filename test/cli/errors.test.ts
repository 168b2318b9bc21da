import { expect, test } from "vitest";
import { AnalysisError } from "../../analysis/errors.ts";
import { exitCodeOf, showError } from "../../cli/errors.ts";
import { paint, wantsColours } from "../../cli/paint.ts";
import { LabError } from "../../runner/errors.ts";
import { readSettings } from "../../scenarios/settings.ts";

const plain = paint({ isTTY: false });
const terminal = paint({ isTTY: true }, {});

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
const systemError = (code: string): Error =>
  Object.assign(new Error(`${code}: failed, write '/p/results/x'`), { code, path: "/p/results/x" });

test("an error is one block: what, where, remedy; no stack trace", () => {
  const error = new LabError("it broke", { kind: "failed", details: ["a: why\nand more", "b"], remedy: "mend it" });
  expect(showError(error, false, plain)).toBe("error: it broke\n  a: why\n  and more\n  b\nremedy: mend it\n");
});

test("with --debug the stack and its causes follow", () => {
  const error = new LabError("it broke", { kind: "failed", cause: new TypeError("deep down") });
  const text = showError(error, true, plain);
  expect(text).toMatch(/LabError: it broke\n\s+at /);
  expect(text).toMatch(/caused by TypeError: deep down\n\s+at /);
  expect(showError(error, false, plain)).not.toContain("at ");
});

test("all wrong settings are told in one block, exit code 2", () => {
  const error = thrown(() => readSettings({ vus: "0", wieghts: "60/40" }));
  const text = showError(error, false, plain);
  expect(text).toMatch(/^error: 2 settings are wrong\n/);
  expect(text).toContain("vus: ");
  expect(text).toContain("wieghts: ");
  expect(exitCodeOf(error)).toBe(2);
});

test.each([
  [new LabError("x", { kind: "failed" }), 1],
  [new LabError("x", { kind: "input" }), 2],
  [new LabError("x", { kind: "machine" }), 3],
  [new LabError("x", { kind: "busy" }), 4],
  [new LabError("x", { kind: "interrupted" }), 130],
  [new LabError("x", { kind: "terminated" }), 143],
  [new AnalysisError("x", { file: "f", remedy: "r" }), 2],
  [systemError("ENOSPC"), 3],
  [systemError("EACCES"), 3],
  [new Error("x"), 1],
  ["not an error", 1],
])("%s ends with exit code %d", (error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});

test("a full disk and a missing permission name the file and the remedy", () => {
  expect(showError(systemError("ENOSPC"), false, plain)).toMatch(
    /no space left on the disk, while writing \/p\/results\/x\n  ENOSPC: [^\n]*\nremedy: make room/,
  );
  expect(showError(systemError("EACCES"), false, plain)).toMatch(/no permission: .*\/p\/results\/x'\nremedy: /);
});

test("colours only on a terminal that wants them", () => {
  expect(terminal.red("x")).toBe("\u001b[31mx\u001b[39m");
  expect(plain.red("x")).toBe("x");
  expect(wantsColours({ isTTY: true }, { NO_COLOR: "1" })).toBe(false);
  expect(wantsColours({ isTTY: true }, { NO_COLOR: "" })).toBe(true);
  expect(wantsColours({ isTTY: true }, { TERM: "dumb" })).toBe(false);
});
