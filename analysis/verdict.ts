/** What two sets of runs allow to say: different, equivalent, or not enough data, each with its reason. Pure. */
import { count, percent } from "./format.ts";
import { runsNeeded, smallestDetectable, type Test } from "./statistics/power.ts";
import {
  differenceP,
  equivalenceP,
  logRatio,
  ratioInterval,
  type LogRatio,
  type RatioEffect,
} from "./statistics/ratio.ts";

/** Allowed chance of a false `different` among all comparisons of a family. */
export const alpha = 0.05;
/** Half of it on each side, so that `equivalent` always means that the 95 % interval shown lies inside the margin. */
const equivalenceAlpha = alpha / 2;
/** The smallest difference that matters, where a campaign names none: ratios from 1/1.05 to 1.05 are as good as equal. */
export const defaultMargin = 0.05;
/** Chance to find what is there, for the number of runs that would settle a comparison. */
const power = 0.8;
/** Runs that differ by less than this part have no spread of a measurement, only of rounding. */
const rounding = 1e-9;

/** The values of a metric that count, one for each run, and why others do not. */
export interface Side {
  readonly cell: string;
  readonly counted: readonly number[];
  /** Reasons of the values that are invalid or void. */
  readonly reasons: readonly string[];
}

/** Two sides before the adjustment for many comparisons. */
export type Tested =
  | {
      readonly kind: "tested";
      readonly ratio: LogRatio;
      readonly differs: number;
      readonly alike: number;
      readonly runs: number;
    }
  | { readonly kind: "untested"; readonly reason: string };

/** The p values of a comparison after the adjustment, and the number of comparisons that it was adjusted for. */
export interface Adjusted {
  readonly differs: number;
  readonly alike: number;
  readonly family: number;
}

export type Verdict =
  | { readonly verdict: "different"; readonly reason: string }
  | { readonly verdict: "equivalent"; readonly reason: string }
  | {
      readonly verdict: "not enough data";
      readonly reason: string;
      /** Runs on each side that would settle it; null when that cannot be known or is out of reach. */
      readonly runs_needed: number | null;
    };

/** Tests two sides for a difference (Welch) and for equivalence (TOST), both on the log ratio, or says why it cannot. */
export function testSides(a: Side, b: Side, margin: number): Tested {
  const problem = tooLittle(a) ?? tooLittle(b);
  if (problem !== null) return { kind: "untested", reason: problem };
  const ratio = logRatio(a.counted, b.counted);
  if (ratio === null)
    return {
      kind: "untested",
      reason: `${notPositive(a) ? a.cell : b.cell} has a value that is not above zero: there is no ratio`,
    };
  const [differs, alike] = [differenceP(ratio), equivalenceP(ratio, margin)];
  if (differs === null || alike === null || ratio.deviation < rounding) {
    return {
      kind: "untested",
      reason: "no value differs between the runs of a side: what chance does cannot be known",
    };
  }
  return { kind: "tested", ratio, differs, alike, runs: Math.min(a.counted.length, b.counted.length) };
}

/**
 * The verdict of a tested comparison. Inside the margin is `equivalent`, even where a small difference is certain.
 * @param level of the interval that is shown: above 95 % where the campaign could end early (see looks.ts)
 */
export function judge(
  tested: Extract<Tested, { kind: "tested" }>,
  adjusted: Adjusted,
  margin: number,
  level = 1 - alpha,
): Verdict {
  const effect = ratioInterval(tested.ratio, level);
  const interval = `${change(effect.low)} to ${change(effect.high)}`;
  if (adjusted.alike <= equivalenceAlpha) {
    const small = adjusted.differs <= alpha ? ", so the difference, which is certain, is too small to matter" : "";
    return {
      verdict: "equivalent",
      reason: `the interval, ${interval}, lies inside the margin of ${percent(margin, 0)}${small}`,
    };
  }
  if (adjusted.differs <= alpha) {
    const side = effect.effect < 0 ? "below" : "above";
    return { verdict: "different", reason: `a is ${percent(Math.abs(effect.effect), 1)} ${side} b (${interval})` };
  }
  const detectable = smallestDetectable(
    tested.ratio.deviation,
    tested.runs,
    power,
    differenceTest(adjusted.family, level),
  );
  return {
    verdict: "not enough data",
    reason: `the interval, ${interval}, ${openQuestion(effect, margin, adjusted.family)}; ${count(tested.runs, "run")} a side with this spread find a difference of ${size(Math.exp(detectable))} four times in five`,
    runs_needed: runsToSettle(tested, adjusted.family, margin, level),
  };
}

/**
 * Runs on each side that end in a verdict with 80 % power if effect and spread stay as they are: enough to find the
 * difference, or to show that it is inside the margin, whichever takes fewer. Counted at the strictest step of Holm's
 * adjustment, and at 90 % for each of the two sides of the margin.
 */
function runsToSettle(
  { ratio, runs }: Extract<Tested, { kind: "tested" }>,
  family: number,
  margin: number,
  level: number,
): number | null {
  const find = runsNeeded(ratio.difference, ratio.deviation, power, differenceTest(family, level));
  const room = Math.log1p(margin) - Math.abs(ratio.difference);
  const bound =
    room <= 0
      ? null
      : runsNeeded(room, ratio.deviation, (1 + power) / 2, { alpha: (1 - level) / 2 / family, sides: 1 });
  const fewest = [find, bound].filter((needed) => needed !== null).sort((x, y) => x - y)[0];
  return fewest === undefined ? null : Math.max(fewest, runs + 1);
}

const differenceTest = (family: number, level: number): Test => ({ alpha: (1 - level) / family, sides: 2 });

function openQuestion({ low, high }: RatioEffect, margin: number, family: number): string {
  const among = `does not hold among ${count(family, "comparison")}`;
  if (low > 0 || high < 0) return `leaves out no difference, but that ${among}`;
  const inside = high < margin && low > 1 / (1 + margin) - 1;
  return inside
    ? `lies inside the margin of ${percent(margin, 0)}, but that ${among}`
    : `holds both no difference and more than the margin of ${percent(margin, 0)}`;
}

function tooLittle({ cell, counted, reasons }: Side): string | null {
  if (counted.length >= 2) return null;
  const [first, ...others] = new Set(reasons);
  const more = others.length === 0 ? "" : ` (and ${count(others.length, "more reason")})`;
  const why = first === undefined ? "" : `: ${first}${more}`;
  const all = counted.length + reasons.length;
  if (all === 0) return `no run of ${cell} has a value`;
  if (counted.length === 0) return `no value of ${cell} counts, of ${count(all, "run")}${why}`;
  return `only one value of ${cell} counts, of ${count(all, "run")}, and a spread takes two${why}`;
}

const notPositive = ({ counted }: Side): boolean => counted.some((value) => !(value > 0));

/** 0.07 → "+7.0 %" */
function change(part: number): string {
  return `${part >= 0 ? "+" : ""}${percent(part, 1)}`;
}

/** 1.07 → "7 %", 2.5 → "a factor of 2.5" */
function size(ratio: number): string {
  if (ratio < 2) return percent(ratio - 1, 0);
  return ratio < 100 ? `a factor of ${ratio.toFixed(1)}` : "a factor of more than 100";
}
