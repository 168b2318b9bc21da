import { describe, expect, it } from "vitest";
import { judgeClaims } from "../../analysis/claims.ts";
import { compareCells } from "../../analysis/comparisons.ts";
import type { Plan } from "../../analysis/plan.ts";
import type { SecondCount } from "../../analysis/raw/counts.ts";
import { splitPrecision } from "../../analysis/splitPrecision.ts";
import { chanceDistance } from "../../analysis/statistics/splitDistance.ts";
import type { SampleRow } from "../../analysis/tables.ts";
import { drawBinomial, seededRandom } from "../support/random.ts";
import { sample } from "../support/bundle.ts";
import { syntheticRecord } from "../support/record.ts";

const backends = [
  { name: "echo-1", weight: 60 },
  { name: "echo-2", weight: 40 },
];
const run = { run_id: "r", backends };

/** Answers of both backends in each second, after two of warm-up that do not count. */
function counted(seconds: readonly (readonly [first: number, second: number])[]): SecondCount[] {
  return [[500, 0], [500, 0], ...seconds].flatMap((answers, second) =>
    answers.map((requests, backend) => ({ second, backend, requests, errors: 0 })),
  );
}

const part = (seconds: number) => ({ phase: "closed", warmup_s: 2, seconds });
const of = (seconds: readonly (readonly [number, number])[], given: typeof run = run) =>
  splitPrecision(given, { seconds: counted(seconds) }, part(seconds.length));
const times = (count: number, answers: readonly [number, number]) => Array.from({ length: count }, () => answers);

describe("precision of a split", () => {
  it("is the mean distance of whole windows of five seconds, alone and over that of chance", () => {
    // 300/200, 310/190 of 500 each: distances 0 and 0.02; two seconds more fill no window.
    const precision = of([...times(5, [60, 40]), ...times(5, [62, 38]), ...times(2, [100, 0])]);
    expect(precision?.distance).toBeCloseTo(0.01, 12);
    // sqrt(2 / pi) * sqrt(0.6 * 0.4 / 500) = 0.0174810
    expect(precision?.toChance).toBeCloseTo(0.02 / (2 * 0.017481), 4);
  });

  it("leaves out errors and windows without an answer", () => {
    const seconds = counted([...times(5, [60, 40]), ...times(5, [0, 0])]);
    const failed = seconds.map((entry) =>
      entry.backend === 0 && entry.second > 1 ? { ...entry, requests: entry.requests + 9, errors: 9 } : entry,
    );
    // The second window has errors only.
    expect(splitPrecision(run, { seconds: failed }, part(10))).toEqual({ distance: 0, toChance: 0 });
  });

  it("is none where nothing is split or nothing was answered", () => {
    expect(of(times(4, [60, 40]))).toBeNull();
    expect(of(times(5, [0, 0]))).toBeNull();
    for (const weights of [[1], [1, 0], [0, 0]]) {
      const given = {
        ...run,
        backends: weights.map((weight, index) => ({ name: `echo-${String(index + 1)}`, weight })),
      };
      expect(of(times(5, [60, 40]), given)).toBeNull();
    }
  });

  it("is about 1 for a random splitter whatever its load, where the distance itself is not", () => {
    const random = seededRandom(5);
    const drawn = (rate: number) =>
      of(
        Array.from({ length: 2000 }, () => {
          const hits = drawBinomial(random, rate, 0.6);
          return [hits, rate - hits] as const;
        }),
      );
    const [few, many] = [drawn(20), drawn(2000)];
    expect(few?.toChance).toBeCloseTo(1, 0);
    expect(Math.abs((few?.toChance ?? 0) - 1)).toBeLessThan(0.09);
    expect(Math.abs((many?.toChance ?? 0) - 1)).toBeLessThan(0.09);
    expect((few?.distance ?? 0) / (many?.distance ?? 1)).toBeGreaterThan(8);
  });

  it("chance is the mean absolute deviation of the binomial law", () => {
    // By hand over all counts of 50 requests at 0.6.
    let term = 0.4 ** 50;
    let naive = 0;
    for (let hits = 0; hits <= 50; hits++) {
      naive += term * Math.abs(hits / 50 - 0.6);
      term *= ((50 - hits) / (hits + 1)) * (0.6 / 0.4);
    }
    expect(Math.abs(chanceDistance(50, [0.6, 0.4]) / naive - 1)).toBeLessThan(0.01);
    expect(chanceDistance(400, [0.5, 0.3, 0.2])).toBeCloseTo(
      ((Math.sqrt(2 / Math.PI) / 2) * (Math.sqrt(0.25) + Math.sqrt(0.21) + Math.sqrt(0.16))) / 20,
      12,
    );
  });
});

describe("that one gateway splits more precisely than another", () => {
  const random = seededRandom(3);
  const cellOf = (gateway: string) => ({
    ...{
      id: `local/${gateway}/ingress/${gateway}/10vus`,
      environment: "local",
      cni: gateway,
      scenario: "ingress" as const,
    },
    ...{ path: "" as const, gateway, vus: 10, rate: null, weights: "60/40" },
  });
  const [taking, drawing] = [cellOf("taking"), cellOf("drawing")];
  const rows = Array.from({ length: 8 }, (_, index) => index + 1).flatMap((block): SampleRow[] =>
    [taking, drawing].flatMap((cell, at) => {
      const seconds = Array.from({ length: 60 }, () => {
        // One takes turns, one request off at most; the other draws.
        const hits = at === 0 ? 60 + Math.round(random() * 2 - 1) : drawBinomial(random, 100, 0.6);
        return [hits, 100 - hits] as const;
      });
      const value = of(seconds)?.toChance ?? NaN;
      const record = syntheticRecord(cell, { run_id: `${cell.gateway}-${String(block)}`, block, position: at + 1 });
      return [sample(record, ["closed", "", "split_distance_to_chance", value], 0)];
    }),
  );

  it("is a planned comparison with a claim that is confirmed, or refuted the other way", () => {
    const comparison = (expected: "below" | "above"): Plan["comparisons"][number] => ({
      ...{ a: taking.id, b: drawing.id, phase: "closed", role: "", metric: "split_distance_to_chance", margin: 0.05 },
      claim: { text: "it splits closer", source: "thesis, figure 5.13", expect: expected },
    });
    const plan = (expected: "below" | "above"): Plan => ({
      ...{ schema: 1, name: "c", description: "", seed: 1, replication: "reuse", limits: {} },
      stopping: { rule: "fixed", blocks: 8 },
      cells: [taking, drawing].map((cell) => ({ ...cell, lab: "lab" })),
      comparisons: [comparison(expected)],
    });
    for (const [expected, verdict] of [
      ["below", "confirmed"],
      ["above", "refuted"],
    ] as const) {
      const made = plan(expected);
      const judged = judgeClaims(made, compareCells(made.comparisons, rows));
      expect(judged.map((claim) => claim.verdict)).toEqual([verdict]);
      expect(judged[0]?.comparison.effect).toBeLessThan(0.5);
    }
  });
});
