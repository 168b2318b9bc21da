/** Access log of the address service: `$msec $remote_addr $remote_port $server_addr` a line. */
import { numberedLines, rawError, type Source } from "./text.ts";

/** One question as the address service saw it. */
export interface AddressLine {
  readonly t_s: number;
  readonly source: string;
  readonly server: string;
}

const form = /^(\d+(?:\.\d+)?) ([0-9a-fA-F.:]+) (\d+) ([0-9a-fA-F.:]+)$/;

/** Throws AnalysisError with the line. */
export function parseAddressLog(text: string, { file }: Source): AddressLine[] {
  return numberedLines(text).map(({ line, text: content }) => {
    const [, time, source, , server] = form.exec(content) ?? [];
    if (time === undefined || source === undefined || server === undefined) {
      throw rawError("is not `<seconds> <source> <port> <server>`", { file, line });
    }
    return { t_s: Number(time), source, server };
  });
}
