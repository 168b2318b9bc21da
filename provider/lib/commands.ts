/** Running commands in a lab: found in the lab's folders, as an argument list, in the right namespaces. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import type { LabRef } from "../schema.ts";
import { messageOf, ProviderError, remedyFor } from "./errors.ts";
import { entering } from "./namespaces.ts";

export interface Command {
  readonly lab: LabRef;
  /** Namespace to run in; in the holder's own, or the machine's, when absent. */
  readonly netns?: string;
  readonly argv: readonly string[];
  /** Standard input. */
  readonly input?: string;
}

export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** What resources use to run commands: the real thing, or a recorded one in tests. */
export interface Commands {
  /** @throws {ProviderError} when the command is missing, fails, or takes more than 30 s. */
  run(command: Command): Promise<CommandOutput>;
}

/** A command that ended badly. */
export class CommandError extends ProviderError {
  readonly stderr: string;

  constructor(command: Command, what: string, stderr: string) {
    const place = command.netns === undefined ? "" : ` in namespace ${command.netns}`;
    const said = stderr.trim() === "" ? "" : `: ${stderr.trim()}`;
    const input = command.input === undefined ? "" : `\nIts input was:\n${command.input.trimEnd()}`;
    const remedy = remedyFor(stderr);
    super(`\`${command.argv.join(" ")}\`${place} ${what}${said}${remedy === "" ? "" : `\n${remedy}`}${input}`);
    this.stderr = stderr;
  }
}

const deadline = 30_000;

export const systemCommands: Commands = {
  async run(command) {
    const [program, ...rest] = command.argv;
    if (program === undefined) throw new ProviderError("an empty command cannot be run");
    const argv = [...entering(command.lab, command.netns), findProgram(program, command.lab.path), ...rest];
    const [file, ...args] = argv;
    if (file === undefined) throw new ProviderError("an empty command cannot be run");
    const result = await execa(file, args, {
      ...(command.input === undefined ? { stdin: "ignore" } : { input: command.input }),
      env: baseEnvironment(command.lab.path),
      extendEnv: false,
      reject: false,
      timeout: deadline,
      stripFinalNewline: false,
    });
    if (result.timedOut) throw new CommandError(command, `did not end within ${deadline / 1000} s`, result.stderr);
    if (result.exitCode === undefined) {
      throw new CommandError(
        command,
        "could not be run",
        result.stderr === "" ? messageOf(result.cause) : result.stderr,
      );
    }
    if (result.exitCode !== 0)
      throw new CommandError(command, `failed with exit status ${result.exitCode}`, result.stderr);
    return { stdout: result.stdout, stderr: result.stderr };
  },
};

/** Folders that hold administration tools, which the PATH of an ordinary user often lacks. */
const systemFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"];

/** The search path of a lab: its own folders, then PATH, then the system's. */
export function searchPath(folders: readonly string[], path = process.env["PATH"] ?? ""): string[] {
  return [...new Set([...folders, ...path.split(delimiter), ...systemFolders])].filter((folder) =>
    folder.startsWith("/"),
  );
}

/**
 * Absolute path of a program.
 * @throws {ProviderError} when it is nowhere.
 */
export function findProgram(name: string, folders: readonly string[]): string {
  if (name.includes("/")) {
    if (isExecutable(name)) return name;
    throw new ProviderError(`${name} is not an executable file`);
  }
  const found = searchPath(folders)
    .map((folder) => join(folder, name))
    .find(isExecutable);
  if (found === undefined) throw new ProviderError(`${name} is not installed: run \`npx lab doctor\``);
  return found;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * The environment of everything that the provider starts. Nothing else is passed on: the engine's own environment
 * holds the passphrase of the state.
 */
export function baseEnvironment(folders: readonly string[]): Record<string, string> {
  const kept = ["HOME", "USER", "TMPDIR", "TZ"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), PATH: searchPath(folders).join(delimiter), LC_ALL: "C" };
}
