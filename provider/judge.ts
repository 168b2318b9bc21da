/** Judging how a load tool ended, by what it really says. Pure. */
import { z } from "zod";
import type { Judge } from "./schema.ts";

/** A tool's end: exit status (null when a signal ended it) and what it printed. */
export interface ToolEnd {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type Verdict =
  | { readonly ok: true }
  /** `busy`: the tool could not begin because its server was in use; it may be tried again. */
  | { readonly ok: false; readonly error: string; readonly busy: boolean };

const fine: Verdict = { ok: true };

function failed(error: string, busy = false): Verdict {
  return { ok: false, error, busy };
}

export function judge(how: Judge, end: ToolEnd): Verdict {
  switch (how) {
    case "exit":
      return end.status === 0 ? fine : failed(`${endText(end)}${said(end.stderr, end.stdout)}`);
    case "iperf3":
      return judgeIperf3(end);
    case "k6":
      return judgeK6(end);
  }
}

const iperf3Output = z.object({
  error: z.string().optional(),
  end: z.object({ sum_received: z.object({ bits_per_second: z.number() }).optional() }).optional(),
});

/**
 * iperf3 with `-J`. Its exit status says nothing in releases 3.10 to 3.13, which end with 0 after an error: the JSON
 * must be whole, without the key `error`, and hold what the receiver got.
 */
function judgeIperf3(end: ToolEnd): Verdict {
  let json: unknown;
  try {
    json = JSON.parse(end.stdout);
  } catch {
    return failed(`iperf3 ${endText(end)} and its JSON is cut off or missing${said(end.stderr, end.stdout)}`);
  }
  const parsed = iperf3Output.safeParse(json);
  if (!parsed.success) return failed("the JSON of iperf3 has another form than expected");
  const { error, end: totals } = parsed.data;
  if (error !== undefined) return failed(`iperf3: ${error}`, /server is busy/i.test(error));
  if (totals?.sum_received === undefined) {
    return failed(`iperf3 ${endText(end)} without saying what was received${said(end.stderr)}`);
  }
  return end.status === 0 ? fine : failed(`iperf3 ${endText(end)}${said(end.stderr)}`);
}

/** Exit codes of k6 (errext/exitcodes/codes.go) in words; 99 is no failure: measured, a threshold missed. */
const k6Codes: Readonly<Record<number, string>> = {
  97: "the cloud test did not begin",
  98: "the cloud test failed",
  100: "setup() took too long",
  101: "teardown() took too long",
  102: "a generic timeout",
  103: "it could not be stopped in time",
  104: "the configuration is not valid",
  105: "it was interrupted from outside",
  106: "its REST API could not be started",
  107: "the script threw an exception",
  108: "the script aborted the test",
  109: "it crashed",
  110: "the test was marked as failed",
};

function judgeK6(end: ToolEnd): Verdict {
  if (end.status === 0 || end.status === 99) return fine;
  const meaning = end.status === null ? undefined : k6Codes[end.status];
  return failed(`k6 ${endText(end)}${meaning === undefined ? "" : ` (${meaning})`}${said(end.stderr, end.stdout)}`);
}

function endText({ status, signal }: ToolEnd): string {
  return status === null ? `was ended by ${signal ?? "a signal"}` : `ended with exit status ${status}`;
}

/** The last lines of the first text that is not empty. */
function said(...texts: readonly string[]): string {
  const text = texts.find((text) => text.trim() !== "")?.trim() ?? "";
  return text === "" ? "" : `: ${text.split("\n").slice(-5).join("\n").slice(-1000)}`;
}
