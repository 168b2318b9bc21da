/** Whole campaigns as a user runs them: what they take beyond their phases, how soon they go on, whether they survive kills. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readRecords } from "../runner/bundleFolder.ts";
import { endStarted, forget, lab, nameOf, paths, processesOf, startLab, until } from "../test/support/lab.ts";
import { keptFolder, surviveKills } from "../test/support/kills/survive.ts";

/** Hands a campaign file to `use`, and removes it, its bundle and its lab afterwards. */
async function withCampaign<T>(name: string, text: string, use: (file: string, bundle: string) => Promise<T>) {
  const folder = mkdtempSync(join(tmpdir(), "lab-bench-"));
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, `name: ${name}\n${text}`);
  rmSync(join(paths.results, name), { recursive: true, force: true });
  try {
    return await use(file, join(paths.results, name));
  } finally {
    await endStarted();
    await forget(stackOf(name), name);
    rmSync(folder, { recursive: true, force: true });
  }
}

const stackOf = (campaign: string): string => `${campaign}-netns-kernel-egress`;

/** Seconds of phases of a run, idle and warm-up included. */
const phases_s = 60;

/** Wall time of `lab run`, from its start to its end with the report, over the time in phases of its runs. */
export async function campaignOverhead(runs: number, note: (text: string) => void): Promise<number> {
  const text = [
    `blocks: ${runs}`,
    "settings: { warmup: 2s }",
    "cells:",
    "  - { scenario: egress, path: gateway, phases: 'idle:10s,unloaded:10s,saturated:36s' }\n",
  ].join("\n");
  return withCampaign("bench-overhead", text, async (file, bundle) => {
    const start = performance.now();
    const { code, stderr } = await lab("run", file);
    const wall_s = (performance.now() - start) / 1000;
    const made = readRecords(bundle).length;
    if (code !== 0 || made !== runs) throw new Error(`the campaign ended with ${code ?? "a signal"}: ${stderr}`);
    const ratio = wall_s / (runs * phases_s);
    note(`${runs} runs of ${phases_s} s: ${wall_s.toFixed(1)} s, ${ratio.toFixed(3)}`);
    return ratio;
  });
}

/** Seconds from `lab run` to the beginning of the next load, after the command before was killed and its lab still stands. */
export function resumeTimes(count: number, note: (text: string) => void): Promise<number[]> {
  const text = `blocks: ${count + 2}\nsettings: { warmup: 0s }\ncells:\n  - { scenario: egress, phases: 'saturated:3s' }\n`;
  return withCampaign("bench-resume", text, async (file, bundle) => {
    const times: number[] = [];
    let began_s = Date.now() / 1000;
    let { child, ended } = startLab(["run", file]);
    for (let resumes = 0; resumes <= count; resumes++) {
      const loads = (): boolean =>
        processesOf(stackOf("bench-resume"), /^tasks\/load$/).some((pid) => nameOf(pid) === "iperf3");
      // The load that the kill cut off may still end beside the new command.
      await until("a run is whole", () => readRecords(bundle).some(({ load }) => load.started_s > began_s), 120);
      const first = Math.min(
        ...readRecords(bundle)
          .map(({ load }) => load.started_s)
          .filter((time) => time > began_s),
      );
      if (resumes > 0) {
        times.push(first - began_s);
        note(`${resumes} of ${count}: ${(first - began_s).toFixed(2)} s`);
      }
      if (resumes === count) break;
      await until("the next load", loads, 60);
      child.kill("SIGKILL");
      await ended;
      began_s = Date.now() / 1000;
      ({ child, ended } = startLab(["run", file]));
    }
    child.kill("SIGINT");
    await ended;
    return times;
  });
}

/**
 * Share of kills after which nothing was lost, doubled, skipped or left. A campaign in which anything was counts with all
 * its kills. Seeds follow one another from the first; each decides a campaign and its kills.
 */
export async function survivedKills(count: number, firstSeed: number, note: (text: string) => void): Promise<number> {
  let [hits, survived] = [0, 0];
  const failed: number[] = [];
  for (let seed = firstSeed; hits < count; seed++) {
    const { hits: struck, problems } = await surviveKills(seed, note);
    hits += struck;
    if (problems.length === 0) survived += struck;
    else failed.push(seed);
    for (const problem of problems) note(`seed ${seed}: FAILED: ${problem}`);
    note(`survived ${survived} of ${hits} kills`);
  }
  const again = failed.map((seed) => `npm run bench -- kills --repetitions 1 --seed ${seed}`);
  if (failed.length > 0) note(`outputs in ${keptFolder}; once more: ${again.join("; ")}`);
  return survived / hits;
}
