/** Runs the package clients (apt-get, pip, go, tar) without a terminal and turns what goes wrong into a reason. */
import { execa } from "execa";
import { LabError } from "../errors.ts";
import { Unavailable } from "./download.ts";

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly timeoutS: number;
  /** Told each line of progress that the command writes to standard error. */
  readonly onLine?: (line: string) => void;
}

const diskFull = /no space left on device|disk quota exceeded|not have enough free space|ENOSPC/i;

/**
 * The command's standard output.
 * @throws Unavailable with the last thing it said; LabError when the disk is full
 */
export async function run(command: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const child = execa(command, args, {
    reject: false,
    stdin: "ignore",
    timeout: options.timeoutS * 1000,
    forceKillAfterDelay: 5_000,
    env: { LC_ALL: "C", ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  if (options.onLine !== undefined) follow(child.stderr, options.onLine);
  const result = await child;
  if (!result.failed) return result.stdout;
  const said = `${result.stderr}\n${result.stdout}`.trim();
  const full = said.split("\n").find((line) => diskFull.test(line));
  if (full !== undefined) {
    throw new LabError(`no space left on the disk, while running ${command}`, {
      kind: "machine",
      details: [full.trim()],
      remedy: "make room, then run the same command again: it continues",
    });
  }
  const reason = result.timedOut ? `not done after ${options.timeoutS} s` : lastLine(said) || result.shortMessage;
  throw new Unavailable(`${command}: ${reason}`, { passing: !result.timedOut });
}

function follow(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  stream?.on("data", (chunk: Buffer | string) => {
    const line = lastLine(chunk.toString());
    if (line !== "") onLine(line);
  });
}

/** The last line that is an error, else the last line. */
function lastLine(text: string): string {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return lines.findLast((line) => /^(e:|error)/i.test(line)) ?? lines.at(-1) ?? "";
}
