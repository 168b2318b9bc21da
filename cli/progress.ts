/** Progress of the runner: bars with time left on a terminal, plain lines without one, JSON lines when asked for. */
import { scaleFor } from "../analysis/figures/format.ts";
import { isMetric, unitOf } from "../analysis/metrics.ts";
import { spoken } from "../runner/estimate.ts";
import type { Estimate } from "../runner/intervals.ts";
import { eventLine, isHistory } from "../runner/journal.ts";
import type { LabEvent, Reporter } from "../runner/reporter.ts";
import { paint, wantsColours, type Paint } from "./paint.ts";

export interface Progress {
  readonly report: Reporter;
  /** Clears what moves. */
  close(): void;
}

/** One event as JSON a line, for programs: the same lines that the bundle's events.jsonl gets. */
export function jsonProgress(write: (text: string) => void): Progress {
  return {
    report: (event) => {
      if (isHistory(event)) write(eventLine(event));
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
      const most = event.mostRuns > event.runs ? ` expected, at most ${event.mostRuns}` : "";
      return `campaign ${colours.bold(event.name)}: ${event.runs} runs${most}${kept}; about ${spoken(event.expectedSeconds)} for ${left}`;
    }
    case "look":
      return lookLine(event);
    case "run": {
      if (event.state === "started") return undefined;
      const place = titleOf(event);
      const time = colours.dim(`${event.seconds.toFixed(1)} s`);
      if (event.state === "valid") return `${place}: ${colours.green("valid")}  ${time}`;
      const state = event.state === "invalid" ? colours.yellow("invalid") : colours.red("failed");
      return `${place}: ${state}, ${event.reasons.join("; ")}  ${time}`;
    }
    case "estimates":
    case "diagnostic":
    case "span":
    case "result":
      return undefined;
  }
}

/** What a campaign that can end early found when it looked. */
function lookLine({
  blocks,
  asked,
  narrow,
  widest,
  ends,
  expectedBlocks,
}: Extract<LabEvent, { kind: "look" }>): string {
  const known = `after ${blocks} blocks ${narrow} of ${asked} ${asked === 1 ? "question is" : "questions are"} known well enough`;
  if (ends === "narrow") return `${known}: the campaign ends`;
  const open = widest === null ? "" : `; the furthest: ${estimateLine(widest)}`;
  if (ends === "budget") return `${known}, and the time budget is used up: the campaign ends${open}`;
  return `${known}; it will end after about ${expectedBlocks}${open}`;
}

/** `goodput (saturated), gateway / base: 0.62 (0.58 to 0.66), 3 runs, ± 7.0 % of 5.0 %` */
export function estimateLine(estimate: Estimate): string {
  const { metric, phase, role, n, value, low, high, halfWidth, wanted } = estimate;
  const what = [metric, role === "" ? "" : ` of ${role}`, ` (${phase})`].join("");
  const scale =
    "cell" in estimate
      ? scaleFor(isMetric(metric) ? unitOf(metric) : "", Math.abs(value ?? 0))
      : { factor: 1, unit: "" };
  const known = (number: number | null): string => (number === null ? "?" : (number / scale.factor).toPrecision(3));
  const sides = "cell" in estimate ? estimate.cell : apart(estimate.a, estimate.b).join(" / ");
  const unit = scale.unit === "" ? "" : ` ${scale.unit}`;
  const percent = (share: number | null): string => (share === null ? "?" : `${(100 * share).toFixed(1)} %`);
  const width = wanted === undefined ? "" : `, ± ${percent(halfWidth)} of ${percent(wanted)}`;
  return `${what}, ${sides}: ${known(value)}${unit} (${known(low)} to ${known(high)}), ${n} runs${width}`;
}

/** What two cells do not share: `gateway` and `base` of two that are alike but for the path. */
function apart(a: string, b: string): [string, string] {
  const [left, right] = [a.split("/"), b.split("/")];
  const own = (mine: readonly string[], other: readonly string[]): string =>
    mine.filter((part, index) => part !== other[index]).join("/");
  return [own(left, right) || a, own(right, left) || b];
}

/** What one lab is at: since when, for how long. */
interface Doing {
  readonly run?: { readonly start: number; readonly seconds: number; readonly title: string };
  readonly work?: { readonly start: number; readonly seconds: number | undefined; readonly title: string };
  readonly resource: string;
  /** What is known so far about the cell of the last run. */
  readonly estimates?: readonly Estimate[];
}

/** State of the moving lines: the campaign and each lab, blank when there is but one. */
export interface Moving {
  readonly campaign?: { readonly start: number; readonly seconds: number };
  readonly labs: Readonly<Record<string, Doing>>;
}

/** Estimates that are shown at the same time. */
const shownEstimates = 3;

/** The lines that move, for a moment; pure. */
export function movingLines({ campaign, labs }: Moving, now: number, width: number): string[] {
  return [
    ...(campaign === undefined ? [] : [bar("campaign", now - campaign.start, campaign.seconds, width)]),
    ...Object.values(labs).flatMap((doing) => doingLines(doing, now, width)),
  ].map((line) => (line.length > width ? `${line.slice(0, width - 1)}…` : line));
}

function doingLines({ run, work, resource, estimates }: Doing, now: number, width: number): string[] {
  return [
    ...(run === undefined ? [] : [bar(run.title, now - run.start, run.seconds, width)]),
    ...(work === undefined ? [] : [workLine(work, now, width)]),
    ...(resource === "" ? [] : [`  ${resource}`]),
    ...(estimates ?? []).slice(0, shownEstimates).map((estimate) => `  so far: ${estimateLine(estimate)}`),
  ];
}

/** A bar where the length is known, else how long it has taken. */
const workLine = ({ title, start, seconds }: NonNullable<Doing["work"]>, now: number, width: number): string =>
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
  let moving: Moving = { labs: {} };
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
  const name = event.lab ?? "";
  const doing = moving.labs[name] ?? { resource: "" };
  const labs = { ...moving.labs, [name]: doingAfter(doing, event, now) };
  if (event.kind === "look" && event.ends !== null) return { labs };
  if (event.kind === "campaign") return { labs, campaign: { start: now, seconds: event.expectedSeconds } };
  if (event.kind !== "run" || event.state !== "started") return { ...moving, labs };
  return { labs, campaign: { start: now, seconds: event.remainingSeconds } };
}

function doingAfter({ work, run, ...kept }: Doing, event: LabEvent, now: number): Doing {
  const running = { ...(work === undefined ? {} : { work }), ...(run === undefined ? {} : { run }) };
  switch (event.kind) {
    case "run":
      if (event.state !== "started") return { ...kept, resource: "" };
      return { ...kept, run: { start: now, seconds: event.expectedSeconds, title: titleOf(event) } };
    case "work": {
      const around = { ...kept, ...(run === undefined ? {} : { run }), resource: "" };
      if (event.state === "done") return around;
      return { ...around, work: { start: now, seconds: event.expectedSeconds, title: event.text } };
    }
    case "resource":
      return { ...kept, ...running, resource: event.state === "started" ? `${event.action} ${event.name}` : "" };
    case "estimates":
      return { ...kept, ...running, estimates: event.estimates };
    default:
      return { ...kept, ...running };
  }
}

const titleOf = ({ index, runs, cell }: { index: number; runs: number; cell: string }): string =>
  `[${index}/${runs}] ${cell}`;
