import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { cellOf } from "../../scenarios/cell.ts";
import { readSettings, SettingsError, settingNames, settingTable } from "../../scenarios/settings.ts";
import { parseDuration, parsePhases, parseWeights } from "../../scenarios/values.ts";

function problems(raw: Record<string, string>): readonly string[] {
  try {
    readSettings(raw);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe("readSettings", () => {
  it("takes every default when nothing is given", () => {
    expect(readSettings({})).toMatchObject({
      environment: "netns",
      scenario: "egress",
      cni: "kernel",
      path: "base",
      weights: [60, 40],
      duration: 30,
      warmup: 5,
      window: 1,
      mtu: 1500,
      monitoring: true,
      probeInterval: 0.5,
      phases: [
        { phase: "idle", seconds: 5 },
        { phase: "unloaded", seconds: 5 },
        { phase: "saturated", seconds: 30 },
      ],
      unused: [],
    });
  });

  it("names every mistake at once: key, value, what is allowed, the remedy", () => {
    const found = problems({ path: "gatway", weights: "60", mtu: "12", durration: "5s", vus: "many" });
    expect(found).toHaveLength(5);
    expect(found[0]).toMatch(/^durration: no such setting\. Did you mean duration\?/);
    expect(found).toContainEqual(
      expect.stringMatching(/^path: "gatway" must be base or gateway\. Set it with -c path=…/),
    );
    expect(found).toContainEqual(expect.stringMatching(/^weights: "60" must be 2 to 1000 non-negative numbers/));
    expect(found).toContainEqual(expect.stringMatching(/^mtu: "12" must be a whole number of bytes from 1280 to 9216/));
    expect(found).toContainEqual(expect.stringMatching(/^vus: "many" must be a whole number of virtual users/));
  });

  it.each([
    ["half without the base rate", { phases: "idle,half" }, /"half" needs the base path's rate.*baseRate/],
    ["open without a rate", { scenario: "ingress", phases: "idle,open" }, /"open" needs a rate.*-c rate=2000/],
    ["a rate that no phase uses", { scenario: "ingress", rate: "100", phases: "closed" }, /no open phase/],
    ["a phase of the other scenario", { phases: "idle,closed" }, /egress knows idle, unloaded, half, saturated/],
    ["a log of answers that nobody looks at", { countAnswers: "false", logAnswers: "true" }, /needs the answers/],
    ["a phase twice", { phases: "idle,idle,saturated" }, /"idle" twice/],
    ["no load at all", { phases: "idle:5s" }, /has no load/],
    ["a length below a second", { phases: "idle:0s,saturated" }, /from 1s to 24h/],
    ["a fraction of a second", { duration: "1500ms" }, /whole seconds/],
    ["a run name that would leave its folder", { run: "../x" }, /letters, digits/],
  ])("refuses %s", (_, raw, message) => {
    expect(problems(raw)).toEqual([expect.stringMatching(message)]);
  });

  it("keeps what the scenario uses and names what it does not", () => {
    const settings = readSettings({ scenario: "ingress", path: "gateway", vus: "100" });
    expect(settings.unused).toEqual(["path"]);
    expect(settings.used).toMatchObject({ vus: "100", gateway: "nginx" });
    expect(settings.used).not.toHaveProperty("path");
  });

  it("does not call a default unused: Pulumi.yaml gives every setting one", () => {
    expect(readSettings({ vus: "10", gateway: "nginx", phases: "" }).unused).toEqual([]);
  });

  it("no name is the first part of another: the engine would read it as a map that holds the other", () => {
    const owners = settingNames.flatMap((name) => (name.includes(".") ? [name.slice(0, name.indexOf("."))] : []));
    expect(settingNames.filter((name) => owners.includes(name))).toEqual([]);
  });

  it("agrees with Pulumi.yaml in names, types, defaults and descriptions", () => {
    const file = parse(readFileSync(join(import.meta.dirname, "../../Pulumi.yaml"), "utf8")) as {
      config: Record<string, { type: string; default: unknown; description: string }>;
    };
    expect(file.config).toEqual(
      Object.fromEntries(
        settingNames.map((name) => {
          const { type, default: value, description } = settingTable[name];
          return [name, { type, default: value, description }];
        }),
      ),
    );
  });
});

describe("cell id", () => {
  it.each([
    [{}, "netns/kernel/egress/base"],
    [{ path: "gateway", vus: "7" }, "netns/kernel/egress/gateway"],
    [{ scenario: "ingress", vus: "100" }, "netns/kernel/ingress/nginx/100vus"],
    [{ scenario: "ingress", gateway: "envoy", rate: "500", phases: "open" }, "netns/kernel/ingress/envoy/500rps"],
    [{ scenario: "ingress", weights: "95/5", vus: "1" }, "netns/kernel/ingress/nginx/1vus/w95-5"],
    [{ scenario: "ingress", rate: "500", vus: "20", phases: "closed,open" }, "netns/kernel/ingress/nginx/20vus-500rps"],
  ])("of %o is %s", (raw, id) => {
    expect(cellOf(readSettings(raw)).id).toBe(id);
  });
});

describe("parsers", () => {
  it.each([
    ["500ms", 0.5],
    ["30s", 30],
    ["2m", 120],
    ["1.5h", 5400],
    ["7", 7],
    ["", undefined],
    ["-1s", undefined],
    ["1 day", undefined],
  ])("parseDuration(%o) is %o", (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it("reads back any weights that are allowed", () => {
    const weight = fc.oneof(
      fc.nat(1000),
      fc.integer({ min: 1, max: 99_999 }).map((n) => n / 100),
    );
    fc.assert(
      fc.property(fc.array(weight, { minLength: 2, maxLength: 40 }), (weights) => {
        const result = parseWeights(weights.join("/"));
        if (weights.every((value) => value === 0)) expect(result).toHaveProperty("problem");
        else expect(result).toEqual({ value: weights });
      }),
    );
  });

  it("never throws, whatever the text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseWeights(text);
        parsePhases(text, "ingress", 5);
        parseDuration(text);
      }),
    );
  });
});
