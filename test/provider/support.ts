/** What the provider's tests share: recorded commands, a lab of their own, the provider without the engine. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  findProgram,
  systemCommands,
  type Command,
  type CommandOutput,
  type Commands,
} from "../../provider/lib/commands.ts";
import { netlab, type Served } from "../../provider/netlab.ts";
import type { LabRef, ResourceTypes } from "../../provider/schema.ts";
import { sweepLab } from "../../provider/sweep.ts";

export const root = resolve(import.meta.dirname, "..", "..");
export const toolFolders = [join(root, ".tools", "bin")];

export type Properties = Record<string, unknown>;
export type TypeName = keyof ResourceTypes;

/** Commands that were asked for, answered from a list of texts. */
export function recorded(answers: Readonly<Record<string, string>> = {}): Commands & { readonly asked: Command[] } {
  const asked: Command[] = [];
  return {
    asked,
    run(command) {
      asked.push(command);
      return Promise.resolve({ stdout: answers[command.argv.join(" ")] ?? "", stderr: "" });
    },
  };
}

/** Real commands, of which the nth (from 0) fails. */
export function failingAt(nth: number): Commands & { readonly count: () => number } {
  let count = 0;
  return {
    count: () => count,
    run(command): Promise<CommandOutput> {
      count += 1;
      if (count - 1 === nth) return Promise.reject(new Error(`command ${nth} fails: ${command.argv.join(" ")}`));
      return systemCommands.run(command);
    },
  };
}

export function urn(type: TypeName, name = "it"): string {
  return `urn:pulumi:test::cni-traffic-lab::netlab:index:${type}::${name}`;
}

export function provider(commands: Commands = systemCommands, signal = new AbortController().signal): Served {
  return netlab("0.0.0", { commands, signal }, () => undefined);
}

export interface TestLab {
  readonly ref: LabRef;
  create(type: TypeName, inputs: Properties, name?: string): Promise<Properties>;
  /** Removes everything of the lab. */
  remove(): Promise<void>;
}

let labs = 0;

/** A lab of its own, made through the provider. Ids begin with `pv`. */
export async function testLab(dir?: string): Promise<TestLab> {
  labs += 1;
  const id = `pv${process.pid.toString(36)}n${labs}`;
  const folder = dir ?? mkdtempSync(join(tmpdir(), "netlab-"));
  const served = provider();
  const { outs } = await served.create(urn("Lab"), { labId: id, dir: join(folder, "lab"), path: toolFolders });
  const { ref } = outs as unknown as ResourceTypes["Lab"]["state"];
  return {
    ref,
    create: async (type, inputs, name) => (await served.create(urn(type, name), { lab: ref, ...inputs })).outs,
    remove: async () => {
      await sweepLab(ref);
      if (dir === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Why tests against the kernel cannot run; undefined when they can. The reason is printed. */
export function whyNoKernel(): string | undefined {
  const reason =
    process.platform !== "linux"
      ? "network namespaces need Linux"
      : process.getuid?.() !== 0
        ? "only root may make network namespaces here"
        : !existsSync("/proc/self/ns/net")
          ? "this kernel has no network namespaces"
          : (missing("ip") ?? missing("nsenter"));
  if (reason !== undefined) console.warn(`skipped, tests of the provider against the kernel: ${reason}`);
  return reason;
}

/** Why a tool cannot be used; undefined when it can. */
export function missing(tool: string): string | undefined {
  try {
    findProgram(tool, toolFolders);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
