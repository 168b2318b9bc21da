import { createHash } from "node:crypto";
import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import type { Bundle } from "../../analysis/bundle.ts";
import { renderFigures } from "../../analysis/figures/index.ts";
import type { Finding } from "../../analysis/report/finding.ts";
import { findingLines, findings } from "../../analysis/report/findings.ts";
import { renderReport } from "../../analysis/report/report.ts";
import { syntheticBundle } from "../support/bundle.ts";
import { edited, starvedBackend, threeBackends, troubled } from "../support/bundleEdits.ts";

interface Element {
  readonly textContent: string;
  readonly tagName: string;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<Element>;
}

const report = (bundle: Bundle): string => renderReport(bundle, renderFigures(bundle));
const page = (text: string): Element => (parseHTML(text) as unknown as { document: Element }).document;
const bundle = syntheticBundle();
const whole = report(bundle);
/** The report without its script: what a reader sees. */
const shown = (text: string): string => text.replace(/<script>[\s\S]*?<\/script>/, "");

function about(found: readonly Finding[], pattern: RegExp): Finding {
  const finding = found.find(({ text }) => pattern.test(text));
  if (finding === undefined)
    throw new Error(`no finding like ${String(pattern)} in\n${found.map(({ text }) => text).join("\n")}`);
  return finding;
}

