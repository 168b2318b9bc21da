/** The whole lab for a user who is not root, in a user namespace. */
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execaSync } from "execa";
import { afterAll, describe, expect, it } from "vitest";
import { missing } from "./support.ts";

const nobody = 65534;
/** Words before a command that make it run as somebody who is not root. */
const become =
  process.getuid?.() === 0 ? ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups", "--"] : ["env"];

const [program = "", ...words] = become;

function whyNot(): string | undefined {
  if (process.platform !== "linux") return "user namespaces need Linux";
  const lacking = missing("nsenter") ?? missing("unshare") ?? missing(program);
  if (lacking !== undefined) return lacking;
  const tried = execaSync(program, [...words, "unshare", "--user", "--map-root-user", "--mount", "--net", "true"], {
    reject: false,
  });
  if (tried.exitCode !== 0) return `this kernel does not allow them: ${tried.stderr}`;
  const readable = execaSync(program, [...words, "test", "-r", join(import.meta.dirname, "asUser.ts")], {
    reject: false,
  });
  return readable.exitCode === 0 ? undefined : "the project's folder is not readable to other users";
}

const reason = whyNot();
if (reason !== undefined) console.warn(`skipped, the lab in a user namespace: ${reason}`);

describe.skipIf(reason !== undefined)("a user who is not root", () => {
  const folder = mkdtempSync(join(tmpdir(), "netlab-"));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it("has a whole lab, sees it go with its holder, builds it again and leaves nothing", () => {
    if (process.getuid?.() === 0) chownSync(folder, nobody, nobody);
    const { stdout, stderr, exitCode } = execaSync(
      program,
      [...words, process.execPath, join(import.meta.dirname, "asUser.ts"), folder],
      { reject: false, timeout: 25_000, env: { HOME: folder } },
    );
    expect(exitCode, stderr).toBe(0);
    const types = [
      "UserNamespace",
      "Node",
      "Bridge",
      "Link",
      "Routing",
      "Vxlan",
      "RuleSet",
      "Cgroup",
      "Process",
      "Task",
    ].filter((type) => type !== "RuleSet" || missing("nft") === undefined);
    expect(JSON.parse(stdout)).toEqual({
      uid: process.getuid?.() === 0 ? nobody : process.getuid?.(),
      whole: types,
      outcome: { ok: true, error: "" },
      changed: false,
      // Of a lab in a lost namespace nothing counts as there.
      afterKill: [],
      rebuilt: types,
      oldServer: false,
      afterDelete: [],
      left: false,
    });
  });
});
