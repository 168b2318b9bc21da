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
}
export interface GateOptions {
  readonly deadline_s: number;
  readonly checks: readonly GateCheck[];
}

/** Right answers in a row before an URL counts as live: a changed route may still answer the old way now and then. */
const inRow = 5;

/** What is missing, in words; undefined when the check passes. Asks until each answer was seen and the last ones were right. */
async function missing(check: GateCheck, until: number): Promise<string | undefined> {
  const seen = new Set<string>();
  let right = 0;
  let last = "nothing was asked yet";
  while (right < inRow || seen.size < check.answers.length) {
    if (Date.now() > until) {
      const unseen = check.answers.filter((answer) => !seen.has(answer));
      return `${check.url}: ${unseen.length > 0 ? `no answer "${unseen.join('", "')}"` : "not steady"}; last: ${last}`;
    }
    try {
      const answer = await ask(check.url, 1000);
      last = `"${answer}"`;
      if (check.answers.includes(answer)) {
        seen.add(answer);
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

const options = JSON.parse(process.argv[2] ?? "") as GateOptions;
const until = Date.now() + options.deadline_s * 1000;
const problems = (await Promise.all(options.checks.map((check) => missing(check, until)))).filter(
  (p) => p !== undefined,
);
if (problems.length > 0) {
  process.stderr.write(`${problems.join("\n")}\n`);
  process.exitCode = 1;
}
