import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { combinations, loadCampaign, readCampaign } from "../../runner/campaign.ts";
import { questionsOf, scheduleOf, takesTurns } from "../../runner/campaignPlan.ts";
import { LabError } from "../../runner/errors.ts";
import { loadSeconds } from "../../runner/estimate.ts";

function mistakes(text: string): readonly string[] {
  try {
    readCampaign(text, "c.yaml");
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    expect(error.kind).toBe("input");
    return error.details;
  }
  throw new Error("no mistake was found");
}

test("the quick campaign holds the eight cells of npm start, three runs each, in two labs", () => {
  const campaign = loadCampaign("campaigns/quick.yaml");
  expect([campaign.name, campaign.blocks]).toEqual(["quick", 3]);
  expect(campaign.cells.map(({ id }) => id)).toEqual([
    "netns/kernel/egress/base",
    "netns/kernel/egress/gateway",
    "netns/kernel/ingress/nginx/1vus",
    "netns/kernel/ingress/nginx/10vus",
    "netns/kernel/ingress/nginx/100vus",
    "netns/kernel/ingress/envoy/1vus",
    "netns/kernel/ingress/envoy/10vus",
    "netns/kernel/ingress/envoy/100vus",
  ]);
  expect(new Set(campaign.cells.map(({ lab }) => lab)).size).toBe(2);
  expect(campaign.cells.map(({ read }) => read.window)).toEqual(Array.from({ length: 8 }, () => 1));
  const load = campaign.cells.reduce((sum, { read }) => sum + loadSeconds(read), 0) * campaign.blocks;
  expect(load).toBeLessThan(240);
});

test("lists become all combinations, the first key slowest", () => {
  expect(combinations({ a: [1, 2], b: 3, c: [4, 5] })).toEqual([
    { a: 1, b: 3, c: 4 },
    { a: 1, b: 3, c: 5 },
    { a: 2, b: 3, c: 4 },
    { a: 2, b: 3, c: 5 },
  ]);
});

test("property: the number of combinations is the product of the lists' lengths, and each value comes up", () => {
  const entry = fc.dictionary(
    fc.constantFrom("a", "b", "c", "d"),
    fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 4 }),
  );
  fc.assert(
    fc.property(entry, (lists) => {
      const all = combinations(lists);
      expect(all).toHaveLength(Object.values(lists).reduce((product, list) => product * list.length, 1));
      for (const [key, list] of Object.entries(lists)) {
        expect([...new Set(all.map((one) => one[key]))].sort()).toEqual([...list].sort());
      }
    }),
  );
});

test("a typo in a key is told with file, line, column and the nearest known key, all mistakes at once", () => {
  const text = `name: x
bloks: 3
blocks: 1
settings:
  wramup: 1s
cells:
  - scenario: egress
    paht: [base]
  - scenario: ingress
    vus: [1, many]
`;
  expect(mistakes(text)).toEqual([
    'c.yaml:2:1: unknown key "bloks"; did you mean "blocks"?',
    'c.yaml:5:3: unknown key "wramup"; did you mean "warmup"?',
    'c.yaml:8:5: unknown key "paht"; did you mean "path"?',
    expect.stringMatching(/^c\.yaml:10:5: vus: "many" must be a whole number/),
  ]);
});

test("values out of range are told at their place, as the settings say them", () => {
  const text = `blocks: 1
settings: { warmup: 1s }
cells:
  - scenario: ingress
    vus: [1, 0]
    weights: 60
`;
  const found = mistakes(text);
  expect(found[0]).toMatch(/^c\.yaml:5:5: vus: "0" must be/);
  expect(found[1]).toMatch(/^c\.yaml:6:5: weights: "60" must be 2 to 1000/);
  expect(found).toHaveLength(2);
});

test.each([
  ["blocks: 1\ncells: []\n", /c\.yaml:2:8: cells: must list at least one cell/],
  ["blocks: 0\ncells: [{ scenario: egress }]\n", /c\.yaml:1:9: blocks: /],
  ["blocks: 1\n", /cells/],
  ["cells: [{ scenario: egress }]\n", /blocks/],
  ["- a\n", /c\.yaml:1:1: /],
  ["", /c\.yaml:1:1: /],
  ["blocks: 1\nblocks: 2\ncells: [{}]\n", /c\.yaml:2:1: Map keys must be unique/],
  ["blocks: [1\n", /^c\.yaml:\d+:\d+: /],
  ["blocks: 1\ncells: [{ scenario: egress, run: x }]\n", /c\.yaml:2:29: "run" is set by the runner/],
  ["blocks: 1\ncells: [{ path: [] }]\n", /c\.yaml:2:17: /],
  ["name: Über\nblocks: 1\ncells: [{}]\n", /c\.yaml:1:7: name: must be up to 30/],
])("%j is refused with its place", (text, message) => {
  expect(mistakes(text).join("\n")).toMatch(message);
});

