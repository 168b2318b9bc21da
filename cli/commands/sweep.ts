/** `lab sweep`: finds and removes what outlived the command that made it. */
import { createInterface } from "node:readline/promises";
import { exitCodes, LabError, messageOf } from "../../runner/errors.ts";
import { findLeftovers, type Leftover } from "../../runner/leftovers.ts";
import { projectPaths } from "../../runner/paths.ts";
import { removeLeftover } from "../../runner/sweep.ts";
import { withSession, writeJson, writeLine, type CommonFlags } from "./context.ts";

export interface SweepFlags extends CommonFlags {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly all?: boolean;
}

export async function sweepCommand(root: string, flags: SweepFlags): Promise<number> {
  const { leftovers, notes } = await findLeftovers(projectPaths(root));
  const chosen = leftovers.filter((one) => flags.all === true || !isElsewhere(one));
  if (flags.json !== true) for (const line of sweepLines(leftovers, notes, flags)) writeLine(line);
  if (flags.dryRun === true || chosen.length === 0) {
    if (flags.json === true) writeJson({ leftovers, removed: [], failed: [], notes });
    return exitCodes.ok;
  }
  if (!(await isAgreed(chosen.length, flags))) return exitCodes.ok;
  return withSession(root, flags, async ({ paths, progress, interruption }) => {
    const { report } = progress;
    const removed: Leftover[] = [];
    const failed: { name: string; error: string }[] = [];
    for (const one of chosen) {
      if (interruption.soft.aborted) break;
      try {
        const options = { paths, report, stop: interruption, ownBackend: false, debug: flags.debug ?? false };
        await removeLeftover(one, { ...options, command: "lab sweep" });
        report({ kind: "note", text: `removed: ${titleOf(one)}` });
        removed.push(one);
      } catch (error) {
        // One that cannot be removed keeps none of the others.
        report({ kind: "warning", text: `${titleOf(one)} was not removed: ${messageOf(error)}` });
        failed.push({ name: one.name, error: messageOf(error) });
      }
    }
    progress.close();
    if (flags.json === true) writeJson({ leftovers, removed, failed, notes });
    return failed.length === 0 ? exitCodes.ok : exitCodes.failed;
  });
}

/** Of no stack of this project folder: perhaps another folder's, where somebody still works with it. */
const isElsewhere = ({ kind }: Leftover): boolean => kind === "lab" || kind === "kind";

const titles: Readonly<Record<Leftover["kind"], string>> = {
  stack: "stack",
  lab: "lab",
  kind: "kind cluster",
  azure: "Azure resource group",
};
const titleOf = ({ kind, name }: Leftover): string => `${titles[kind]} ${name}`;

/** What was found, in lines; pure. */
export function sweepLines(
  leftovers: readonly Leftover[],
  notes: readonly string[],
  { all = false }: Pick<SweepFlags, "all">,
): string[] {
  const own = leftovers.filter((one) => !isElsewhere(one));
  const others = leftovers.filter(isElsewhere);
  const line = (one: Leftover): string => `  ${titleOf(one)}: ${one.what.join(", ")}`;
  const otherTitle = `of no stack of this project folder${all ? "" : " (another folder may use them; --all removes them too)"}:`;
  return [
    own.length === 0 ? "nothing is left of this project's labs" : "left, and used by no running command:",
    ...own.map(line),
    ...(others.length === 0 ? [] : [otherTitle, ...others.map(line)]),
    ...notes,
  ];
}

async function isAgreed(count: number, { yes, json }: SweepFlags): Promise<boolean> {
  if (yes === true) return true;
  if (json === true || !process.stdin.isTTY || !process.stdout.isTTY) {
    throw new LabError("nothing was removed: there is nobody to ask", {
      kind: "input",
      remedy: "give --yes to remove, or --dry-run to look only",
    });
  }
  const ask = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await ask.question(`remove ${count === 1 ? "it" : `these ${count}`}? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    ask.close();
  }
}
