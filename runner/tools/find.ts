/** Finds the lab's programs: first what set-up made, then PATH. A program counts only when it runs and is new enough. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import type { Tool, ToolName } from "./catalogue.ts";
import { compareVersions, readVersion } from "./versions.ts";

export interface FoundTool {
  readonly name: ToolName;
  readonly path: string;
  readonly version: string;
  /** `project`: made by set-up, under .tools/; `path`: the user's own. */
  readonly from: "project" | "path";
}

/** A program of the right name that cannot be used, and why. */
export interface Rejected {
  readonly path: string;
  readonly reason: string;
}

export type Finding =
  | { readonly found: FoundTool; readonly rejected: readonly Rejected[] }
  | { readonly found?: undefined; readonly rejected: readonly Rejected[] };

export const toolsFolder = (root: string): string => join(root, ".tools", "bin");

/** Folders of system programs, which are missing on the PATH of users on some systems. */
const systemFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** Where programs are looked for, in this order; also the PATH to give to processes that use the tools by name. */
export function searchPath(root: string, path: string = process.env["PATH"] ?? ""): string[] {
  const own = path.split(delimiter).filter((folder) => folder.startsWith("/"));
  return [...new Set([toolsFolder(root), ...own, ...systemFolders])];
}

/** Looks for one tool and asks each candidate its version until one will do. */
export async function findTool(root: string, tool: Tool, path?: string): Promise<Finding> {
  const rejected: Rejected[] = [];
  for (const candidate of candidates(tool, searchPath(root, path))) {
    const probed = await probe(tool, candidate);
    if ("reason" in probed) {
      rejected.push({ path: candidate, reason: probed.reason });
      continue;
    }
    const from = candidate.startsWith(`${toolsFolder(root)}/`) ? "project" : "path";
    return { found: { name: tool.name, path: candidate, version: probed.version, from }, rejected };
  }
  return { rejected };
}

/** Looks for several tools at once. */
export async function findTools(
  root: string,
  tools: readonly Tool[],
  path?: string,
): Promise<ReadonlyMap<ToolName, Finding>> {
  return new Map(await Promise.all(tools.map(async (tool) => [tool.name, await findTool(root, tool, path)] as const)));
}

/** The version of the program at `path`, or why it cannot be used. Takes at most 10 s. */
export async function probe(tool: Tool, path: string): Promise<{ version: string } | { reason: string }> {
  const result = await execa(path, tool.version.args, {
    all: true,
    reject: false,
    timeout: 10_000,
    stdin: "ignore",
    env: { PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  if (result.timedOut) return { reason: "gives no version within 10 s" };
  const version = readVersion(result.all, tool.version.pattern);
  if (version === undefined) {
    const said = result.all.trim().split("\n")[0] ?? "";
    return { reason: `does not run: ${said === "" ? (result.shortMessage ?? "it says nothing") : said}` };
  }
  if (compareVersions(version, tool.minimum) < 0) {
    return { reason: `is version ${version}, too old: ${tool.minimum} or newer is needed` };
  }
  return { version };
}

/** Executable files called `name` in the folders. */
export function executables(names: readonly string[], folders: readonly string[]): string[] {
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).filter(isExecutable);
}

const candidates = (tool: Tool, folders: readonly string[]): string[] =>
  executables([tool.name, ...(tool.aliases ?? [])], folders);

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // not there, or not for this user: the next folder may have it
  }
}
