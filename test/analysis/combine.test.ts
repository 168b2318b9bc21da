import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Bundle } from "../../analysis/bundle.ts";
import { bedsApart, combineBundles } from "../../analysis/combine.ts";
import { figureTable } from "../../analysis/figures/index.ts";
import { viewOf } from "../../analysis/figures/view.ts";
import { inferenceOf } from "../../analysis/looks.ts";
import { kernelShares } from "../../analysis/kernelShare.ts";
import { analyzeTogether } from "../../analysis/main.ts";
import { renderMarkdown } from "../../analysis/report/markdown.ts";
import { sideBySidePart } from "../../analysis/report/sections/sideBySide.ts";
import { thesisIndexPart } from "../../analysis/report/sections/thesisIndex.ts";
import { analyzeCommand } from "../../cli/commands/analyze.ts";
import { syntheticBundle } from "../support/bundle.ts";
import { edited } from "../support/bundleEdits.ts";
import { egressOutput, ingressOutput } from "../support/fixtures.ts";
import { temporaryFolder, writeRun } from "../support/runs.ts";
import { marksOf, textsOf } from "../support/svg.ts";
import { fingerprint, thesisEgressBundle, thesisIngressBundle } from "../support/thesisBundle.ts";

const cloud = thesisIngressBundle({ environment: "aks", runs: 4 });
const local = thesisIngressBundle({ environment: "local", runs: 4 });
const both = combineBundles([cloud, local], "results/both");
const plain = (markup: string): string =>
  markup
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
const draw = (bundle: Bundle, name: string): string =>
  figureTable.find((kind) => kind.name === name)?.render(viewOf(bundle)) ?? "";

describe("cloud beside local", () => {
  it("keeps every run, cell and number of both, and changes neither", () => {
    expect(both.records).toHaveLength(cloud.records.length + local.records.length);
    expect(both.cells.map(({ id }) => id).sort()).toEqual([...cloud.cells, ...local.cells].map(({ id }) => id).sort());
    expect(new Set(both.records.map(({ run_id }) => run_id)).size).toBe(both.records.length);
    expect(both.tables.samples.map(({ value }) => value)).toEqual(
      [...cloud.tables.samples, ...local.tables.samples].map(({ value }) => value),
    );
    expect(both.tables.summary.map(({ mean }) => mean)).toEqual(
      [...cloud.tables.summary, ...local.tables.summary].map(({ mean }) => mean),
    );
    expect(cloud).toEqual(thesisIngressBundle({ environment: "aks", runs: 4 }));
  });

  it("gives no verdict across unlike beds; those inside each bundle stay as they are", () => {
    expect(both.sideBySide?.alike).toBe(false);
    expect(both.tables.comparisons).toEqual([...cloud.tables.comparisons, ...local.tables.comparisons]);
    for (const { a, b } of both.tables.comparisons) expect(a.split("/")[0]).toBe(b.split("/")[0]);
  });

  it("says what each bundle is and in what the beds differ, in report and Markdown", () => {
    const text = plain(sideBySidePart({ view: viewOf(both) }).text);
    expect(text).toContain("stand beside each other without a verdict");
    expect(text).toMatch(/thesis-ingress-aks aks Standard_A2_v2, Linux 5\.15\.0-1098-azure 8 32 of 32/);
    expect(text).toMatch(/node size Standard_A2_v2 not recorded/);
    expect(text).toMatch(/environment aks local/);
    expect(renderMarkdown(both)).toMatch(/\| environment \| aks \| local \|/);
    expect(plain(sideBySidePart({ view: viewOf(cloud) }).text)).toBe("");
  });

  it.each([
    ["host-vus", ["cloud (AKS): CPU, cores", "cloud (AKS): memory, GiB", "local (kind): CPU, cores"]],
    ["split-share", ["cloud (AKS): share of the first backend, %", "local (kind): share of the first backend, %"]],
  ])("figures 5.9 to 5.11 have a panel for each environment: %s", (name, headings) => {
    const svg = draw(both, name);
    expect(textsOf(svg)).toEqual(expect.arrayContaining(headings));
    const alone = marksOf(draw(cloud, name)).filter(({ kind }) => kind === "mean");
    const titles = marksOf(svg).flatMap(({ kind, title }) => (kind === "mean" ? [title] : []));
    expect(titles).toHaveLength(2 * alone.length);
    expect(titles).toEqual(expect.arrayContaining(alone.map(({ title }) => title)));
  });

  it("each bundle's runs have a clock of their own in the figures of drift and time", () => {
    const texts = textsOf(draw(both, "drift")).join("\n");
    expect(texts).toMatch(/thesis-ingress-aks: Ingress: requests per second.*n = 32/);
    expect(texts).toMatch(/thesis-ingress-local: Ingress: requests per second.*n = 32/);
    expect(textsOf(draw(both, "time"))).toEqual(expect.arrayContaining(["thesis-ingress-aks", "thesis-ingress-local"]));
  });

  it("the thesis' figures of both environments are found, the egress ones named as absent", () => {
    const figures = [{ name: "host-vus", section: "resources" as const, caption: "", svg: "" }];
    const text = plain(thesisIndexPart({ view: viewOf(both), figures }).text);
    expect(text).toContain("5.9 a, b CPU and memory against virtual users, cloud host-vus");
    expect(text).toContain("5.10 a, b CPU and memory against virtual users, local host-vus");
    expect(text).toContain("5.1 a mean CPU of the egress cases no egress cell in this campaign");
    expect(plain(thesisIndexPart({ view: viewOf(cloud), figures }).text)).toContain("no ingress cell on local");
  });
});

