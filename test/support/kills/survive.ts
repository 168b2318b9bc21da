/** A campaign under kills from its first command to its end, and what must be true of it then. */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunRecord } from "../../../analysis/record.ts";
import { readRecords } from "../../../runner/bundleFolder.ts";
import { askHolder } from "../../../runner/kernelName.ts";
import { project } from "../../../runner/workFolder.ts";
import { stateFile } from "../../../runner/workspace.ts";
import { stateHealth } from "../../../runner/recover.ts";
import { endStarted, forget, lab, leftOf, paths, startLab, type Ended } from "../lab.ts";
import { describeKill, killPlan, type Kill, type KillPlan } from "./plan.ts";
import { endWithin, strikeAt } from "./strike.ts";

export interface Survival {
  readonly seed: number;
  /** Kills that hit. One whose moment never came does not count. */
  readonly hits: number;
  /** What was lost, doubled or left; empty when all is well. */
  readonly problems: readonly string[];
}

/** How long one command may take, in seconds. */
const patience = 600;

/** Runs the seed's campaign, strikes as planned, resumes, ends it, and looks. What a failed one leaves is kept under its name. */
export async function surviveKills(seed: number, note: (text: string) => void): Promise<Survival> {
  const plan = killPlan(seed);
  const folder = mkdtempSync(join(tmpdir(), "kills-"));
  const file = join(folder, `${plan.campaign}.yaml`);
  const bundle = join(paths.results, plan.campaign);
  writeFileSync(file, plan.file);
  await forgetAll(plan);
  const temporary = new Set(eventFolders());
  const trial = new Trial(plan, file, bundle);
  try {
    await trial.run(note);
    const left = eventFolders().filter((name) => !temporary.has(name) && !trial.isForeign(name));
    trial.problems.push(...left.map((name) => `left: ${name} among the temporary files`));
  } finally {
    await endStarted();
    if (trial.problems.length > 0) {
      mkdirSync(keptFolder, { recursive: true });
      writeFileSync(join(keptFolder, `${plan.campaign}.log`), trial.log.join("\n"));
    }
    await forgetAll(plan);
    rmSync(folder, { recursive: true, force: true });
  }
  return { seed, hits: trial.hits, problems: trial.problems };
}

/** Where the output of commands of a failed campaign is written. */
export const keptFolder = join(tmpdir(), "cni-traffic-lab-kills");

const eventFolders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("automation-logs-"));

async function forgetAll({ stacks, campaign }: KillPlan): Promise<void> {
  for (const stack of stacks) if (existsSync(stateFile(paths, stack)) || leftOf(stack).length > 0) await forget(stack);
  rmSync(join(paths.results, campaign), { recursive: true, force: true });
}

interface Planned {
  readonly run: string;
  readonly cell: string;
}

class Trial {
  readonly problems: string[] = [];
  /** All that the commands said. */
  readonly log: string[] = [];
  hits = 0;
  readonly #plan: KillPlan;
  readonly #file: string;
  readonly #bundle: string;
  /** Whole runs seen so far, by the digest of all their files. */
  readonly #seen = new Map<string, string>();
  /** A command gave a run up, so the order may differ from the schedule. */
  #gaveUp = false;

  constructor(plan: KillPlan, file: string, bundle: string) {
    this.#plan = plan;
    this.#file = file;
    this.#bundle = bundle;
  }

