/** Programs asked before a lab is made: what they said, or why they said nothing. */
import { execa } from "execa";

export type Said = { readonly text: string } | { readonly failed: string; readonly missing: boolean };
export type Ask = (program: string, ...args: string[]) => Promise<Said>;

/** @param path as in PATH */
export function askOn(path: string): Ask {
  return async (program, ...args) => {
    const result = await execa(program, args, { reject: false, timeout: 20_000, stdin: "ignore", env: { PATH: path } });
    if (!result.failed) return { text: result.stdout.trim() };
    const said = `${result.stderr}\n${result.stdout}`.trim().split("\n").at(-1) ?? "";
    return {
      failed: said === "" ? (result.shortMessage ?? "it says nothing") : said,
      missing: result.code === "ENOENT",
    };
  };
}
