/** Schemas and look-ups that processes and tasks share. */
import { z } from "zod";
import { argv, environment, netnsName, shortName } from "./check.ts";
import type { Commands } from "./commands.ts";
import type { LabRef } from "../schema.ts";

export const commandSpec = {
  netns: netnsName,
  role: shortName,
  cgroup: z
    .array(z.string().regex(/^\/.*\/cgroup\.procs$/, "a control group is given by its cgroup.procs file"))
    .exactOptional(),
  command: argv,
  environment: environment.exactOptional(),
};

/** The first dotted number in what a tool says about itself; empty when there is none. */
export function parseVersion(text: string): string {
  return /\d+(?:\.\d+)+/.exec(text)?.[0] ?? "";
}

/** Versions asked before, by command and search path: many processes are of one tool. */
const asked = new Map<string, Promise<string>>();

/** Version of a tool; empty when no command was given. */
export function versionOf(commands: Commands, lab: LabRef, command: readonly string[] = []): Promise<string> {
  if (command.length === 0) return Promise.resolve("");
  const key = JSON.stringify([command, lab.path]);
  const known = asked.get(key);
  if (known !== undefined) return known;
  // Some tools print it to standard error. No namespace is needed to ask.
  const { id, dir, path } = lab;
  const answer = commands
    .run({ lab: { id, dir, path }, argv: command })
    .then(({ stdout, stderr }) => parseVersion(`${stdout}\n${stderr}`));
  asked.set(key, answer);
  // A failure is not kept: the tool may be there the next time.
  answer.catch(() => asked.delete(key));
  return answer;
}