  async run(note: (text: string) => void): Promise<void> {
    const planned = await this.#next();
    for (const kill of this.#plan.kills) {
      await this.#command(kill, note);
      if (this.problems.length > 0 || this.#isComplete(planned)) break;
    }
    // A run that two kills hit is given up by its command, and made by the next.
    for (let tries = 0; tries < 3 && this.problems.length === 0; tries++) {
      const code = await this.#command(undefined, note);
      if (code === 0) break;
      if (tries === 2) this.problems.push(`without a kill the campaign does not end well: exit code ${code ?? "none"}`);
    }
    if (this.problems.length > 0) return;
    this.#judge(planned, readRecords(this.#bundle));
    const open = await this.#next();
    this.#expect(open.length === 0, `schedule: ${open.map(({ run }) => run).join(", ")} still to be run`);
    this.#nothingLeft("at the end");
  }

  /** Temporary folders of engines of other project folders are not ours. */
  isForeign(name: string): boolean {
    return statSync(join(tmpdir(), name), { throwIfNoEntry: false }) === undefined || isOpen(join(tmpdir(), name));
  }

  /** One command, perhaps struck; its exit code. */
  async #command(kill: Kill | undefined, note: (text: string) => void): Promise<number | null> {
    const command = startLab(["run", this.#file]);
    const strike = kill === undefined ? undefined : strikeAt(kill, this.#plan, command);
    const ended = await endWithin(command, patience);
    strike?.end();
    const what = kill === undefined ? "no kill" : describeKill(kill);
    const struck = strike?.struck ?? false;
    const outcome = ended === undefined ? "HANGS" : `exit ${ended.code ?? ended.signal ?? ""}`;
    const line = `seed ${this.#plan.seed}: ${what}${kill !== undefined && !struck ? ", which never came" : ""}: ${outcome}`;
    note(line);
    this.log.push(`=== ${line}`, command.output());
    if (struck) this.hits += 1;
    if (ended === undefined) {
      this.problems.push(`${what}: the command did not end within ${patience} s`);
      return null;
    }
    this.#endedWell(ended, struck ? kill : undefined, what);
    this.#nothingLost(what);
    return ended.code;
  }

  #endedWell({ code, signal, stderr }: Ended, kill: Kill | undefined, what: string): void {
    const hard = kill?.victim === "runner" && (kill.signals.length > 1 || kill.signals[0] === "SIGKILL");
    if (code === 1) this.#gaveUp = true;
    const allowed = ((): boolean => {
      if (kill === undefined) return code === 0 || code === 1;
      if (kill.victim !== "runner") return code === 0 || code === 1;
      if (kill.signals[0] === "SIGKILL") return signal === "SIGKILL";
      return code === (kill.signals[0] === "SIGTERM" ? 143 : 130) || signal === kill.signals[0];
    })();
    this.#expect(allowed, `${what}: ended with ${code ?? signal ?? "nothing"}: ${stderr.trim()}`);
    // One that a signal ended before it listened to signals has made nothing; what a kill before it left is still there.
    if (hard || signal !== null) return;
    // Softly stopped, or only a part of it was killed: it has cleared up itself.
    this.#nothingLeft(what);
  }

  /** Runs that were whole before are still there, file by file. */
  #nothingLost(what: string): void {
    const now = new Map(wholeRuns(this.#bundle).map((run) => [run, digestOf(join(this.#bundle, "runs", run))]));
    for (const [run, digest] of this.#seen)
      this.#expect(now.get(run) === digest, `${what}: run ${run} was ${now.has(run) ? "changed" : "lost"}`);
    for (const [run, digest] of now) this.#seen.set(run, digest);
  }

  #isComplete(planned: readonly Planned[]): boolean {
    const valid = readRecords(this.#bundle).filter(({ measured }) => measured.validity.valid);
    return (
      planned.every(({ cell }) => valid.some((record) => record.cell.id === cell)) && valid.length >= planned.length
    );
  }

  #judge(planned: readonly Planned[], records: readonly RunRecord[]): void {
    const valid = records.filter(({ measured }) => measured.validity.valid);
    const names = new Set(valid.map(({ run_id }) => run_id.replace(/(-again|-anew|-try\d+)+$/, "")));
    for (const { run } of planned) this.#expect(names.has(run), `schedule: ${run} was skipped`);
    this.#expect(valid.length === planned.length, `${valid.length} valid runs of ${planned.length} planned`);
    const loads = records.map(({ load }) => load).sort((a, b) => a.started_s - b.started_s);
    loads.forEach((load, index) => {
      const next = loads[index + 1];
      const apart = next === undefined || next.started_s >= load.finished_s;
      this.#expect(apart, "two runs hold the same load, or loads at the same time");
    });
    const digests = new Set(records.map(({ run_id }) => rawDigest(join(this.#bundle, "runs", run_id))));
    this.#expect(digests.size === records.length, "two runs hold the same raw files");
    if (!this.#gaveUp) this.#inOrder(planned, records);
    const lines = readFileSync(join(this.#bundle, "events.jsonl"), "utf8").split("\n").filter(Boolean);
    this.#expect(lines.every(isJson), "events.jsonl holds a line that is no JSON");
    for (const name of ["report.html", "summary.csv", "environment.json", "plan.json", "campaign.yaml"])
      this.#expect(existsSync(join(this.#bundle, name)), `the bundle has no ${name}`);
  }

  /** First attempts began in the order of the schedule, at its positions. */
  #inOrder(planned: readonly Planned[], records: readonly RunRecord[]): void {
    const firsts = planned.map(({ run }) =>
      records
        .filter(({ run_id }) => !/-try\d/.test(run_id) && (run_id === run || run_id.startsWith(`${run}-a`)))
        .map(({ load }) => load.started_s)
        .at(0),
    );
    const known = firsts.filter((time) => time !== undefined);
    const ordered = known.every((time, index) => index === 0 || time > (known[index - 1] ?? 0));
    this.#expect(ordered, "runs were not made in the order of the schedule");
  }

  #nothingLeft(when: string): void {
    const { stacks, campaign } = this.#plan;
    const folders = [paths.locks, paths.kept, join(paths.state, ".pulumi", "stacks", project)];
    const left = [
      ...stacks.flatMap((stack) => leftOf(stack)),
      ...stacks.flatMap(stateLeft),
      ...folders.flatMap(listed).filter((name) => name.startsWith(campaign) && !isState(name)),
      ...listed(join(this.#bundle, "runs")).filter((name) => name.startsWith(".tmp-")),
      ...listed(this.#bundle).filter((name) => name.includes(".tmp-")),
      ...stacks.flatMap((stack) => listed(paths.work(stack)).filter((name) => !/^Pulumi\..*yaml$/.test(name))),
    ];
    this.problems.push(...left.map((one) => `left ${when}: ${one}`));
  }

  /** Nobody loads on the machine any more. */
  async #next(): Promise<Planned[]> {
    const { code, stdout, stderr } = await lab("run", this.#file, "--dry-run", "--json");
    if (code !== 0) {
      this.problems.push(`lab run --dry-run ended with ${code ?? "a signal"}: ${stderr}`);
      return [];
    }
    const holder = (await askHolder("cni-traffic-lab-load")) ?? "";
    this.#expect(!holder.includes(this.#plan.campaign), `${holder} still holds the machine`);
    return (JSON.parse(stdout) as { next: Planned[] }).next;
  }

  #expect(holds: boolean, problem: string): void {
    if (!holds) this.problems.push(problem);
  }
}

const listed = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
const isState = (name: string): boolean => /\.json(\.bak)?(\.attrs)?$/.test(name);
const wholeRuns = (bundle: string): string[] => listed(join(bundle, "runs")).filter((name) => !name.startsWith("."));

/** A state that still knows resources, or operations that were cut off. */
function stateLeft(stack: string): string[] {
  const file = stateFile(paths, stack);
  const health = stateHealth(existsSync(file) ? readFileSync(file, "utf8") : undefined);
  if (health.kind === "none") return [];
  if (health.kind === "damaged") return ["a damaged state"];
  return health.resources + health.pending === 0 ? [] : [`a state with ${health.resources} resources`];
}

function digestOf(folder: string, matters: (name: string) => boolean = () => true): string {
  const digest = createHash("sha256");
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort().filter(matters)) {
    const file = join(folder, name);
    digest.update(name);
    if (statSync(file).isFile()) digest.update(readFileSync(file));
  }
  return digest.digest("hex");
}

/** Of the raw files alone: a load that was collected twice has the same. */
const rawDigest = (folder: string): string =>
  digestOf(folder, (name) => name !== "record.json" && name !== "prometheus.json");

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

/** Whether a running process has files in the folder open. */
function isOpen(folder: string): boolean {
  return readdirSync("/proc").some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder);
    } catch {
      return false; // It has ended meanwhile.
    }
  });
}
