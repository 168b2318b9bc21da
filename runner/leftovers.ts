/** What outlived the commands that made it: labs on this machine, kind clusters, Azure resource groups, states without a lab. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { z } from "zod";
import { findLabs, inspectLab, isEmpty, type LabRemains } from "../provider/sweep.ts";
import { labOf } from "../scenarios/deploy.ts";
import { engineMark } from "./engine.ts";
import { hasCode } from "./errors.ts";
import { keeperOf, type Kept } from "./kept.ts";
import { readHolder } from "./locks.ts";
import { projectPaths, type ProjectPaths } from "./paths.ts";
import { isAlive, processesWithVariable } from "./processes.ts";
import { describeRemains, outsideCampaign } from "./program.ts";
import { stateHealth } from "./recover.ts";
import { run } from "./tools/commands.ts";
import { Unavailable } from "./tools/download.ts";
import { project } from "./workFolder.ts";
import { stateFile } from "./workspace.ts";

export interface Leftover {
  readonly kind: "stack" | "lab" | "kind" | "azure";
  /** The stack, the lab's id, the kind cluster or the resource group. */
  readonly name: string;
  /** kind cluster that the lab has, or had. */
  readonly cluster?: string;
  /** Who keeps it on purpose. */
  readonly kept?: Kept;
  /** Of a lab of another project folder: which, and its stack there, where a process of it tells. */
  readonly home?: Home;
  /** What there is of it, in parts of a sentence. */
  readonly what: readonly string[];
}

export interface Home {
  readonly root: string;
  readonly stack: string;
}

export interface Found {
  readonly leftovers: readonly Leftover[];
  /** What was not looked at, why, and what to do by hand. */
  readonly notes: readonly string[];
}

/** Tag of a resource group: when it may go, seconds since the epoch. */
export const expiresTag = "cni-traffic-lab-expires";

/** How long the clients of Docker and Azure may take, in seconds. */
const clientTimeout = 120;

/** Looks everywhere. Nothing is changed. Labs that a living command holds are left out. */
export async function findLeftovers(paths: ProjectPaths, now = Date.now() / 1000): Promise<Found> {
  const own = stacksOf(paths).map((stack) => ({ stack, id: idOf(paths.root, stack) }));
  const clusters = await kindClusters();
  const expired = await expiredGroups(now);
  const busy = new Set([...own.filter(({ stack }) => isHeld(paths, stack)).map(({ id }) => id), ...idsOfEngines()]);
  const stacks = own
    .filter(({ id }) => !busy.has(id))
    .map(({ stack, id }) => ({
      ...{ kind: "stack" as const, name: stack, cluster: kindPrefix + id },
      ...remainsOf(paths, stack, clusters.of(id)),
    }))
    .filter(({ what }) => what.length > 0);
  const known = new Set(own.map(({ id }) => id));
  const isOther = (id: string): boolean => !known.has(id) && !busy.has(id);
  const labs = findLabs().filter(isOther).flatMap(labElsewhere);
  const kinds = clusters.names
    .filter((name) => isOther(name.slice(kindPrefix.length)))
    .map((name) => ({ kind: "kind" as const, name, cluster: name, what: ["kind cluster"] }));
  return { leftovers: [...stacks, ...labs, ...kinds, ...expired.groups], notes: [...clusters.notes, ...expired.notes] };
}

const idOf = (root: string, stack: string): string => labOf({ root, stack, backend: "lab", place: outsideCampaign }).id;

/** Stacks of this project that have a state or a lab's folder. */
function stacksOf(paths: ProjectPaths): string[] {
  const names = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
  const states = names(join(paths.state, ".pulumi", "stacks", project));
  const withState = states.flatMap((name) => /^([a-z0-9-]+)\.json$/.exec(name)?.[1] ?? []);
  const withLab = names(join(paths.lab("x"), "..")).filter((name) => /^[a-z0-9-]+$/.test(name));
  return [...new Set([...withState, ...withLab])].sort();
}

/** A lab of another folder; none when a living command there holds it. */
function labElsewhere(id: string): Leftover[] {
  const remains = inspectLab({ id });
  const home = homeOf(remains);
  const found = { kind: "lab" as const, name: id, what: describeRemains(remains) };
  if (home === undefined) return [found];
  const paths = projectPaths(home.root);
  return isHeld(paths, home.stack) ? [] : [{ ...found, home, ...keptOf(paths, home.stack) }];
}

/** The project folder and stack of a lab: its processes stand in folders of `.lab/labs/<stack>`. */
function homeOf({ processes }: LabRemains): Home | undefined {
  for (const { pid } of processes) {
    const [, root, stack] = /^(.*)\/\.lab\/labs\/([^/]+)(?:\/|$)/.exec(folderOf(pid)) ?? [];
    if (root !== undefined && stack !== undefined) return { root, stack };
  }
  return undefined;
}

function folderOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch (error) {
    if (hasCode(error, "ENOENT", "ESRCH", "EACCES", "EPERM")) return "";
    throw error;
  }
}

function keptOf(paths: ProjectPaths, stack: string): Pick<Leftover, "kept"> {
  const kept = keeperOf(paths, stack);
  return kept === undefined ? {} : { kept };
}

function isHeld(paths: ProjectPaths, stack: string): boolean {
  const holder = readHolder(join(paths.locks, `${stack}.json`));
  return holder !== undefined && holder !== "unreadable" && isAlive(holder);
}

/** Labs of any project folder that an engine works on now. */
function idsOfEngines(): string[] {
  return processesWithVariable(engineMark).flatMap(({ environment }) => {
    const [, root, stack] = /^(.*)#([^#]+)$/.exec(environment.get(engineMark) ?? "") ?? [];
    return root === undefined || stack === undefined ? [] : [idOf(root, stack)];
  });
}

function remainsOf(paths: ProjectPaths, stack: string, clusters: readonly string[]): Pick<Leftover, "what" | "kept"> {
  const lab = labOf({ root: paths.root, stack, backend: "lab", place: outsideCampaign });
  const remains = inspectLab(lab);
  const here = [...(isEmpty(remains) ? [] : describeRemains(remains)), ...clusters.map(() => "kind cluster")];
  if (here.length > 0) return { what: here, ...keptOf(paths, stack) };
  // A cluster elsewhere has a life of its own: its time-to-live decides.
  if (!["netns", "local"].includes(environmentOf(paths, stack))) return { what: [] };
  const file = stateFile(paths, stack);
  const health = stateHealth(existsSync(file) ? readFileSync(file, "utf8") : undefined);
  // A lab that a reboot has taken is kept by nobody any more.
  if (health.kind === "damaged") return { what: ["a damaged state without a lab"] };
  return { what: health.kind === "sound" && health.resources > 0 ? ["a state without a lab"] : [] };
}

/** As the stack's last command had it. */
function environmentOf(paths: ProjectPaths, stack: string): string {
  const file = join(paths.work(stack), `Pulumi.${stack}.yaml`);
  if (!existsSync(file)) return "netns";
  const value: unknown = parseDocument(readFileSync(file, "utf8")).getIn(["config", `${project}:environment`]);
  return typeof value === "string" ? value : "netns";
}

const kindPrefix = "ctl-";

/** kind clusters that labs made, by the rule of their names; nothing where there is no Docker. */
async function kindClusters() {
  const format = '{{.Label "io.x-k8s.kind.cluster"}}';
  const told = await client("docker", ["ps", "-a", "--filter", "label=io.x-k8s.kind.cluster", "--format", format]);
  const names = [...new Set((told.text ?? "").split("\n"))].filter((name) => /^ctl-nl[0-9a-f]{8}$/.test(name));
  const isMissing = told.text !== undefined || /ENOENT|not found/.test(told.problem);
  const notes = isMissing ? [] : [`kind clusters were not looked at (${told.problem}); by hand: kind get clusters`];
  return { names, notes, of: (id: string) => names.filter((name) => name === kindPrefix + id) };
}

const groupSchema = z.array(
  z.object({ name: z.string(), tags: z.record(z.string(), z.string()).nullish().default({}) }),
);

/** Pure: the groups whose time has passed, from what `az group list --output json` says. */
export function expiredIn(json: string, now: number): Leftover[] {
  return groupSchema.parse(JSON.parse(json)).flatMap(({ name, tags }) => {
    const expires = Number(tags?.[expiresTag] ?? Number.NaN);
    if (!(expires <= now)) return [];
    return [{ kind: "azure" as const, name, what: [`expired ${new Date(expires * 1000).toISOString()}`] }];
  });
}

async function expiredGroups(now: number): Promise<{ groups: Leftover[]; notes: string[] }> {
  const { text, problem } = await client("az", ["group", "list", "--output", "json"]);
  if (text !== undefined) return { groups: expiredIn(text, now), notes: [] };
  const why = /ENOENT|not found/.test(problem) ? "the Azure CLI is not installed" : problem;
  const byHand = `az group list --query "[?tags.\\"${expiresTag}\\"].{name: name, expires: tags.\\"${expiresTag}\\"}"`;
  return { groups: [], notes: [`Azure was not looked at (${why}); after az login: ${byHand}`] };
}

async function client(command: string, args: readonly string[]): Promise<{ text?: string; problem: string }> {
  try {
    return { text: await run(command, args, { timeoutS: clientTimeout }), problem: "" };
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return { problem: error.message };
  }
}
