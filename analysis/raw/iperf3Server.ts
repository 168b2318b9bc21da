/** The server's log of iperf3 (`-s -J`): pretty-printed JSON documents one after the other, and a warning here and there. */
import { z } from "zod";
import { parseJson, rawError, type Source } from "./text.ts";

/** A connection as the server saw it. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

/** One test that the server took part in. */
export interface IperfServerTest {
  /** null when the client never got as far as a test, as with a bare connect. */
  readonly control: Peer | null;
  readonly streams: readonly Peer[];
  readonly error: string | null;
}

const port = z.number().int().min(0).max(65535);
const testSchema = z.object({
  start: z.object({
    connected: z.array(z.object({ remote_host: z.string(), remote_port: port })),
    accepted_connection: z.object({ host: z.string(), port }).optional(),
  }),
  error: z.string().optional(),
});

/** Lines that iperf3 writes between documents. */
const aside = /^(WARNING|warning|iperf3):/;

/** Reads the whole log, in order. An empty log is no test. Throws AnalysisError when it is cut off or not from iperf3. */
export function parseIperfServer(text: string, { file }: Source): IperfServerTest[] {
  return splitDocuments(text, file).map(({ line, text: document }) => {
    const { start, error } = parseJson(testSchema, document, { file, line });
    const { connected, accepted_connection: accepted } = start;
    return {
      control: accepted === undefined ? null : { address: peerAddress(accepted.host), port: accepted.port },
      streams: connected.map(({ remote_host, remote_port }) => ({
        address: peerAddress(remote_host),
        port: remote_port,
      })),
      error: error ?? null,
    };
  });
}

/** iperf3 pretty-prints, so a document starts and ends with a brace in the first column. */
function splitDocuments(text: string, file: string): { line: number; text: string }[] {
  const documents: { line: number; text: string }[] = [];
  let open: { line: number; lines: string[] } | null = null;
  for (const [index, content] of text.split("\n").entries()) {
    const line = index + 1;
    if (open === null) {
      if (content.startsWith("{")) open = { line, lines: [content] };
      else if (content.trim() !== "" && !aside.test(content)) throw rawError("is no output of iperf3", { file, line });
    } else {
      open.lines.push(content);
    }
    if (open !== null && content.trimEnd() === "}") {
      documents.push({ line: open.line, text: open.lines.join("\n") });
      open = null;
    }
  }
  if (open !== null) throw rawError("the last test is cut off", { file, line: open.line });
  return documents;
}

/** A server that listens on IPv6 as well tells IPv4 clients as ::ffff:10.0.0.1. */
function peerAddress(host: string): string {
  return host.replace(/^::ffff:/i, "");
}
