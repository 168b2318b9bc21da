import { describe, expect, it } from "vitest";
import type { Bundle } from "../../analysis/bundle.ts";
import { combineBundles } from "../../analysis/combine.ts";
import { viewOf } from "../../analysis/figures/view.ts";
import { algorithmFindings } from "../../analysis/report/algorithmFindings.ts";
import { findings } from "../../analysis/report/findings.ts";
import { kernelFindings } from "../../analysis/report/kernelFindings.ts";
import { renderMarkdown } from "../../analysis/report/markdown.ts";
import { syntheticBundle } from "../support/bundle.ts";
import { edited, starvedBackend, threeBackends, troubled } from "../support/bundleEdits.ts";
import { fingerprint, thesisEgressBundle, thesisIngressBundle } from "../support/thesisBundle.ts";

describe("the split, in words", () => {
  const of = (bundle: Bundle) => findings(bundle).filter(({ evidence }) => evidence === "split-table");

  it("names cells whose windows scatter more than chance has it, also where the whole meets its weights", () => {
    const [overall] = of(thesisIngressBundle({ runs: 4, dispersion: { cilium: 0.05, antrea: 4 } }));
    expect(overall?.text).toMatch(/^Split: /);
    expect(overall?.level).not.toBe("fact");
    const [, bursty = ""] = /More windows outside than chance gives: (.*)\.$/.exec(overall?.detail ?? "") ?? [];
    expect(bursty.match(/antrea[^(]*\(\d+ of 96\)/g)).toHaveLength(4);
    expect(bursty).not.toContain("cilium");
    const [calm] = of(thesisIngressBundle({ runs: 4, dispersion: { cilium: 0.05, antrea: 0.05 } }));
    expect([calm?.level, calm?.detail]).toEqual(["fact", ""]);
  });

  it("says nothing of cells in which all goes to one backend, and draws none", () => {
    const bundle = troubled["direct beside the gateways"]?.() ?? syntheticBundle();
    const direct = bundle.cells.filter(({ gateway }) => gateway === "direct").map(({ id }) => id);
    expect(direct).not.toEqual([]);
    expect(bundle.tables.splits.some(({ cell }) => direct.includes(cell))).toBe(true);
    expect(of(bundle).filter(({ text }) => text.startsWith("direct"))).toEqual([]);
    expect(
      viewOf(bundle)
        .splits()
        .filter(({ cell }) => direct.includes(cell)),
    ).toEqual([]);
  });
});

describe("how a gateway picks a backend, in words", () => {
  const of = (bundle: Bundle) => algorithmFindings(viewOf(bundle));

  it("is told of each gateway over its load levels, with the lowest and highest index and interval", () => {
    const bundle = thesisIngressBundle({ runs: 4, dispersion: { cilium: 0.05, antrea: 4 } });
    const [antrea, cilium, ...others] = of(bundle).toSorted((a, b) => a.text.localeCompare(b.text));
    expect(others).toEqual([]);
    expect(cilium).toMatchObject({ level: "fact", section: "ingress", evidence: "figure-split-dispersion" });
    expect(cilium?.text).toMatch(/^cilium: backends take turns \(scheduled\), dispersion index 0\.0\d+ to 0\.0\d+ /);
    expect(antrea?.text).toMatch(/^antrea, nginx: backends get runs of requests \(sticky or bursty\)/);
    const rows = bundle.tables.splits.filter(({ cell, backend }) => cell.includes("/cilium/") && backend === "echo-1");
    const [, least, most, low, high, windows] =
      /index ([\d.]+) to ([\d.]+) \(([\d.]+) to ([\d.]+), n = (\d+) windows/.exec(cilium?.text ?? "") ?? [];
    const all = (pick: (row: (typeof rows)[number]) => number | null) => rows.map((row) => pick(row) ?? NaN);
    expect(Number(least)).toBeCloseTo(Math.min(...all(({ dispersion }) => dispersion)), 3);
    expect(Number(most)).toBeCloseTo(Math.max(...all(({ dispersion }) => dispersion)), 3);
    expect(Number(low)).toBeCloseTo(Math.min(...all(({ dispersion_low }) => dispersion_low)), 3);
    expect(Number(high)).toBeCloseTo(Math.max(...all(({ dispersion_high }) => dispersion_high)), 3);
    // Four levels, four runs, 24 windows.
    expect(Number(windows)).toBe(4 * 4 * 24);
  });

  it("of one gateway at one level is one index with its interval", () => {
    const one = edited(thesisIngressBundle({ runs: 4, dispersion: { cilium: 0.05 } }), {
      record: (run) => (run.cell.cni === "cilium" && run.cell.vus === 100 ? run : null),
    });
    const [only, ...others] = of(one);
    expect(others).toEqual([]);
    expect(only?.text).toMatch(
      /^cilium: backends take turns \(scheduled\), dispersion index 0\.0\d+ \(0\.0\d+ to 0\.0\d+, n = 96 windows\)$/,
    );
    expect(only?.detail).toBe("Observed over binomial variance of the windows: 1 for a draw at each request.");
  });

  it("too few windows cannot tell", () => {
    for (const { text, level } of of(syntheticBundle())) {
      expect(text).toContain("cannot tell how a backend is picked");
      expect(level).toBe("caution");
    }
  });

  it("levels that show different things are counted, not merged", () => {
    const bundle = thesisIngressBundle({ runs: 4 });
    const splits = bundle.tables.splits.map((row) => {
      const algorithm = row.cell.endsWith("/1vus") ? ("cannot tell" as const) : ("scheduled" as const);
      return { ...row, algorithm: row.cell.endsWith("/10vus") ? ("random" as const) : algorithm };
    });
    const [first] = of({ ...bundle, tables: { ...bundle.tables, splits } });
    expect(first?.text).toMatch(/: 4 cases do not agree on how a backend is picked: /);
    expect(first?.text).toContain("random in 1");
    expect(first?.text).toContain("scheduled in 2");
    expect(first?.text).toContain("cannot tell in 1");
    expect(first?.level).toBe("caution");
  });

  it("names each of three backends, says nothing where nothing is split, and never NaN", () => {
    const [three] = of(threeBackends());
    expect(three?.detail).toMatch(/echo-1: .*echo-2: .*echo-3: /);
    expect(of(starvedBackend())).toEqual([]);
    for (const make of Object.values(troubled)) {
      for (const { text, detail } of findings(make())) {
        expect(`${text} ${detail}`).not.toMatch(/NaN|undefined|Infinity/);
      }
    }
  });
});

describe("gateways at one level, in words", () => {
  it("are compared also where each runs on a CNI of its own, and named with it", () => {
    const found = findings(thesisIngressBundle({ runs: 4 })).map(({ text }) => text);
    expect(found).toContainEqual(
      expect.stringMatching(
        /^At 1000 VUs cilium gives 1\.\d\d \(.*, n = 4\) times the requests\/s of antrea with nginx: 4,700 against 4,000$/,
      ),
    );
    expect(found.join("\n")).not.toContain("no other gateway");
  });

  it("have shares as fine as what chance allows", () => {
    const found = findings(thesisIngressBundle({ runs: 16 })).map(({ text }) => text);
    const fine = found.find((text) => text.startsWith("cilium, 100 VUs: the split"));
    expect(fine).toMatch(/was \d\d\.\d\d\/\d\d\.\d\d against 60\/40; chance allows ±0\.0\d points$/);
  });
});

describe("share of the kernel's own path, in words", () => {
  const bed = fingerprint("local", "egress");
  const yardstick: Bundle = {
    ...edited(syntheticBundle(), { record: (run) => (run.cell.scenario === "egress" ? run : null) }),
    environment: { ...bed, bed: { ...bed.bed, environment: "netns" } },
  };
  const of = (bundle: Bundle) => kernelFindings(viewOf(bundle));

  it("is told of each cell of a CNI with interval, runs and both goodputs, in report.md too", () => {
    const whole = combineBundles([yardstick, thesisEgressBundle({ runs: 4 })], "x");
    const found = of(whole);
    expect(found).toHaveLength(4);
    const cilium = found.find(({ text }) => text.startsWith("local, cilium, gateway"));
    expect(cilium).toMatchObject({ level: "fact", evidence: "figure-kernel-share" });
    expect(cilium?.text).toMatch(
      /^local, cilium, gateway reaches 6[23]\.\d % \(\d+\.\d to \d+\.\d %, n = 4 and 3\) of the kernel's own path: 6\.30 of 10\.0 Gbit\/s$/,
    );
    expect(renderMarkdown(whole)).toContain("of the kernel's own path: 6.30 of 10.0 Gbit/s");
  });

  it("on another bed there is none, and it says in what the beds differ", () => {
    const other = thesisEgressBundle({ runs: 4 });
    const elsewhere = { ...other, environment: { ...bed, bed: { ...bed.bed, kernel: "5.4.0" } } };
    const [refused, ...others] = of(combineBundles([yardstick, elsewhere], "x"));
    expect(others).toEqual([]);
    expect(refused?.text).toBe("No share of the kernel's own path for 4 of 5 egress cells: they stand on another bed");
    expect(refused?.detail).toContain("kernel 6.12.0 against 5.4.0");
    expect(refused?.detail).toContain("and 2 more");
  });

  it("one run is too few, and a bundle of the kernel alone has nothing to tell", () => {
    const one = combineBundles([yardstick, thesisEgressBundle({ runs: 1 })], "x");
    expect(of(one)[0]?.text).toContain("too few runs that count (n = 1 and 3)");
    expect(of(yardstick)).toEqual([]);
  });
});
