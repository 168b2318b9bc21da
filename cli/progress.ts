/** Progress of the runner: bars with time left on a terminal, plain lines without one, JSON lines when asked for. */
import { spoken } from "../runner/estimate.ts";
import type { LabEvent, Reporter } from "../runner/reporter.ts";
import { paint, wantsColours, type Paint } from "./paint.ts";

export interface Progress {
  readonly report: Reporter;
  /** Clears what moves. */
  close(): void;
}

/** One event as JSON a line, for programs. */
export function jsonProgress(write: (text: string) => void): Progress {
  return {
    report: (event) => {
      write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
    },
    close: () => undefined,
  };
}

/** A plain line for each event that matters; pure but for `write`. */
export function plainProgress(write: (text: string) => void, colours: Paint): Progress {
  return {
    report: (event) => {
      const line = lineOf(event, colours);
      if (line !== undefined) write(`${line}\n`);
    },
    close: () => undefined,
  };
}

export function progressFor(stream: NodeJS.WriteStream): Progress {
  const write = (text: string): void => {
    stream.write(text);
  };
  const moves = stream.isTTY && process.env["TERM"] !== "dumb" && process.env["CI"] === undefined;
  return moves ? terminalProgress(stream) : plainProgress(write, paint(stream));
}

/** What stays on the screen for an event; undefined when nothing does. */
export function lineOf(event: LabEvent, colours: Paint): string | undefined {
  switch (event.kind) {
    case "note":
      return event.text;
    case "warning":
      return `${colours.yellow("warning:")} ${event.text}`;
    case "work":
      return event.state === "done" ? `${event.text}: ${event.seconds.toFixed(1)} s` : undefined;
    case "resource":
      return event.state === "failed"
        ? colours.red(`failed: ${event.action} ${event.name} (${event.type})`)
        : undefined;
    case "campaign": {
      const left = event.runs - event.done;
      if (left === 0) return `campaign ${colours.bold(event.name)}: all ${event.runs} runs are there already`;
      const kept = event.done === 0 ? "" : `, ${event.done} are done already`;
      return `campaign ${colours.bold(event.name)}: ${event.runs} runs${kept}; about ${spoken(event.expectedSeconds)} for ${left}`;
    }
    case "run": {
      if (event.state === "started") return undefined;
      const place = `[${event.index}/${event.runs}] ${event.cell}`;
      const time = colours.dim(`${event.seconds.toFixed(1)} s`);
      if (event.state === "valid") return `${place}: ${colours.green("valid")}  ${time}`;
      const state = event.state === "invalid" ? colours.yellow("invalid") : colours.red("failed");
      return `${place}: ${state}, ${event.reasons.join("; ")}  ${time}`;
    }
  }
}

/** State of the moving lines: what runs now, since when, for how long. */
interface Moving {
  readonly campaign?: { readonly start: number; readonly seconds: number };
  readonly run?: { readonly start: number; readonly seconds: number; readonly title: string };
  readonly work?: { readonly start: number; readonly seconds: number | undefined; readonly title: string };
  readonly resource: string;
}

/** The lines that move, for a moment; pure. */
export function movingLines(moving: Moving, now: number, width: number): string[] {
  const { campaign, run, work, resource } = moving;
  return [
    ...(campaign === undefined ? [] : [bar("campaign", now - campaign.start, campaign.seconds, width)]),
    ...(run === undefined ? [] : [bar(run.title, now - run.start, run.seconds, width)]),
    ...(run === undefined && work !== undefined ? [workLine(work, now, width)] : []),
    ...(resource === "" ? [] : [`  ${resource}`]),
  ].map((line) => (line.length > width ? `${line.slice(0, width - 1)}…` : line));
}

/** A bar where the length is known, else how long it has taken. */
const workLine = ({ title, start, seconds }: NonNullable<Moving["work"]>, now: number, width: number): string =>
  seconds === undefined ? `… ${title}, ${spoken(now - start)}` : bar(title, now - start, seconds, width);

function bar(title: string, elapsed: number, expected: number, width: number): string {
  const share = Math.min(0.99, expected <= 0 ? 0 : elapsed / expected);
  const cells = Math.max(10, Math.min(30, width - 60));
  const full = Math.round(share * cells);
  const left = expected - elapsed;
  const time = left > 0 ? `${spoken(left)} left` : `${spoken(-left)} longer than expected`;
  return `${"█".repeat(full)}${"░".repeat(cells - full)} ${title}, ${time}`;
}

function terminalProgress(stream: NodeJS.WriteStream): Progress {
  const colours = paint(stream);
  let moving: Moving = { resource: "" };
  let drawn = 0;
  const clear = (): void => {
    if (drawn > 0) stream.write(`\u001b[${drawn}F\u001b[0J`);
    drawn = 0;
  };
  const draw = (): void => {
    clear();
    const lines = movingLines(moving, performance.now() / 1000, stream.columns);
    stream.write(lines.map((line) => `${wantsColours(stream) ? colours.dim(line) : line}\n`).join(""));
    drawn = lines.length;
  };
  const timer = setInterval(draw, 200);
  timer.unref();
  return {
    report: (event) => {
      clear();
      const line = lineOf(event, colours);
      if (line !== undefined) stream.write(`${line}\n`);
      moving = moved(moving, event, performance.now() / 1000);
      draw();
    },
    close: () => {
      clearInterval(timer);
      clear();
    },
  };
}

function moved(moving: Moving, event: LabEvent, now: number): Moving {
  switch (event.kind) {
    case "campaign":
      return { ...moving, campaign: { start: now, seconds: event.expectedSeconds } };
    case "run":
      if (event.state !== "started") {
        return { ...(moving.campaign === undefined ? {} : { campaign: moving.campaign }), resource: "" };
      }
      return {
        ...moving,
        campaign: { start: now, seconds: event.remainingSeconds },
        run: { start: now, seconds: event.expectedSeconds, title: `[${event.index}/${event.runs}] ${event.cell}` },
      };
    case "work": {
      const { campaign } = moving;
      const kept = { ...(campaign === undefined ? {} : { campaign }), resource: "" };
      if (event.state === "done") return kept;
      return { ...kept, work: { start: now, seconds: event.expectedSeconds, title: event.text } };
    }
    case "resource":
      return { ...moving, resource: event.state === "started" ? `${event.action} ${event.name}` : "" };
    case "note":
    case "warning":
      return moving;
  }
}
