import { describe, expect, it } from "vitest";
import { metrics } from "../../analysis/metrics.ts";
import { runRecordSchema } from "../../analysis/record.ts";
import { egressTruth, ingressTruth, syntheticBundle } from "../support/bundle.ts";

const { tables, records, invalid, voids, cells } = syntheticBundle();

describe("the synthetic bundle", () => {
  it("has whole records", () => {
    for (const record of records) expect(runRecordSchema.parse(record)).toEqual(record);
  });

  it("gives the known means back, without the invalid run and the void metric", () => {
    const find = (cell: string, phase: string, role: string, metric: string) =>
      tables.summary.find(
        (row) => row.cell === cell && row.phase === phase && row.role === role && row.metric === metric,
      );
    for (const [cell, truth] of [
      ["netns/kernel/egress/base", egressTruth.base],
      ["netns/kernel/egress/gateway", egressTruth.gateway],
      ["netns/kernel/ingress/nginx/10vus", ingressTruth.nginx[10] ?? []],
    ] as const) {
      expect(truth.length).toBeGreaterThan(10);
      for (const [phase, role, metric, mean] of truth) {
        const row = find(cell, phase, role, metric);
        expect(row?.n).toBe(3);
        expect(row?.mean).toBeCloseTo(mean, mean > 1e6 ? -3 : 9);
      }
    }
    expect(find("netns/kernel/ingress/envoy/10vus", "closed", "host", "cpu")?.n).toBe(2);
    expect(invalid.map(({ cell }) => cell)).toEqual(["netns/kernel/egress/gateway"]);
    expect(voids.map(({ metric }) => metric)).toEqual(["cpu"]);
    expect(cells).toHaveLength(8);
  });

  it("uses only metrics of the data dictionary, with their units", () => {
    const units = new Map<string, string>(metrics.map(({ name, unit }) => [name, unit]));
    for (const { metric, unit } of tables.samples) expect(units.get(metric)).toBe(unit);
  });

  it("is the same for the same seed and another for another", () => {
    expect(syntheticBundle({ seed: 1 })).toEqual(syntheticBundle({ seed: 1 }));
    expect(syntheticBundle({ seed: 2 }).tables.windows).not.toEqual(tables.windows);
  });

  it("splits 60/40 up to chance", () => {
    const split = tables.splits.find(({ cell, backend }) => cell.endsWith("nginx/100vus") && backend === "echo-1");
    expect(split?.weight).toBe(0.6);
    expect(Math.abs((split?.share ?? 0) - 0.6)).toBeLessThan(0.01);
  });
});
