/** `lab plan -s`: what one stack's lab would be made of, take and cost. Makes nothing, asks nobody. */
import { exitCodes } from "../../runner/errors.ts";
import { stackLines, stackOutlook } from "../../runner/stackPlan.ts";
import { settingsFor, type CommonFlags } from "./context.ts";
import { writeJson, writeLine } from "./output.ts";

export interface PlanStackFlags extends CommonFlags {
  readonly stack: string;
  readonly config?: readonly string[];
  /** Hours that the lab is to stand. */
  readonly hours?: number;
}

export function planStackCommand(root: string, { stack, config = [], hours, json }: PlanStackFlags): number {
  const outlook = stackOutlook(settingsFor(root, stack, config).settings, hours);
  if (json === true) writeJson({ stack, ...outlook });
  else for (const line of stackLines(stack, outlook)) writeLine(line);
  return exitCodes.ok;
}
