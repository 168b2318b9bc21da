/**
 * Asks a URL from inside a namespace until it answers 200, with a text in its body if one is given:
 *   get.ts <url> <deadline in seconds> [<text>]
 * Exit status 0 when it did; else 1, with the last answer on standard output.
 */
import { setTimeout as sleep } from "node:timers/promises";

const [url = "", deadline = "", text = ""] = process.argv.slice(2);
const end = Date.now() + Number(deadline) * 1000;
let last = "no answer";

while (Date.now() < end) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(Math.max(1, end - Date.now())) });
    const body = await answer.text();
    if (answer.status === 200 && body.includes(text)) process.exit(0);
    last = `status ${answer.status}${answer.status === 200 ? `, without \`${text}\` in its body` : ""}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    last = cause instanceof Error ? cause.message : String(cause);
  }
  await sleep(20);
}
console.log(last);
process.exitCode = 1;
