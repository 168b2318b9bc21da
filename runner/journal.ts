/** What a bundle keeps of how its campaign went: `events.jsonl` for all of it and `logs/<run>.log` for each run. */
import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { LabEvent, Reporter } from "./reporter.ts";

/** An event as the line of JSON that `lab run --json` prints and `events.jsonl` holds; `t_s` is seconds since the epoch. */
export function eventLine(event: LabEvent, now = Date.now()): string {
  const { kind, ...rest } = event;
  return `${JSON.stringify({ event: kind, t_s: now / 1000, ...rest })}\n`;
}

/** Events that are part of a campaign's history; what the engine does in between stands in the run's log. */
export function isHistory(event: LabEvent): boolean {
  return event.kind !== "diagnostic" && (event.kind !== "resource" || event.state === "failed");
}

/** A line of a run's log; undefined for events that say nothing about one run. */
export function logLine(event: LabEvent, now = new Date()): string | undefined {
  const text = logText(event);
  return text === undefined ? undefined : `${now.toISOString()} ${text}\n`;
}

function logText(event: LabEvent): string | undefined {
  switch (event.kind) {
    case "note":
      return event.text;
    case "warning":
      return `warning: ${event.text}`;
    case "work":
      return event.state === "started" ? event.text : `${event.text}: ${event.seconds.toFixed(1)} s`;
    case "resource":
      return `${event.action} ${event.name} (${event.type}): ${event.state}`;
    case "diagnostic":
      return `${event.severity}: ${event.resource === "" ? "" : `${event.resource}: `}${event.text}`;
    case "span":
      return `${event.what}: ${event.seconds.toFixed(2)} s`;
    case "run":
      return event.state === "started"
        ? `run ${event.run} (${event.cell}) begins`
        : [`run ${event.run} is ${event.state}`, ...event.reasons].join("; ");
    case "campaign":
    case "estimates":
    case "look":
    case "result":
      return undefined;
  }
}

export interface Journal {
  readonly report: Reporter;
  /** When the bundle's first event was: before its first run. Seconds since the epoch. */
  readonly began_s: number;
  /** A reporter that also writes into the log of a run. */
  forRun(run: string): Reporter;
  /** Throws what could not be written, such as on a full disk: events come from places that cannot fail themselves. */
  check(): void;
}

/** Opens the journal of a bundle; a line that was cut off by a crash goes. Events are passed on to `next`. */
export function openJournal(bundle: string, next: Reporter): Journal {
  const events = join(bundle, "events.jsonl");
  dropTornLine(events);
  const began_s = firstTime(events) ?? Date.now() / 1000;
  let failure: Error | undefined;
  const append = (file: string, text: string): void => {
    if (failure !== undefined) return;
    try {
      appendFileSync(file, text);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
  };
  const report: Reporter = (event) => {
    if (isHistory(event)) append(events, eventLine(event));
    next(event);
  };
  return {
    report,
    began_s,
    forRun: (run) => {
      const log = join(bundle, "logs", `${run}.log`);
      mkdirSync(dirname(log), { recursive: true });
      dropTornLine(log);
      return (event) => {
        const line = logLine(event);
        if (line !== undefined) append(log, line);
        report(event);
      };
    },
    check: () => {
      const thrown = failure;
      failure = undefined;
      if (thrown !== undefined) throw thrown;
    },
  };
}

/** Time of the first event; undefined when there is none. */
function firstTime(file: string): number | undefined {
  if (!existsSync(file)) return undefined;
  const descriptor = openSync(file, "r");
  try {
    const start = Buffer.alloc(4096);
    const [line = ""] = start.subarray(0, readSync(descriptor, start)).toString("utf8").split("\n");
    const time = /"t_s":([\d.]+)/.exec(line)?.[1];
    return time === undefined ? undefined : Number(time);
  } finally {
    closeSync(descriptor);
  }
}

/** Cuts a file back to the end of its last whole line. */
function dropTornLine(file: string): void {
  if (!existsSync(file)) return;
  const descriptor = openSync(file, "r+");
  try {
    const { size } = fstatSync(descriptor);
    const chunk = Buffer.alloc(64 * 1024);
    let end = size;
    while (end > 0) {
      const start = Math.max(0, end - chunk.length);
      const read = readSync(descriptor, chunk, 0, end - start, start);
      const newline = chunk.subarray(0, read).lastIndexOf(10);
      end = newline >= 0 ? start + newline + 1 : start;
      if (newline >= 0) break;
    }
    if (end < size) ftruncateSync(descriptor, end);
  } finally {
    closeSync(descriptor);
  }
}
