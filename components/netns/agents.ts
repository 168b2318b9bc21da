/** Small programs of our own that run inside a lab's namespaces: each is one file under agents/, run by Node. */
import { join } from "node:path";

export type Agent = "gate" | "probe" | "roleExporter";

/** Absolute path of an agent's file. */
export function agentFile(agent: Agent): string {
  return join(import.meta.dirname, "agents", `${agent}.ts`);
}
