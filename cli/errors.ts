/** Errors as a user sees them: what, where, remedy, in one block; a stack trace only when asked for. */
import { AnalysisError } from "../analysis/errors.ts";
import { exitCodes, fullDisk, LabError, saysFullDisk, toLabError } from "../runner/errors.ts";
import { SettingsError } from "../scenarios/settings.ts";
import { paint } from "./paint.ts";

/** Exit code for an error that ends the command. */
export function exitCodeOf(error: unknown): number {
  return exitCodes[known(error).kind];
}

/** The block of text for an error, ended by a newline. */
export function showError(error: unknown, debug: boolean, colours = paint(process.stderr)): string {
  const { message, details, remedy } = known(error);
  const lines = [
    `${colours.red("error:")} ${message}`,
    ...details.flatMap((detail) => detail.split("\n")).map((line) => `  ${line}`),
    ...(remedy === "" ? [] : [`${colours.bold("remedy:")} ${remedy}`]),
    ...(debug ? ["", trace(error)] : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** Errors of other parts of the project in the one form that is shown. */
function known(error: unknown): LabError {
  if (error instanceof SettingsError) {
    const count = error.problems.length;
    return new LabError(count === 1 ? "1 setting is wrong" : `${count} settings are wrong`, {
      kind: "input",
      details: error.problems,
      remedy: "nothing was started; npx lab up --help lists all settings",
    });
  }
  if (error instanceof AnalysisError) {
    if (saysFullDisk(error.message)) return fullDisk([error.message], error);
    // What the analysis could not write is the machine's fault, what it could not read is the bundle's.
    const kind = /\((ENOSPC|EDQUOT|EACCES|EPERM|EROFS)\)/.test(error.message) ? "machine" : "input";
    return new LabError(error.message, { kind, cause: error });
  }
  return toLabError(error);
}

function trace(error: unknown): string {
  const chain: string[] = [];
  for (let one: unknown = error; one instanceof Error; one = one.cause) chain.push(one.stack ?? one.message);
  return chain.join("\ncaused by ");
}
