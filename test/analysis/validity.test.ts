import { describe, expect, it } from "vitest";
import type { EgressEvidence, Evidence, IngressPhase } from "../../analysis/evidence.ts";
import { defaultLimits, judge } from "../../analysis/validity.ts";

const sound: Evidence = {
  outcome: { ok: true, error: "" },
  restarted: [],
  problems: [],
  toolErrors: [],
  egress: null,
  ingress: null,
  generator: [],
  monitoring: [],
  scrape_s: 1,
};

const probes = {
  target: "10.0.0.20",
  asked: 10,
  expected: 10,
  wrong: 0,
  failed: 0,
  wrongAnswers: [],
  wanted: ["10.0.0.9"],
};
const seen = { address: "10.0.0.9", expected: "10.0.0.9" };
const egress: EgressEvidence = {
  expected: { source: "10.0.0.9", otherSource: "10.0.0.3" },
  hasCounters: true,
  opened: 2,
  logged: [seen, seen],
  counted: [seen, seen],
  sources: [{ address: "10.0.0.9", connections: 2, packets: 100, bytes: 105_200 }],
  leakedAtGateway: 0,
  probes: [probes, { ...probes, target: "10.0.0.21", wanted: ["10.0.0.3"] }],
  strangers: [],
  gateway: { packets: 100, bytes: 105_200 },
  toolBytes: 100_000,
  resets: [],
};
const ingress: IngressPhase = { phase: "closed", made: 1000, counted: 1000, logged: null, errors: 0, dropped: 0 };

const ofEgress = (change: Partial<EgressEvidence>) => judge({ ...sound, egress: { ...egress, ...change } }).reasons;
const ofIngress = (change: Partial<IngressPhase>) => judge({ ...sound, ingress: [{ ...ingress, ...change }] });
const closed = (generator_cpu: number | null, host_idle: number | null) =>
  judge({ ...sound, ingress: [ingress], generator: [{ phase: "closed", generator_cpu, host_idle }] });

describe("validity of a run", () => {
  it("is given when every rule holds", () => {
    expect(judge({ ...sound, egress })).toEqual({ valid: true, reasons: [], voids: [], labels: [] });
    expect(judge({ ...sound, ingress: [ingress] }).valid).toBe(true);
  });

  it("needs both witnesses of every connection", () => {
    expect(ofEgress({ logged: null })).toEqual([
      "the source address is not proven: nothing was recorded by the server's iperf3 log",
    ]);
    expect(ofEgress({ counted: null })).toEqual([
      "the source address is not proven: nothing was recorded by the server's kernel",
    ]);
    expect(ofEgress({ counted: [seen] })).toEqual([
      "the source address is not proven for every connection: iperf3 opened 2, the server's kernel has 1",
    ]);
    expect(ofEgress({ counted: [...(egress.counted ?? []), seen] })).toEqual([]);
    expect(ofEgress({ logged: [...(egress.logged ?? []), seen] })).toHaveLength(1);
    expect(
      ofEgress({ opened: 0, logged: [], counted: [], toolBytes: 0, gateway: { packets: 0, bytes: 0 } }),
    ).toHaveLength(2);
  });

  it("allows bytes at the gateway to differ by the limit, headers taken off, and no more", () => {
    const bytes = (payload: number) => ofEgress({ gateway: { packets: 100, bytes: payload + 5200 } });
    expect(bytes(105_000)).toEqual([]);
    expect(bytes(95_000)).toEqual([]);
    expect(bytes(105_001)).toHaveLength(1);
    expect(bytes(94_999)).toHaveLength(1);
    expect(ofEgress({ gateway: null })).toEqual(["the translating node kept no counter of the measured flow"]);
  });

  it("does not compare bytes and connections of a load that failed, but still sees a wrong source", () => {
    const failed = { ...sound, outcome: { ok: false, error: "" } };
    expect(judge({ ...failed, egress: { ...egress, opened: 9, toolBytes: 1 } }).reasons).toEqual([
      "the load failed: it gave no reason",
    ]);
    expect(
      judge({ ...failed, egress: { ...egress, counted: [{ address: "10.0.0.3", expected: "10.0.0.9" }] } }).reasons,
    ).toHaveLength(2);
  });

  it("allows failed requests up to the limit, which a campaign may set", () => {
    expect(ofIngress({ errors: 1 }).valid).toBe(true);
    expect(ofIngress({ errors: 2 }).reasons).toEqual([
      "2 of 1,000 requests failed (0.20 %), at most 0.1 % are allowed",
    ]);
    const loose = { ...defaultLimits, errors: 0.01 };
    expect(judge({ ...sound, ingress: [{ ...ingress, errors: 10 }] }, loose).valid).toBe(true);
  });

  it("asks that the counts are k6's own", () => {
    expect(ofIngress({ counted: 999 }).reasons).toEqual([
      "the counts per second of phase closed add up to 999 requests, k6 made 1,000",
    ]);
    expect(ofIngress({ logged: 1000 }).reasons).toEqual([]);
    expect(ofIngress({ logged: 998 }).reasons).toEqual([
      "the log of every answer of phase closed has 998 lines, k6 made 1,000 requests",
    ]);
  });
});

describe("validity of a metric", () => {
  it("voids requests and latency, not the split, when the end hosts were the bottleneck", () => {
    expect(closed(0.8, 0.05).voids).toEqual([]);
    expect(closed(null, null).voids).toEqual([]);
    const { valid, voids, labels } = closed(0.81, 0.04);
    expect(valid).toBe(true);
    expect(voids.map(({ metric }) => metric)).toEqual(["requests", "latency_p50", "latency_p99"]);
    expect(voids[0]?.reason).toBe(
      "end-host bound: the generator used 81.0 % of what it may use, at most 80 % are allowed; the host was idle 4.0 % of the time, at least 5 % are needed",
    );
    expect(labels).toEqual([{ phase: "closed", label: "end-host bound" }]);
    expect(ofIngress({ dropped: 1 }).voids[0]?.reason).toBe("end-host bound: 1 iteration could not be started in time");
  });

  it("labels saturating iperf3 always, other egress phases when the end hosts were the bottleneck, and voids neither", () => {
    const generator = ["unloaded", "half", "saturated"].map((phase) => ({
      phase,
      generator_cpu: 0.4,
      host_idle: phase === "half" ? 0.01 : 0.5,
    }));
    const { voids, labels } = judge({ ...sound, egress, generator });
    expect(voids).toEqual([]);
    expect(labels.map(({ phase }) => phase)).toEqual(["half", "saturated"]);
  });

  it.each([
    [{ gap_s: 2.05, samples: 3, resets: [] }, 0, ""],
    [
      { gap_s: 2.2, samples: 3, resets: [] },
      2,
      "monitoring has a gap of 2.2 s in the window, at most 2.0 s are allowed",
    ],
    [{ gap_s: null, samples: 0, resets: [] }, 2, "monitoring has no sample in the window"],
    [{ gap_s: 1, samples: 1, resets: [] }, 2, "monitoring has 1 sample in the window, a rate needs 2"],
    [{ gap_s: 1, samples: 5, resets: ["gateway"] }, 2, "the CPU counter of gateway was reset in the window"],
  ])("looks at the monitoring: %o", (monitoring, voided, reason) => {
    const { valid, voids } = judge({ ...sound, monitoring: [{ phase: "closed", ...monitoring }] });
    expect(valid).toBe(true);
    expect(voids.map(({ metric }) => metric)).toEqual(["cpu", "memory"].slice(0, voided));
    expect(voids[0]?.reason ?? "").toBe(reason);
  });
});
