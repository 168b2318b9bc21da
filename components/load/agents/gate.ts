/**
 * Waits until the configuration is live, by traffic and not by status: every URL answers what it must, several times in
 * a row. Usage: gate.ts '{"deadline_s":10,"checks":[{"url":"http://…","answers":["a","b"]}]}'. Exit 0 when live; else 1,
 * and what was still missing on standard error.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "./http.ts";

export interface GateCheck {
  readonly url: string;
  /** Answers that must all be seen, and no other. */
  readonly answers: readonly string[];
  /** Shares of the answers, in their order: the newest ones must be as chance allows. Absent: not looked at. */
  readonly shares?: readonly number[];
}
export interface GateOptions {
  readonly deadline_s: number;
  readonly checks: readonly GateCheck[];
}

/** Right answers in a row before an URL counts as live: a changed route may still answer the old way now and then. */
const inRow = 5;
/** Newest answers that shares are looked at in. */
const recent = 300;
/** Standard deviations that a share may be off: a right split passes in all but one of some 2,000 looks, then in the next. */
const deviations = 3.5;

/**
 * Which share is not what it must be, in words; empty when all are as chance allows.
 * Source: normal approximation of the binomial law, with a continuity correction of one answer.
 */
export function offShares({ answers, shares = [] }: GateCheck, seen: readonly string[]): string {
  if (seen.length < recent) return `${seen.length} of ${recent} answers for the split`;
  const off = answers.flatMap((answer, index) => {
    const share = shares[index] ?? 0;
    const count = seen.filter((one) => one === answer).length;
    const allowed = deviations * Math.sqrt(seen.length * share * (1 - share)) + 1;
    return Math.abs(count - seen.length * share) <= allowed
      ? []
      : [
          `${answer} gave ${count} of the last ${seen.length} answers instead of about ${Math.round(seen.length * share)}`,
        ];
  });
  return off.join("; ");
}

/** What is missing, in words; undefined when the check passes. Asks until each answer was seen and the last ones were right. */
async function missing(check: GateCheck, until: number): Promise<string | undefined> {
  const seen = new Set<string>();
  const newest: string[] = [];
  let right = 0;
  let last = "nothing was asked yet";
  const lacks = (): string => {
    const unseen = check.answers.filter((answer) => !seen.has(answer));
    if (unseen.length > 0) return `no answer "${unseen.join('", "')}"`;
    if (right < inRow) return "not steady";
    return check.shares === undefined ? "" : offShares(check, newest);
  };
  for (let lack = lacks(); lack !== ""; lack = lacks()) {
    if (Date.now() > until) return `${check.url}: ${lack}; last: ${last}`;
    try {
      const answer = await ask(check.url, 1000);
      last = `"${answer}"`;
      if (check.answers.includes(answer)) {
        seen.add(answer);
        newest.push(answer);
        if (newest.length > recent) newest.shift();
        right += 1;
        continue;
      }
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    right = 0;
    await sleep(50);
  }
  return undefined;
}

if (import.meta.main) {
  const options = JSON.parse(process.argv[2] ?? "") as GateOptions;
  const until = Date.now() + options.deadline_s * 1000;
  const problems = (await Promise.all(options.checks.map((check) => missing(check, until)))).filter(
    (p) => p !== undefined,
  );
  if (problems.length > 0) {
    process.stderr.write(`${problems.join("\n")}\n`);
    process.exitCode = 1;
  }
}
