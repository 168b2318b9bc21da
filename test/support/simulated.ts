/** Campaigns whose truth is known, through the real rule that ends them and the real verdicts. Seeded. */
import { inferenceOf, type Inference } from "../../analysis/looks.ts";
import type { Stopping } from "../../analysis/plan.ts";
import { holmAdjusted } from "../../analysis/statistics/holm.ts";
import { differenceP, logRatio } from "../../analysis/statistics/ratio.ts";
import { plannedLooks } from "../../analysis/statistics/sequential.ts";
import { Observations, type Question } from "../../runner/intervals.ts";
import { levelsOf, stoppingRule } from "../../runner/stopping.ts";
import { seededRandom } from "./random.ts";

type Until = Extract<Stopping, { rule: "until" }>;

export function untilRule(rule: Pick<Until, "minBlocks" | "maxBlocks" | "alpha" | "halfWidth">): Until {
  const looks = plannedLooks(rule.minBlocks, rule.maxBlocks);
  return { rule: "until", method: "", budget_s: null, ...rule, looks };
}

/** Standard normal values (Box and Muller 1958). */
export function normals(seed: number): () => number {
  const random = seededRandom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

const asked = { phase: "saturated", role: "", metric: "goodput" } as const;

/** The mean of one cell; every pair of two and more. */
export function questionsAbout(cells: readonly string[], wanted: number): Question[] {
  if (cells.length === 1) return cells.map((cell) => ({ cell, ...asked, wanted }));
  return cells.flatMap((a, at) => cells.slice(at + 1).map((b) => ({ a, b, ...asked, wanted })));
}

export interface Simulation extends Pick<Until, "minBlocks" | "maxBlocks" | "alpha" | "halfWidth"> {
  readonly campaigns: number;
  /** Standard deviation of the logarithm between runs. */
  readonly cv: number;
  readonly cells: number;
  readonly seed: number;
}

export interface Alarms {
  /** Share of the campaigns in which the first question's interval leaves out the truth at any planned look. */
  readonly anyLook: number;
  /** The same at the look that ends the campaign. */
  readonly atEnd: number;
  /** Share with any difference that holds among all comparisons, at the end. */
  readonly family: number;
  /** Mean number of blocks. */
  readonly blocks: number;
}

/** All cells are equal: whatever is found is false. A single cell is drawn from a normal law, as a mean wants it. */
export function falseAlarms({ campaigns, cv, cells, seed, ...rule }: Simulation): Alarms {
  const stopping = untilRule(rule);
  const normal = normals(seed);
  const names = Array.from({ length: cells }, (_, index) => `cell-${index}`);
  const questions = questionsAbout(names, rule.halfWidth);
  const draw = (): number => (cells === 1 ? 1 + cv * normal() : Math.exp(cv * normal()));
  const level = levelsOf(stopping);
  const inferences = new Map<number, Inference>();
  const inferenceAt = (block: number): Inference => {
    const known = inferences.get(block) ?? inferenceOf({ stopping }, [{ block }]);
    inferences.set(block, known);
    return known;
  };
  let [anyLook, atEnd, family, blocks] = [0, 0, 0, 0];
  for (let campaign = 0; campaign < campaigns; campaign++) {
    const observations = new Observations(questions);
    const values = new Map<string, number[]>(names.map((cell) => [cell, []]));
    let block = 0;
    const ends = stoppingRule(stopping, {
      get block() {
        return block;
      },
      estimates: (at) => observations.estimates(at),
      elapsed: () => 0,
    });
    let [wrong, ended] = [false, 0];
    while (block < stopping.maxBlocks) {
      block += 1;
      for (const cell of names) {
        const value = draw();
        observations.observe({ cell, ...asked }, value);
        if (ended === 0) values.get(cell)?.push(value);
      }
      if (!stopping.looks?.includes(block)) continue;
      const [first] = observations.estimates(level(block));
      const out = first !== undefined && ((first.low ?? 0) > 1 || (first.high ?? 2) < 1);
      wrong ||= out;
      if (ended > 0 || !(ends(block + 1) || block === stopping.maxBlocks)) continue;
      ended = block;
      if (out) atEnd += 1;
    }
    if (wrong) anyLook += 1;
    blocks += ended;
    if (adjusted(questions, values, inferenceAt(ended)).some((p) => p <= rule.alpha)) family += 1;
  }
  return {
    anyLook: anyLook / campaigns,
    atEnd: atEnd / campaigns,
    family: family / campaigns,
    blocks: blocks / campaigns,
  };
}

/** p values as comparisons.csv has them: of the Welch test, under the looks, adjusted by Holm. */
function adjusted(
  questions: readonly Question[],
  values: ReadonlyMap<string, readonly number[]>,
  { p }: Inference,
): number[] {
  const ordinary = questions.flatMap((question) => {
    if ("cell" in question) return [];
    const compared = logRatio(values.get(question.a) ?? [], values.get(question.b) ?? []);
    return compared === null ? [] : (differenceP(compared) ?? []);
  });
  return holmAdjusted(ordinary.map(p));
}
