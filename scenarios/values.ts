/** Parsers of setting values: text to value, or to the sentence that says what is allowed. Pure. */

export type Parsed<T> = { readonly value: T } | { readonly problem: string };

/** One phase of a run and its measured length in seconds (warm-up not included). */
export interface Phase {
  readonly phase: string;
  readonly seconds: number;
}

/** Weights of the backends, as given: not a percentage, the sum need not be 100. */
export type Weights = readonly [number, number, ...number[]];

/** Phases that carry load, by scenario; `idle` is a window without one. */
export const loadPhases: Readonly<Record<"egress" | "ingress", readonly string[]>> = {
  egress: ["unloaded", "half", "saturated"],
  ingress: ["closed", "open"],
};

const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** Seconds of `500ms`, `30s`, `2m`, `1.5h` or a plain number of seconds; undefined when it is none of these. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim());
  if (match === null) return undefined;
  return Number(match[1]) * (unitSeconds[match[2] ?? "s"] ?? Number.NaN);
}

/** Reads `60/40`: two or more non-negative numbers with a positive sum. */
export function parseWeights(text: string): Parsed<Weights> {
  const problem =
    "must be 2 to 1000 non-negative numbers with a positive sum, separated by a slash, such as 60/40 or 95/5";
  const parts = text.split("/").map((part) => part.trim());
  if (!parts.every((part) => /^\d+(\.\d+)?$/.test(part))) return { problem };
  const [first, second, ...rest] = parts.map(Number);
  if (first === undefined || second === undefined || parts.length > 1000) return { problem };
  const weights: Weights = [first, second, ...rest];
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Number.isFinite(sum) && sum > 0 ? { value: weights } : { problem };
}

/** Reads `idle:5s,unloaded,saturated:30s`; a phase without a length takes `defaultSeconds`. */
export function parsePhases(
  text: string,
  scenario: "egress" | "ingress",
  defaultSeconds: number,
): Parsed<readonly Phase[]> {
  const allowed = ["idle", ...loadPhases[scenario]];
  const phases: Phase[] = [];
  for (const part of text.split(",").map((piece) => piece.trim())) {
    const [name = "", length] = part.split(":").map((piece) => piece.trim());
    if (!allowed.includes(name)) {
      return { problem: `has the phase "${name}"; ${scenario} knows ${allowed.join(", ")}` };
    }
    if (phases.some((phase) => phase.phase === name)) return { problem: `has the phase "${name}" twice` };
    const seconds = length === undefined ? defaultSeconds : parseDuration(length);
    if (seconds === undefined || !Number.isInteger(seconds) || seconds < 1 || seconds > 86_400) {
      return { problem: `gives "${name}" the length "${length ?? ""}"; it must be whole seconds from 1s to 24h` };
    }
    phases.push({ phase: name, seconds });
  }
  return { value: phases };
}

/** Seconds of load: all phases with their warm-up; idle has none. */
export const loadSeconds = ({
  phases,
  warmup,
}: {
  readonly phases: readonly Phase[];
  readonly warmup: number;
}): number => phases.reduce((sum, { phase, seconds }) => sum + seconds + (phase === "idle" ? 0 : warmup), 0);
