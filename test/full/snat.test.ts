/** The proof that every egress run carries: a source NAT broken in the middle of a run must turn that run invalid, with the reason. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { runRecordSchema, type RunRecord } from "../../analysis/record.ts";
import { endStarted, forget, iperf3Of, lab, labOfStack, paths, startLab, until } from "../support/lab.ts";

const stack = "snat-test";
const nft = existsSync(join(paths.tools, "nft")) ? join(paths.tools, "nft") : "nft";

afterEach(async () => {
  await endStarted();
  await forget(stack, stack);
});

const inGateway = (...rules: string[]): void => {
  const netns = `/run/netns/${labOfStack(stack).id}-egress-gateway`;
  execFileSync("nsenter", [`--net=${netns}`, nft, "-f", "-"], { input: rules.join("\n") });
};

/** A gateway run in whose first load phase `breaking` happens. */
async function brokenRun(breaking: () => void): Promise<RunRecord> {
  const phases = "phases=idle:1s,unloaded:4s,saturated:4s";
  const { ended } = startLab(["up", "-s", stack, "-c", "path=gateway", "-c", phases, "-c", "warmup=0s"]);
  await until("the load runs", () => iperf3Of(stack).length > 0);
  breaking();
  await ended;
  const { code, stdout, stderr } = await lab("collect", "-s", stack, "--json");
  expect([code, stderr]).toEqual([0, ""]);
  return runRecordSchema.parse(JSON.parse(stdout));
}

test("nothing broken: the run is valid and every connection is proven", async () => {
  const { measured } = await brokenRun(() => undefined);
  expect(measured.validity).toMatchObject({ valid: true, reasons: [] });
  expect(measured.proof).toMatchObject({ leaked: 0 });
  expect(measured.proof?.proven).toBe(measured.proof?.connections);
});

test("another address in place of the egress address: invalid, and the reason names what the server saw", async () => {
  const { measured, expected } = await brokenRun(() => {
    inGateway("flush chain ip egress translate", 'add rule ip egress translate oifname "eth0" masquerade');
  });
  expect(measured.validity.valid).toBe(false);
  const seen = measured.proof?.sources.map(({ address }) => address) ?? [];
  const wrong = seen.filter((address) => address !== expected?.source);
  expect(wrong).toHaveLength(1);
  expect(measured.validity.reasons.join("; ")).toContain(wrong[0]);
  expect(measured.proof?.leaked).toBeGreaterThan(0);
});

test("no translation at all: invalid, and the reason says that connections left without it", async () => {
  const { measured } = await brokenRun(() => {
    inGateway("flush chain ip egress translate");
  });
  expect(measured.validity.valid).toBe(false);
  expect(measured.validity.reasons.join("; ")).toMatch(/source|address|leak/i);
});
