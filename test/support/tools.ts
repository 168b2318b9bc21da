/** Global set-up of the long tests: real tools, found or fetched, first on PATH. */
import { delimiter, resolve } from "node:path";
import { toolsFor } from "../../runner/tools/catalogue.ts";
import { searchPath } from "../../runner/tools/find.ts";
import { setUpTools } from "../../runner/tools/setup.ts";
import { plainSteps } from "../../runner/tools/steps.ts";

const root = resolve(import.meta.dirname, "..", "..");

export default async function provideTools(): Promise<void> {
  const say = (line: string): void => {
    console.log(line);
  };
  await setUpTools(root, toolsFor("netns"), { say, runSteps: plainSteps(say) });
  process.env["PATH"] = searchPath(root).join(delimiter);
}