describe("bundles of one bed", () => {
  const only = (cni: string): Bundle => {
    const whole = thesisEgressBundle({ runs: 4 });
    return {
      ...edited(whole, { record: (run) => (run.cell.cni === cni ? run : null) }),
      name: `${cni}-only`,
      plan: null,
    };
  };

  it("are compared across: each CNI's cell with the other's of the same path", () => {
    const { sideBySide, tables } = combineBundles([only("antrea"), only("cilium")], "x");
    expect(sideBySide).toMatchObject({ alike: true, differences: [], unknown: [] });
    const across = tables.comparisons.filter(({ a, b }) => a.split("/")[1] !== b.split("/")[1]);
    expect(across.map(({ a, b, metric, phase }) => [a, b, metric, phase])).toContainEqual([
      "local/cilium/egress/gateway",
      "local/antrea/egress/gateway",
      "goodput",
      "saturated",
    ]);
    const goodput = across.find(({ a, metric }) => a.endsWith("/gateway") && metric === "goodput");
    expect(goodput?.effect).toBeCloseTo(6.3 / 7.6, 2);
    expect(goodput?.verdict).toBe("different");
  });

  it("the same cell in both is told apart by its bundle, and compared", () => {
    const again = { ...only("cilium"), name: "cilium-only" };
    const { cells, tables, sideBySide } = combineBundles([only("cilium"), again], "x");
    expect(sideBySide?.parts.map(({ name }) => name)).toEqual(["cilium-only", "cilium-only #2"]);
    expect(cells.map(({ environment }) => environment)).toEqual(
      expect.arrayContaining(["local in cilium-only", "local in cilium-only #2"]),
    );
    const same = tables.comparisons.filter(
      ({ a, b }) =>
        a === "local in cilium-only #2/cilium/egress/base" && b === "local in cilium-only/cilium/egress/base",
    );
    expect(same.map(({ metric }) => metric)).toContain("goodput");
    for (const { effect } of same) expect(effect).toBeCloseTo(1, 9);
  });

  it("intervals across hold under the looks of a campaign that could end early", () => {
    const inference = inferenceOf(
      {
        stopping: {
          rule: "until",
          method: "",
          alpha: 0.05,
          halfWidth: 0.04,
          minBlocks: 2,
          maxBlocks: 20,
          budget_s: null,
        },
      },
      only("cilium").records,
    );
    const { tables, inference: both } = combineBundles([only("antrea"), { ...only("cilium"), inference }], "x");
    const across = tables.comparisons.filter(({ a, b }) => a.split("/")[1] !== b.split("/")[1]);
    expect(both.level).toBe(inference.level);
    expect(inference.level).toBeGreaterThan(0.95);
    const tested = across.filter(({ effect }) => effect !== null);
    expect(tested.length).toBeGreaterThan(0);
    for (const { ci_level } of tested) expect(ci_level).toBe(inference.level);
  });

  it("a bundle without environment.json stands beside, without a verdict", () => {
    const { sideBySide } = combineBundles([only("antrea"), { ...only("cilium"), environment: null }], "x");
    expect(sideBySide).toMatchObject({ alike: false, unknown: ["cilium-only"] });
  });

  it("facts of a scenario count only among bundles that have it", () => {
    const egress = { cells: thesisEgressBundle({ runs: 1 }).cells, environment: fingerprint("local", "egress") };
    const ingress = { cells: local.cells, environment: fingerprint("local", "ingress") };
    expect(bedsApart([egress, ingress])).toEqual([]);
    expect(
      bedsApart([egress, { ...ingress, environment: fingerprint("aks", "ingress") }]).map(({ fact }) => fact),
    ).toContain("kernel");
  });
});

