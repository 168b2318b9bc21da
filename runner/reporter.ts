/** What the runner says while it works: events as data, so that a terminal, a log and a program can each show them. */
import type { Span } from "../analysis/campaignLog.ts";
import type { Estimate } from "./intervals.ts";
import type { Look } from "./stopping.ts";

/** `lab` names the lab where several work at the same time. */
export type LabEvent = LabFact & { readonly lab?: string };

type LabFact =
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "warning"; readonly text: string }
  /** Something is built, changed or taken down as a whole. */
  | { readonly kind: "work"; readonly state: "started"; readonly text: string; readonly expectedSeconds?: number }
  | { readonly kind: "work"; readonly state: "done"; readonly text: string; readonly seconds: number }
  | {
      readonly kind: "resource";
      readonly state: "started" | "done" | "failed";
      /** create, update, replace, delete, read, refresh, … */
      readonly action: string;
      readonly type: string;
      readonly name: string;
    }
  /** What the engine, the program or a provider says. */
  | {
      readonly kind: "diagnostic";
      readonly severity: string;
      /** Name of the resource; blank for the stack as a whole. */
      readonly resource: string;
      readonly text: string;
    }
  /** Where the time went: told at the end of each stretch. */
  | ({ readonly kind: "span" } & Omit<Span, "event" | "t_s">)
  /** What is known so far of all that the campaign wants to know. */
  | { readonly kind: "estimates"; readonly level: number; readonly estimates: readonly Estimate[] }
  /** The campaign looked whether it knows enough; `expectedBlocks` is where it will end if spreads stay as they are. */
  | ({ readonly kind: "look"; readonly expectedBlocks: number } & Look)
  | {
      readonly kind: "result";
      readonly bundle: string;
      readonly runs: number;
      readonly report: string;
      readonly failures: readonly { readonly run: string; readonly error: string }[];
      readonly failing: readonly string[];
      readonly findings: readonly string[];
    }
  | {
      readonly kind: "campaign";
      readonly name: string;
      /** Runs that are expected; with a stopping rule there may be up to `mostRuns`. */
      readonly runs: number;
      readonly mostRuns: number;
      /** Runs that the bundle already holds. */
      readonly done: number;
      readonly expectedSeconds: number;
    }
  | {
      readonly kind: "run";
      readonly state: "started";
      readonly run: string;
      readonly cell: string;
      readonly index: number;
      readonly runs: number;
      readonly expectedSeconds: number;
      /** For the rest of the campaign, this run included. */
      readonly remainingSeconds: number;
    }
  | {
      readonly kind: "run";
      readonly state: "valid" | "invalid" | "failed";
      readonly run: string;
      readonly cell: string;
      readonly index: number;
      readonly runs: number;
      readonly seconds: number;
      readonly reasons: readonly string[];
    };

export type Reporter = (event: LabEvent) => void;

/** Tells the start, does the work, tells the end with its time. */
export async function reported<T>(
  report: Reporter,
  text: string,
  work: () => Promise<T>,
  expectedSeconds?: number,
): Promise<T> {
  const start = performance.now();
  report({ kind: "work", state: "started", text, ...(expectedSeconds === undefined ? {} : { expectedSeconds }) });
  const result = await work();
  report({ kind: "work", state: "done", text, seconds: (performance.now() - start) / 1000 });
  return result;
}
