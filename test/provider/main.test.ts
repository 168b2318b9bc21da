/** The provider as the engine starts it. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { isAlive, refOf } from "../../provider/lib/processes.ts";
import type { ProcessRef } from "../../provider/schema.ts";
import { root } from "./support.ts";

const executable = join(root, "provider", "pulumi-resource-netlab");

/** The first line of a started program's output. */
async function firstLine(child: ChildProcess): Promise<string> {
  let text = "";
  for await (const part of child.stdout ?? []) {
    text += String(part);
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0] ?? "";
}

describe.skipIf(process.platform !== "linux")("pulumi-resource-netlab", () => {
  it("says its port and nothing else, and goes at once on SIGTERM", async () => {
    const child = spawn(executable, ["127.0.0.1:1"], { stdio: ["ignore", "pipe", "inherit"] });
    expect(await firstLine(child)).toMatch(/^\d+$/);
    const start = Date.now();
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([143, null]);
    expect(Date.now() - start).toBeLessThan(1000);
  });

  it("goes when the engine was killed", async () => {
    const engine = spawn("sh", ["-c", `"$0" 127.0.0.1:1 & echo $!; wait`, executable], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const provider = refOf(Number(await firstLine(engine)));
    expect(provider).toBeDefined();
    await sleep(1000);
    engine.kill("SIGKILL");
    const isThere = (ref: ProcessRef | undefined): boolean => ref !== undefined && isAlive(ref);
    for (let look = 0; look < 100 && isThere(provider); look += 1) await sleep(50);
    expect(isThere(provider)).toBe(false);
  });
});
