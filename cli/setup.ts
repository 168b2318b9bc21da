/** Set-up as a user sees it: one line when all is there, else a step with its time for each tool that is fetched. */
import { dirname } from "node:path";
import { toolsFor, type Environment, type ToolName } from "../runner/tools/catalogue.ts";
import type { FoundTool } from "../runner/tools/find.ts";
import { setUpTools } from "../runner/tools/setup.ts";
import { elapsed, plainSteps, terminalSteps } from "../runner/tools/steps.ts";
import { exitCodeOf, showError } from "./errors.ts";

/**
 * Makes the tools of an environment usable.
 * @param root the project's folder
 * @throws LabError when a tool cannot be had
 */
export async function setUp(
  root: string,
  environment: Environment = "netns",
  output: NodeJS.WriteStream = process.stdout,
): Promise<ReadonlyMap<ToolName, FoundTool>> {
  const began = Date.now();
  const write = (line: string): void => {
    output.write(`${line}\n`);
  };
  const runSteps = output.isTTY && output === process.stdout ? terminalSteps : plainSteps(write);
  const tools = await setUpTools(root, toolsFor(environment), {
    say: write,
    runSteps: (steps) => {
      write(`set-up: getting ${steps.map(({ title }) => title).join(", ")} (kept under .tools/)`);
      return runSteps(steps);
    },
  });
  write(`set-up: ${tools.size} tools ready (${elapsed(began)})`);
  return tools;
}

if (import.meta.main) {
  try {
    await setUp(dirname(import.meta.dirname));
  } catch (error) {
    process.stderr.write(showError(error, process.argv.includes("--debug")));
    process.exitCode = exitCodeOf(error);
  }
}
