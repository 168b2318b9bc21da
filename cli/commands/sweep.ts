/** `lab sweep`: finds and removes what outlived the command that made it. */
import { createInterface } from "node:readline/promises";
import { exitCodes, LabError, messageOf } from "../../runner/errors.ts";
import { findLeftovers, type Leftover } from "../../runner/leftovers.ts";
import { projectPaths } from "../../runner/paths.ts";
import { removeLeftover } from "../../runner/sweep.ts";
import { withSession, type CommonFlags } from "./context.ts";
import { writeJson, writeLine } from "./output.ts";

export interface SweepFlags extends CommonFlags {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly all?: boolean;
}

export async function sweepCommand(root: string, names: readonly string[], flags: SweepFlags): Promise<number> {
  const { leftovers, notes } = await findLeftovers(projectPaths(root));
  const chosen = chosenOf(leftovers, names, flags);
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

/**
 * What is to be removed; pure. By name: exactly that. Else what nobody keeps on purpose, of this project folder only; with
 * `all`, everything that was found.
 * @throws LabError when a name is none of them
 */
export function chosenOf(
  leftovers: readonly Leftover[],
  names: readonly string[],
  { all = false }: Pick<SweepFlags, "all">,
): Leftover[] {
  const unknown = names.filter((name) => !leftovers.some((one) => one.name === name));
  if (unknown.length > 0) {
    throw new LabError(`nothing that is left has the name ${unknown.join(", ")}`, {
      kind: "input",
      details: [`there is: ${leftovers.map(({ name }) => name).join(", ") || "nothing"}`],
      remedy: "npx lab sweep --dry-run lists what there is; one that a running command uses is never touched",
    });
  }
  if (names.length > 0) return leftovers.filter(({ name }) => names.includes(name));
  return leftovers.filter((one) => all || (!isElsewhere(one) && one.kept === undefined));
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
  const kept = leftovers.filter((one) => one.kept !== undefined);
  const own = leftovers.filter((one) => !isElsewhere(one) && !kept.includes(one));
  const others = leftovers.filter((one) => isElsewhere(one) && !kept.includes(one));
  const line = (one: Leftover): string => `  ${titleOf(one)}: ${one.what.join(", ")}${placeOf(one)}`;
  const keptTitle = `kept on purpose${all ? "" : " (only its name or --all removes it)"}:`;
  const otherTitle = `of no stack of this project folder${all ? "" : " (another folder may use them; --all removes them too)"}:`;
  return [
    own.length === 0 ? "nothing is left of this project's labs" : "left, and used by no running command:",
    ...own.map(line),
    ...(kept.length === 0 ? [] : [keptTitle, ...kept.map(line)]),
    ...(others.length === 0 ? [] : [otherTitle, ...others.map(line)]),
    ...notes,
  ];
}

function placeOf({ home, kept }: Leftover): string {
  const where = home === undefined ? "" : `, stack ${home.stack} of ${home.root}`;
  return kept === undefined
    ? where
    : `${where}; ${kept.command}, since ${kept.since.slice(0, 16).replace("T", " ")} UTC`;
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
