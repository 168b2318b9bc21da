/** Programs that tasks run on this machine: docker, kind, az. */
import { execa } from "execa";

/**
 * Standard output of a program.
 * @throws Error with the program's last words; when it is missing, with where to get it
 */
export async function output(
  program: string,
  args: readonly string[],
  options: { input?: string; timeout_s?: number } = {},
): Promise<string> {
  const { input, timeout_s = 60 } = options;
  const result = await execa(program, [...args], {
    reject: false,
    timeout: timeout_s * 1000,
    ...(input === undefined ? { stdin: "ignore" as const } : { input }),
  });
  if (result.code === "ENOENT") {
    throw new Error(`${program} is not on PATH. Remedy: install it; npx lab doctor says what this environment needs.`);
  }
  if (result.failed) {
    const said = `${result.stderr}\n${result.stdout}`.trim().split("\n").slice(-6).join("\n");
    throw new Error(`${program} ${args.slice(0, 2).join(" ")} failed: ${said === "" ? result.shortMessage : said}`);
  }
  return result.stdout;
}
