/** An external server that somebody else runs: it must answer as ours does, else nothing could prove a source address. */
import { ask } from "../../load/agents/http.ts";
import { addressPort } from "../../load/ports.ts";

export interface GivenServer {
  readonly address: string;
}

/** @throws Error when the address service or its records do not answer */
export async function checkServer({ address }: GivenServer): Promise<{ address: string; other: string }> {
  const url = `http://${address}:${addressPort}`;
  try {
    await ask(`${url}/`, 3000);
    JSON.parse(await ask(`${url}/records`, 3000));
  } catch (error) {
    throw new Error(
      `server.address: the address service at ${url} does not answer as it must (${error instanceof Error ? error.message : String(error)}), so no run there could be proven. Remedy: start iperf3 and components/load/agents/server.ts on that machine, as docs/existing.md says.`,
      { cause: error },
    );
  }
  return { address, other: "" };
}
