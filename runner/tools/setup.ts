/** Makes every tool that is asked for usable: finds what is there, gets what is missing. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LabError, toLabError } from "../errors.ts";
import { acquireLock, type Lock } from "../locks.ts";
import { catalogue, type Tool, type ToolName } from "./catalogue.ts";
import { PrivateApt } from "./debian.ts";
import { Downloader } from "./download.ts";
import { findTools, type FoundTool, type Rejected } from "./find.ts";
import { cacheFolder, removeHalfMade, requireSpace } from "./folders.ts";
import { install, NotInstalled } from "./install.ts";
import type { Step, StepRunner } from "./steps.ts";

export interface SetUpOptions {
  /** Shows the steps; nothing is shown without it. */
  readonly runSteps?: StepRunner;
  /** Says one line, such as that another set-up is waited for. */
  readonly say?: (line: string) => void;
  readonly downloader?: Downloader;
  readonly cache?: string;
  /** PATH to search, the process's own without it. */
  readonly path?: string;
}

/** What a tool takes while it is downloaded and unpacked; the largest ones more, the smallest ones much less. */
const bytesPerTool = 120e6;

/**
 * Returns where each tool is; gets the missing ones into `.tools/` under `root`. Two set-ups of one project wait for each other.
 * @throws LabError (kind `machine`) that names every tool that could not be had, what was tried and what to type
 */
export function setUpTools(
  root: string,
  names: readonly ToolName[],
  options: SetUpOptions = {},
): Promise<ReadonlyMap<ToolName, FoundTool>> {
  return provide(
    root,
    names.map((name) => catalogue[name]),
    options,
  );
}

/** The same for any table of tools. */
export async function provide(
  root: string,
  tools: readonly Tool[],
  options: SetUpOptions = {},
): Promise<ReadonlyMap<ToolName, FoundTool>> {
  const before = await look(root, tools, options.path);
  if (before.missing.size === 0) return before.found;

  requireSpace(root, before.missing.size * bytesPerTool);
  const lock = await waitForLock(root, options.say ?? (() => undefined));
  const apt = new PrivateApt(root);
  try {
    removeHalfMade(root);
    const { found, missing } = await look(root, tools, options.path);
    if (missing.size === 0) return found; // another set-up has got them in the meantime
    const failures: NotInstalled[] = [];
    const noted = new Set<string>();
    const shop = {
      root,
      cache: options.cache ?? cacheFolder(),
      downloader: options.downloader ?? new Downloader(),
      apt,
    };
    const steps = tools
      .filter(({ name }) => missing.has(name))
      .map((wanted): Step => ({
        title: wanted.name,
        run: async (say) => {
          try {
            const note = (line: string): void => {
              if (!noted.has(line)) say(line);
              noted.add(line);
            };
            const { tool, source } = await install({ ...shop, say, note }, wanted);
            found.set(wanted.name, tool);
            return `${tool.version}, ${source}`;
          } catch (error) {
            if (error instanceof NotInstalled) failures.push(error);
            throw error;
          }
        },
      }));
    const problems = await (options.runSteps ?? quietly)(steps);
    const other = problems.find((problem) => !(problem instanceof NotInstalled));
    if (other !== undefined) throw toLabError(other);
    if (failures.length > 0) throw notInstalled(failures, missing);
    return found;
  } finally {
    apt.dispose();
    lock.release();
  }
}

interface Looked {
  readonly found: Map<ToolName, FoundTool>;
  readonly missing: Map<ToolName, readonly Rejected[]>;
}

async function look(root: string, tools: readonly Tool[], path: string | undefined): Promise<Looked> {
  const found = new Map<ToolName, FoundTool>();
  const missing = new Map<ToolName, readonly Rejected[]>();
  for (const [name, finding] of await findTools(root, tools, path)) {
    if (finding.found === undefined) missing.set(name, finding.rejected);
    else found.set(name, finding.found);
  }
  return { found, missing };
}

/** Runs the steps side by side and shows nothing. */
const quietly: StepRunner = async (steps) => {
  const results = await Promise.allSettled(steps.map((step) => step.run(() => undefined)));
  return results.flatMap((result): unknown[] => (result.status === "rejected" ? [result.reason] : []));
};

async function waitForLock(root: string, say: (line: string) => void): Promise<Lock> {
  for (let told = false; ; told = true) {
    try {
      return await acquireLock(join(root, ".tools", "lock"), "the tools of this project", "set-up");
    } catch (error) {
      if (!(error instanceof LabError && error.kind === "busy")) throw error;
      if (!told) say(`waiting for another set-up of this project: ${error.message}`);
      await sleep(500);
    }
  }
}

function notInstalled(failures: readonly NotInstalled[], rejected: Looked["missing"]): LabError {
  return new LabError(`cannot get ${failures.map(({ tool }) => tool.name).join(", ")}`, {
    kind: "machine",
    details: failures.flatMap(({ tool, tried }) => [
      `${tool.name} ${tool.minimum} or newer (${tool.purpose})`,
      ...(rejected.get(tool.name) ?? []).map(({ path, reason }) => `  ${path} ${reason}`),
      ...tried.map((line) => `  ${line}`),
      `  by hand: ${tool.byHand}`,
    ]),
    remedy: "install what is named above by hand, then run the same command again; `lab doctor` shows what is found",
  });
}