test("the same cell twice is refused, with both places", () => {
  expect(mistakes("blocks: 1\ncells:\n  - path: base\n  - path: [base, gateway]\n")).toEqual([
    "c.yaml:4:5: the cell netns/kernel/egress/base is already there, at c.yaml:3:5",
  ]);
});

test("cells of one scenario with other durations are refused: they could not be compared", () => {
  expect(mistakes("blocks: 1\ncells:\n  - path: base\n  - path: gateway\n    duration: 5s\n").join()).toContain(
    "c.yaml:5:5: duration differs between cells of egress",
  );
});

test("so are cells on clusters whose load stands elsewhere, or is made by more generators; a default named is none", () => {
  const cells = "blocks: 1\nsettings: { environment: local, scenario: ingress, gateway: envoy }\ncells:\n  - vus: 10\n";
  const more = "  - { vus: 20, load.placement: inside, parallelism: 2 }\n";
  expect(mistakes(cells + more)).toEqual([
    expect.stringMatching(/^c\.yaml:5:16: load\.placement differs between cells of ingress/),
    expect.stringMatching(/^c\.yaml:5:40: parallelism differs between cells of ingress/),
  ]);
  expect(readCampaign(`${cells}  - { vus: 20, load.placement: outside }\n`, "c.yaml").cells).toHaveLength(2);
});

test("a half phase without a base rate is no mistake in a campaign: it is measured first", () => {
  const phases = "phases: 'idle:1s,half:1s,saturated:1s'";
  const { cells } = readCampaign(`blocks: 1\nsettings: {${phases}}\ncells: [{ path: [base, gateway] }]\n`, "c.yaml");
  expect(cells.map(({ needsBaseRate }) => needsBaseRate)).toEqual([true, true]);
  const given = readCampaign(`blocks: 1\nsettings: {${phases}, baseRate: 1000}\ncells: [{}]\n`, "c.yaml");
  expect(given.cells[0]?.needsBaseRate).toBe(false);
});

test("the file's name names the campaign when it has none", () => {
  expect(readCampaign("blocks: 1\ncells: [{}]\n", "/some/My First_one.yaml").name).toBe("my-first-one");
});

test("an alias without its anchor is told with its place", () => {
  expect(mistakes("blocks: 1\ncells:\n  - scenario: *nobody\n")).toEqual([
    "c.yaml:3:15: there is no anchor &nobody for *nobody",
  ]);
});

const egress = `blocks: 9
settings: { phases: "idle:1s,saturated:2s" }
cells: [{ scenario: egress, path: [base, gateway] }]
`;
const ingress = `blocks: 9
cells:
  - { scenario: ingress, gateway: [nginx, envoy, direct], vus: [1, 10], weights: [60/40, 95/5] }
`;

test("what is excluded is left out, by lists and by usual values too; an entry that fits nothing is a mistake", () => {
  const cells = (exclude: string) => readCampaign(`${ingress}exclude:\n${exclude}`, "c.yaml").cells.map(({ id }) => id);
  expect(readCampaign(ingress, "c.yaml").cells).toHaveLength(12);
  expect(cells("  - { gateway: [envoy, direct] }\n  - { vus: 10, weights: 95/5 }\n")).toEqual([
    "netns/kernel/ingress/nginx/1vus",
    "netns/kernel/ingress/nginx/1vus/w95-5",
    "netns/kernel/ingress/nginx/10vus",
  ]);
  expect(mistakes(`${ingress}exclude:\n  - { environment: aks }\n`)).toEqual([
    "c.yaml:5:5: no cell has these settings: correct them, or leave the entry out",
  ]);
  expect(mistakes(`${ingress}exclude:\n  - { environment: netns }\n`)).toEqual([
    "c.yaml:5:3: exclude leaves no cell: take an entry out of it",
  ]);
});

test("a typo below the top is told with the nearest key, name or cell of its place, all at once", () => {
  const text = `${egress}until: { halfWdith: 0.05 }
limits: { errors: 2, hostidle: 0.1 }
replication: rebuilt
comparisons:
  - { a: { path: gatway }, b: { path: base }, metric: goodputt, phase: saturated }
`;
  expect(mistakes(text)).toEqual([
    expect.stringMatching(/^c\.yaml:4:8: until\.halfWidth: must be a share/),
    'c.yaml:4:10: unknown key "halfWdith"; did you mean "halfWidth"?',
    expect.stringMatching(/^c\.yaml:5:19: limits\.errors: must be a share from 0 to 1/),
    'c.yaml:5:22: unknown key "hostidle"; did you mean "hostIdle"?',
    'c.yaml:6:14: replication: must be one of reuse, rebuild; did you mean "rebuild"?',
    expect.stringMatching(/^c\.yaml:8:55: comparisons\.0\.metric: must be one of .* did you mean "goodput"\?$/),
  ]);
});

