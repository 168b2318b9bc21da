/**
 * Asks the external service for its caller's address through the whole run, a new connection each time, and writes
 * `t_s,target,answer` lines; an empty answer is a failed question. Stops on SIGTERM.
 * Usage: probe.ts '{"interval_s":0.5,"targets":["http://…"]}'
 */
import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "./http.ts";

export interface ProbeOptions {
  readonly interval_s: number;
  readonly targets: readonly string[];
}

const options = JSON.parse(process.argv[2] ?? "") as ProbeOptions;
const stop = new AbortController();
process.on("SIGTERM", () => {
  stop.abort();
});
process.stdout.write("t_s,target,answer\n");

let next = Date.now();
while (!stop.signal.aborted) {
  await Promise.all(
    options.targets.map(async (target) => {
      const asked = Date.now() / 1000;
      const answer = await ask(target, 1000).catch(() => "");
      process.stdout.write(`${asked.toFixed(3)},${new URL(target).hostname},${answer}\n`);
    }),
  );
  next += options.interval_s * 1000;
  // A stop ends the wait, not a question: the last line is a whole one.
  await sleep(Math.max(0, next - Date.now()), undefined, { signal: stop.signal }).catch(() => undefined);
}