describe("findings", () => {
  const found = findings(bundle);

  test("the first five lines answer the five questions", () => {
    expect(findingLines(bundle)).toEqual([
      "Gateway carries 0.90 (0.88 to 0.92, n = 3) of base goodput: 9.00 of 10.0 Gbit/s",
      "Source address proven for all 24 connections in 6 valid egress runs, none leaked",
      "At 100 VUs nginx gives 1.13 (1.10 to 1.15, n = 3) times the requests/s of envoy: 12,400 against 11,000",
      expect.stringMatching(
        /^Split: in all 6 cells within what chance allows; \d of 54 windows outside \(\d\.\d %, 5 % expected\)$/,
      ),
      "1 of 25 runs is invalid and not counted",
    ]);
    expect(findingLines(bundle, 2)).toHaveLength(2);
  });

  test("the split is told with its requests and with what chance allows at that number", () => {
    // 1.96 * sqrt(0.6 * 0.4 / 18,900) = 0.698 points
    const { text, detail } = about(found, /^nginx, 1 VU: the split/);
    expect(text).toMatch(
      /^nginx, 1 VU: the split over 18,900 requests was (59|60)\.\d\/(39|40)\.\d against 60\/40; chance allows ±0\.70 points$/,
    );
    expect(detail).toMatch(/^\d of 9 windows outside the band/);
  });

  test("an invalid run's reason is told", () => {
    expect(about(found, /invalid/).detail).toContain(
      "b1-invalid-gateway: 2 of 4 measured connections came from 10.0.0.3",
    );
  });

  test("where the machine was the limit nothing is ranked", () => {
    const bound = findings(syntheticBundle({ endHostBound: [10, 100] }));
    expect(
      about(
        bound,
        /^At 100 VUs the machine was the limit \(end-host bound\): nginx 12,400 and envoy 11,000 requests\/s$/,
      ).level,
    ).toBe("caution");
    expect(bound.map(({ text }) => text).filter((text) => /^At 100 VUs .* times the requests/.test(text))).toEqual([]);
    // The level that still tells something becomes the headline.
    expect(findingLines(syntheticBundle({ endHostBound: [10, 100] }))[2]).toMatch(/^At 1 VU nginx gives 1\.24/);
  });

  test("one run a cell: no interval, and nothing is told apart", () => {
    const single = findings(syntheticBundle({ runs: 1 }));
    expect(
      about(single, /^Gateway carries 9\.00 of 10\.0 Gbit\/s of base: too few runs to tell apart \(n = 1\)$/).level,
    ).toBe("caution");
    const compared = single.filter(({ text }) => /times|against base/.test(text));
    expect(compared.every(({ level }) => level === "caution")).toBe(true);
  });

  test("intervals that hold 1 are not told apart", () => {
    const noisy = edited(bundle, {
      sample: (row) =>
        row.metric === "goodput" && row.path === "gateway"
          ? { ...row, value: row.value + (row.block === 2 ? 6e9 : 0) }
          : row,
    });
    expect(about(findings(noisy), /goodput/i)).toMatchObject({
      level: "caution",
      text: expect.stringMatching(/^Goodput: cannot tell gateway from base, ratio 1\.\d+ \(/) as string,
    });
  });

  test("no variance: a ratio without width, no crash", () => {
    expect(about(findings(troubled["no variance"]?.() ?? bundle), /base goodput/).text).toContain(
      "0.900 (0.900 to 0.900, n = 3)",
    );
  });

  test("a backend that got nothing is a problem with its name", () => {
    const { text, level } = about(findings(starvedBackend()), /got none/);
    expect(text).toMatch(/^echo-2 got none of [\d,]+ requests in envoy, 1 VU; its weight is 40 %$/);
    expect(level).toBe("problem");
  });

  test("three backends: every share is told", () => {
    expect(about(findings(threeBackends()), /^envoy, 1 VU: the split/).text).toContain(
      "was 50.0/30.0/20.0 against 50/30/20",
    );
  });

  test("a split far from its weights is a problem", () => {
    const wrong = edited(bundle, { window: (row) => ({ ...row, requests: row.backend === "echo-1" ? 650 : 350 }) });
    const { text, level } = about(findings(wrong), /^Split:/);
    expect(text).toBe("Split: 6 of 6 cells further from the weights than chance allows (5 % expected)");
    expect(level).toBe("problem");
    expect(about(findings(wrong), /^envoy, 1 VU: the split/).detail).toContain("Off by 5.00 points");
  });

  test("no valid run comes first, and says that no number counts", () => {
    const [first = ""] = findingLines(troubled["no valid run"]?.() ?? bundle);
    expect(first).toBe("None of the 25 runs is valid: no number in this report counts");
    expect(findingLines(troubled["no run at all"]?.() ?? bundle)).toEqual([
      "This bundle holds no whole run: there is nothing to report",
    ]);
  });

  test("monitoring off, no retransmit, a machine that was not quiet: each is said", () => {
    expect(
      about(findings(troubled["monitoring off"]?.() ?? bundle), /^CPU and memory are void in every run/).level,
    ).toBe("caution");
    expect(
      about(
        findings(troubled["no retransmit"]?.() ?? bundle),
        /^No TCP segment was retransmitted in 6 valid egress runs$/,
      ).level,
    ).toBe("fact");
    const busy = edited(bundle, {
      sample: (row) =>
        row.metric === "cpu" && row.phase === "idle" && row.role === "host" ? { ...row, value: 1 } : row,
    });
    expect(about(findings(busy), /not quiet/).text).toBe(
      "The machine was not quiet: 1.00 of 2 cores were busy before the load began",
    );
    expect(findings(bundle).some(({ text }) => text.includes("not quiet"))).toBe(false);
  });
});

describe("the report", () => {
  const { querySelectorAll } = { querySelectorAll: (selector: string) => [...page(whole).querySelectorAll(selector)] };

  test("is one file: nothing is loaded, and only its own script runs", () => {
    const [script = "", ...others] = [...whole.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text]) => text);
    expect(others).toEqual([]);
    expect(shown(whole)).not.toMatch(/<script|<link|<iframe|<img|@import|url\(|\son\w+=/i);
    expect(script).not.toMatch(/fetch|XMLHttpRequest|import\(|innerHTML|eval|localStorage|cookie/);
    const hash = createHash("sha256").update(script).digest("base64");
    const [policy] = querySelectorAll('meta[http-equiv="Content-Security-Policy"]');
    expect(policy?.getAttribute("content")).toBe(
      `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'`,
    );
    expect(whole.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:/);
    expect(Buffer.byteLength(whole)).toBeLessThan(1.5e6);
  });

  test("comes in the order in which it is read", () => {
    expect(querySelectorAll("h1").map(({ textContent }) => textContent)).toEqual([
      "quick: how well traffic is steered",
    ]);
    expect(querySelectorAll("h2").map(({ textContent }) => textContent.trim())).toEqual([
      "Findings",
      "For your decision",
      "Claims and comparisons",
      "Egress: what leaves the cluster",
      "Ingress: what comes in",
      "CPU and memory",
      "What counts and what does not",
      "Method and limits",
      "Figures of the thesis",
      "Environment",
      "How to reproduce",
    ]);
    expect(whole.indexOf("of 25 runs")).toBeLessThan(whole.indexOf('id="findings"'));
  });

  test("headings do not skip a level, ids are unique, every link has its target", () => {
    const levels = querySelectorAll("h1,h2,h3,h4").map(({ tagName }) => Number(tagName.slice(1)));
    levels.forEach((level, index) => {
      expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1);
    });
    const ids = querySelectorAll("[id]").map((element) => element.getAttribute("id"));
    expect(new Set(ids).size).toBe(ids.length);
    for (const link of querySelectorAll("a[href]")) expect(ids).toContain(link.getAttribute("href")?.slice(1));
  });

  test("tables give mean, interval and unit", () => {
    const [egress] = querySelectorAll("#egress-table table");
    const cells = [...(egress?.querySelectorAll("th,td") ?? [])].map(({ textContent }) =>
      textContent.replace(/\s+/g, " ").trim(),
    );
    expect(cells.slice(0, 6)).toEqual([
      "Cell",
      "n",
      "GoodputGbit/s",
      "Retransmits1/s",
      "RTT, unloadedµs",
      "RTT, saturatedµs",
    ]);
    expect(cells.slice(6, 10)).toEqual(["base", "3", "10.00 (9.75 to 10.25)", "12.00 (11.70 to 12.30)"]);
  });

  test("the proof counts connections and names addresses, invalid runs apart", () => {
    const text = querySelectorAll("#source-address tbody tr").map(({ textContent }) =>
      textContent.replace(/\s+/g, " ").trim(),
    );
    expect(text).toEqual([
      expect.stringContaining("12 of 12"),
      expect.stringContaining("12 of 12"),
      expect.stringMatching(/^gateway, invalid runs ?1/),
    ]);
  });

  test("the split has its windows beside the 5 % that chance gives", () => {
    const rows = querySelectorAll("#split-table tbody tr").map(({ textContent }) =>
      textContent.replace(/\s+/g, " ").trim(),
    );
    expect(rows).toHaveLength(12);
    expect(rows[0]).toMatch(
      /^envoy, 1 VU ?echo-1 ?60\.0 ?[\d,]+ ?[\d.]+ \([\d.]+ to [\d.]+\) ?[+−]\d\.\d\d ?\(±0\.78\) ?\d of 9 \(\d+\.\d %\) ?[\d.]+ \([\d.]+ to [\d.]+\) ?(random|scheduled|sticky or bursty|cannot tell)$/,
    );
  });

  test("CPU over idle is the difference of the same run's windows", () => {
    const row = querySelectorAll("#resources tbody tr")
      .map(({ textContent }) => textContent.replace(/\s+/g, " ").trim())
      .find((text) => /^nginx, 1 VU ?whole host/.test(text));
    // 0.9 less 0.05, both with the same spread of 1 %.
    expect(row).toMatch(/0\.0?50 ?0\.900 \(0\.878 to 0\.922\) ?0\.850 \(0\.829 to 0\.871\)/);
  });

  test("invalid runs, void metrics, labels and notes are listed with their reasons", () => {
    const text = querySelectorAll("#validity")[0]?.textContent ?? "";
    expect(text).toContain("b1-invalid-gateway");
    expect(text).toContain("monitoring has a gap of 3.1 s in the window");
    expect(text).toContain("end-host bound");
    expect(text).toContain("b3-half-made.partial is not a whole run");
  });

  test("the same bundle gives the same text", () => {
    expect(report(syntheticBundle())).toBe(whole);
  });

  test("texts of the bundle are never markup", () => {
    const evil = `<script>alert("1")</script><img src=x onerror='x'>&amp;`;
    const attacked = edited(
      {
        ...bundle,
        name: evil,
        campaign: evil,
        notes: [evil],
        environment: { schema: 1, bed: { [evil]: evil }, under_test: { machine: evil } },
      },
      {
        record: (run) => {
          run.run_id = `${evil}${run.run_id}`;
          run.cell.cni = evil;
          run.versions[evil] = evil;
          run.settings[evil] = evil;
          run.measured.validity.reasons = run.measured.validity.valid ? [] : [evil];
          run.measured.validity.labels.push({ phase: evil, label: evil });
          for (const source of run.measured.proof?.sources ?? []) source.address = evil;
          return run;
        },
        sample: (row) => ({ ...row, run_id: `${evil}${row.run_id}`, cni: evil, invalid_reason: row.valid ? "" : evil }),
        window: (row) => ({ ...row, run_id: `${evil}${row.run_id}` }),
      },
    );
    const text = report(attacked);
    expect(shown(text)).not.toMatch(/<script|<img/);
    expect([...page(text).querySelectorAll("main")][0]?.textContent).toContain(evil);
  });
});

