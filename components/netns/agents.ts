/** Small programs of our own that run inside a lab's namespaces: each is one file under agents/, run by Node. */
import { join } from "node:path";

const folders = { gate: "../load/agents", probe: "../load/agents", roleExporter: "agents" } as const;
export type Agent = keyof typeof folders;

/** Absolute path of an agent's file. */
export function agentFile(agent: Agent): string {
  return join(import.meta.dirname, folders[agent], `${agent}.ts`);
}
