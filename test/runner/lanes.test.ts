import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { readCampaign } from "../../runner/campaign.ts";
import { lanesOf, onlyOnce, runLanes } from "../../runner/lanes.ts";
import { aloneOnMachine } from "../../runner/machineLock.ts";
import { schedule } from "../../runner/schedule.ts";
import type { LabEvent } from "../../runner/reporter.ts";

const cellsOf = (cells: string) => readCampaign(`blocks: 1\ncells:\n${cells}`, "c.yaml").cells;
const lanes = (cells: string) => lanesOf(schedule(cellsOf(cells), 1)).map((lane) => lane.map(({ lab }) => lab));

test("labs that share this machine have one lane, each cluster elsewhere has its own", () => {
  const text =
    "  - {scenario: egress}\n  - {scenario: ingress}\n" +
    "  - {scenario: egress, environment: aks, cni: [cilium, antrea]}\n  - {scenario: egress, environment: local, cni: cilium}\n";
  expect(lanes(text)).toEqual([
    ["netns-kernel-egress", "netns-kernel-ingress", "local-cilium-egress"],
    ["aks-cilium-egress"],
    ["aks-antrea-egress"],
  ]);
});

test.each([
  ["", 1],
  [", load.placement: outside", 1],
  [", load.placement: inside", 2],
])("a generator outside the cluster is this machine's load, and k6 is there unless named%s", (placement, count) => {
  const found = lanes(`  - {scenario: ingress, environment: aks, cni: [cilium, antrea], gateway: envoy${placement}}\n`);
  expect(found).toHaveLength(count);
});

/** Works on lanes of names and notes who works at the same time. */
async function atOnce(lanesOfNames: string[][], width: number): Promise<{ order: string[]; most: number }> {
  const order: string[] = [];
  let [now, most] = [0, 0];
  await runLanes(lanesOfNames, width, async (name) => {
    most = Math.max(most, ++now);
    order.push(name);
    await sleep(5);
    now -= 1;
  });
  return { order, most };
}

test("lanes run at the same time up to the width, what is in one lane never does", async () => {
  expect(await atOnce([["a", "b"], ["c"], ["d"]], 1)).toEqual({ order: ["a", "b", "c", "d"], most: 1 });
  expect((await atOnce([["a", "b"], ["c"], ["d"]], 2)).most).toBe(2);
  expect((await atOnce([["a", "b", "c"]], 3)).most).toBe(1);
});

test("after an error no other lab begins, those at work are told, and the first error is thrown", async () => {
  const began: string[] = [];
  let told = false;
  const work = async (name: string, halted: () => boolean): Promise<void> => {
    began.push(name);
    if (name === "bad") throw new Error("no");
    await sleep(5);
    told = halted();
  };
  await expect(runLanes([["bad", "after"], ["good", "late"], ["more"]], 2, work)).rejects.toThrow("no");
  expect([began, told]).toEqual([["bad", "good"], true]);
});

test("what is needed once is done once, and again after a failure", async () => {
  const once = onlyOnce<number>();
  let calls = 0;
  const bad = (): Promise<number> => Promise.reject(new Error(`bad ${++calls}`));
  await expect(once(bad)).rejects.toThrow("bad 1");
  const good = (): Promise<number> => Promise.resolve(++calls);
  expect(await Promise.all([once(good), once(good)])).toEqual([2, 2]);
});

test("one load at a time on the machine: the second waits, is told for whom, and goes on when the first ends", async () => {
  const name = `cni-traffic-lab-test-${process.pid}`;
  const events: LabEvent[] = [];
  const stop = { soft: new AbortController().signal };
  const options = { command: "lab run", report: (event: LabEvent) => events.push(event), stop, name };
  const order: string[] = [];
  const first = aloneOnMachine(options, async () => {
    order.push("first begins");
    await sleep(200);
    order.push("first ends");
  });
  await sleep(50);
  const waited = await aloneOnMachine(options, (seconds) => Promise.resolve(seconds));
  await first;
  expect(order).toEqual(["first begins", "first ends"]);
  expect(waited).toBeGreaterThan(0.1);
  expect(events).toEqual([
    {
      kind: "note",
      text: `waiting: lab run (pid ${process.pid}) loads on this machine (Ctrl-C to stop waiting)`,
    },
  ]);
});
