/** Before a lab is built: can this machine and this user run it, and are the tools there. */
import { LabError } from "../runner/errors.ts";
import type { FoundTool } from "../runner/tools/find.ts";
import type { Environment, ToolName } from "../runner/tools/catalogue.ts";
import { inspectMachine, otherSystem, type Check } from "../runner/tools/machine.ts";
import { setUp } from "./setup.ts";

/**
 * Gets the tools of an environment and tries whether its kernel parts work; gives back the tools.
 * @throws LabError (machine) with the one reason that comes first, and the way out
 */
export async function prepareMachine(
  root: string,
  environment: Environment,
  output: NodeJS.WriteStream,
): Promise<ReadonlyMap<ToolName, FoundTool>> {
  if (environment === "netns" && process.platform !== "linux") throw cannot(otherSystem(process.platform));
  const tools = await setUp(root, environment, output);
  if (environment !== "netns") return tools;
  const machine = await inspectMachine(root, programsOf(tools));
  const failed = [machine.namespaces, ...machine.kernel].find(({ ok }) => ok === false);
  if (failed !== undefined) throw cannot(failed);
  return tools;
}

const cannot = ({ detail, remedy }: Check): LabError =>
  new LabError(`this machine or user cannot run the environment netns: ${detail}`, {
    kind: "machine",
    remedy: remedy ?? "npx lab doctor says more",
  });

function programsOf(tools: ReadonlyMap<ToolName, FoundTool>) {
  const names = ["unshare", "ip", "nft"] as const;
  return Object.fromEntries(
    names.flatMap((name) => {
      const tool = tools.get(name);
      return tool === undefined ? [] : [[name, tool.path]];
    }),
  );
}