test.each([
  [
    "{ a: { path: gateway }, b: { path: bass }, metric: goodput, phase: saturated }",
    /:5:29: b fits no cell of this campaign: no cell has path bass, only base, gateway$/,
  ],
  [
    "{ a: netns/kernel/egress/gatewy, b: { path: base }, metric: goodput, phase: saturated }",
    /:5:7: a fits no cell .*did you mean netns\/kernel\/egress\/gateway\?$/,
  ],
  [
    "{ a: { path: gateway }, b: { path: base }, metric: goodput, phase: half }",
    /has no phase "half": its phases are idle, saturated$/,
  ],
  [
    "{ a: { path: gateway }, b: { path: base }, metric: requests, phase: saturated }",
    /requests is not measured in phase saturated of egress/,
  ],
  [
    "{ a: { path: gateway }, b: { path: base }, metric: goodput, phase: idle }",
    /goodput is not measured in phase idle/,
  ],
  [
    "{ a: { path: gateway }, b: { path: base }, metric: cpu, phase: saturated }",
    /cpu is not measured for the role "": role must be host, client/,
  ],
  [
    "{ a: { path: gateway }, b: { path: base }, metric: rtt, phase: saturated, role: host }",
    /rtt is not measured for the role "host": leave role out$/,
  ],
  [
    "{ a: { path: gateway }, b: { path: base }, metric: split_distance, phase: saturated }",
    /split_distance is not measured in phase saturated of egress/,
  ],
  ["{ a: { path: gateway }, b: { path: gateway }, metric: rtt, phase: saturated }", /a and b are the same cell/],
  [
    "{ a: { paht: gateway }, b: { path: base }, metric: rtt, phase: saturated }",
    /unknown key "paht"; did you mean "path"\?$/,
  ],
])("a comparison that would never have a value is refused before anything runs: %s", (comparison, message) => {
  expect(mistakes(`${egress}comparisons:\n  - ${comparison}\n`)[0]).toMatch(message);
});

test("means are named as comparisons are, wait for until, and may have half-widths of their own", () => {
  const means = "means:\n  - { cell: { path: base }, metric: goodput, phase: saturated, halfWidth: 0.02 }\n";
  const campaign = readCampaign(`${egress}until: { halfWidth: 0.05 }\n${means}`, "c.yaml");
  const base = { phase: "saturated", role: "", metric: "goodput" };
  expect(campaign.means).toEqual([{ cell: "netns/kernel/egress/base", ...base, halfWidth: 0.02 }]);
  expect(questionsOf(campaign)).toEqual([{ cell: "netns/kernel/egress/base", ...base, wanted: 0.02 }]);
  expect(mistakes(egress + means)).toEqual([
    "c.yaml:5:3: means are what until waits for: add until, or leave them out",
  ]);
});

test("until needs room for more than its first look, and labs that it can compare", () => {
  expect(mistakes(`${egress}until: { halfWidth: 0.05, minBlocks: 9 }\n`)[0]).toMatch(/first look is after 9/);
  const labs = (environment: string) =>
    `blocks: 9\nuntil: { halfWidth: 0.05 }\ncells: [{ environment: ${environment}, cni: [antrea, cilium], path: base }]\n`;
  expect(mistakes(labs("local"))[0]).toMatch(/2 labs follow one another on this machine/);
  // Clusters elsewhere may stand at the same time.
  expect(takesTurns(readCampaign(labs("aks"), "c.yaml"))).toBe(true);
  const plan = scheduleOf(readCampaign(labs("aks"), "c.yaml"));
  expect(plan.map(({ blocks }) => blocks[0]?.[0]?.block)).toEqual(
    Array.from({ length: 18 }, (_, at) => 1 + Math.floor(at / 2)),
  );
});

test("property: no cut and no byte more makes the reader fail with anything but a list of mistakes", () => {
  const text = readFileSync("campaigns/quick.yaml", "utf8");
  fc.assert(
    fc.property(fc.nat(text.length), fc.nat(text.length), fc.string({ maxLength: 3 }), (from, to, put) => {
      const changed = text.slice(0, Math.min(from, to)) + put + text.slice(Math.max(from, to));
      try {
        expect(readCampaign(changed, "c.yaml").cells.length).toBeGreaterThan(0);
      } catch (error) {
        if (!(error instanceof LabError)) throw error;
        expect(error.details.length).toBeGreaterThan(0);
        for (const line of error.details) expect(line).toMatch(/^c\.yaml:\d+:\d+: /);
      }
    }),
    { numRuns: 150 },
  );
});