describe.each(Object.entries(troubled))("the report of a bundle with %s", (_, make) => {
  const whole = report(make());
  const text = shown(whole);

  test("is whole and has no number that is none", () => {
    expect(text).toMatch(/<\/html>\s*$/);
    expect(text).not.toMatch(/\bNaN\b|\bundefined\b|Infinity|\[object/);
    expect(text).not.toMatch(/\bnull\b/);
  });

  test("has a target for every link and lines for a terminal", () => {
    const document = page(text);
    const ids = new Set([...document.querySelectorAll("[id]")].map((element) => element.getAttribute("id")));
    for (const link of document.querySelectorAll("a[href]")) expect(ids).toContain(link.getAttribute("href")?.slice(1));
    const lines = findingLines(make());
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(5);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(lines.join("\n")).not.toMatch(/<|NaN|undefined|Infinity/);
  });
});

test("a scenario that was not run is named as missing", () => {
  expect(report(troubled["ingress only"]?.() ?? bundle)).toContain("This campaign has no egress cell");
  expect(report(troubled["egress only"]?.() ?? bundle)).toContain("This campaign has no ingress cell");
  expect(report(troubled["monitoring off"]?.() ?? bundle)).toContain("No run has a CPU value that counts");
  expect(report(troubled["direct beside the gateways"]?.() ?? bundle)).toContain("goes straight to one backend");
});