describe("share of the kernel's own path", () => {
  const bed = fingerprint("local", "egress");
  const yardstick: Bundle = {
    ...edited(syntheticBundle(), { record: (run) => (run.cell.scenario === "egress" ? run : null) }),
    environment: { ...bed, bed: { ...bed.bed, environment: "netns" } },
  };

  it("is that of each cell over kernel base on the same machine", () => {
    const whole = combineBundles([yardstick, thesisEgressBundle({ runs: 4 })], "x");
    const { shares, refused } = kernelShares(whole);
    expect(refused).toEqual([]);
    const of = (id: string) => shares.find(({ cell }) => cell.id === id);
    expect(of("netns/kernel/egress/gateway")?.share).toBeCloseTo(0.9, 6);
    const cilium = of("local/cilium/egress/gateway");
    expect(cilium?.share).toBeCloseTo(6.3e9 / 10e9, 2);
    expect(cilium?.low).toBeLessThan(0.63);
    expect(cilium?.high).toBeGreaterThan(0.63);
    expect([cilium?.n, cilium?.n_base]).toEqual([4, 3]);
    const titles = marksOf(draw(whole, "kernel-share")).map(({ title }) => title);
    expect(titles.find((title) => title.startsWith("local, cilium, gateway"))).toMatch(
      /: 6[23]\.\d % \([\d.]+ to [\d.]+ %\), n = 4 of 3$/,
    );
  });

  it("is refused on another machine or with another load tool, and says why", () => {
    const other = thesisEgressBundle({ runs: 4 });
    const elsewhere = { ...other, environment: { ...bed, bed: { ...bed.bed, kernel: "5.4.0", iperf3: "3.12" } } };
    const { shares, refused } = kernelShares(combineBundles([yardstick, elsewhere], "x"));
    expect(shares.map(({ cell }) => cell.id)).toEqual(["netns/kernel/egress/gateway"]);
    expect(refused).toHaveLength(4);
    expect(refused[0]).toContain("kernel 6.12.0 against 5.4.0");
    expect(refused[0]).toContain("iperf3 3.19 against 3.12");
  });

  it("without a yardstick there is none", () => {
    expect(kernelShares(thesisEgressBundle({ runs: 2 }))).toEqual({ shares: [], refused: [] });
  });
});

describe("lab analyze with several bundles", () => {
  const bundleOn = async (parent: string, name: string, kernel: string): Promise<string> => {
    const dir = join(parent, name);
    await writeRun(dir, egressOutput(), "egress-gateway");
    await writeRun(dir, ingressOutput(), "ingress");
    await writeFile(join(dir, "environment.json"), JSON.stringify({ schema: 1, bed: { kernel }, under_test: {} }));
    return dir;
  };
  const contents = async (dir: string): Promise<string[]> => (await readdir(dir, { recursive: true })).sort();

  it("writes tables, figures and report into the folder given and nothing into the bundles", async () => {
    const parent = await temporaryFolder();
    const dirs = [await bundleOn(parent, "a", "6.1"), await bundleOn(parent, "b", "6.2")];
    const before = await Promise.all(dirs.map(contents));
    const { report, bundle } = await analyzeTogether(dirs, join(parent, "out"));
    expect(await Promise.all(dirs.map(contents))).toEqual(before);
    expect(await readFile(report, "utf8")).toContain("without a verdict");
    expect(bundle.records.map(({ run_id }) => run_id.split("/")[0]).sort()).toEqual(["a", "a", "b", "b"]);
    const samples = await readFile(join(parent, "out", "samples.csv"), "utf8");
    expect(samples).toContain("netns in a/kernel/egress/gateway");
    expect(samples).toContain("netns in b/kernel/egress/gateway");
    const words = (await readFile(report, "utf8")).replace(/<script>[\s\S]*<\/script>/, "");
    expect(words).not.toMatch(/NaN|undefined/);
  });

  it("refuses a folder that is a bundle or lies in one, a bundle twice, and what is none", async () => {
    const parent = await temporaryFolder();
    const a = await bundleOn(parent, "a", "6.1");
    const b = await bundleOn(parent, "b", "6.2");
    await mkdir(join(parent, "empty"));
    const run = (bundles: string[], output?: string) =>
      analyzeCommand(parent, bundles, output === undefined ? {} : { output });
    await expect(run([a, b], a)).rejects.toThrow("is a bundle itself");
    await expect(run([a, b], join(b, "figures"))).rejects.toThrow(`is inside the bundle ${b}`);
    await expect(run([a, a])).rejects.toThrow("is given twice");
    await expect(run([a, join(parent, "empty"), join(parent, "none")])).rejects.toThrow(
      /empty, .*none are no bundles: they have no folder runs\//,
    );
  });
});
