/** `lab doctor`: what is found, what is missing and how to get it, and what this machine and this user can run. */
import { stripVTControlCharacters } from "node:util";
import { execa } from "execa";
import { exitCodes } from "../runner/errors.ts";
import { catalogue, toolNames, type Environment, type ToolName } from "../runner/tools/catalogue.ts";
import { findTools, type Finding, type Rejected } from "../runner/tools/find.ts";
import { waysFor } from "../runner/tools/install.ts";
import { inspectMachine, type Check, type Machine } from "../runner/tools/machine.ts";
import { paint, type Paint } from "./paint.ts";

export interface ToolReport {
  readonly name: ToolName;
  readonly purpose: string;
  readonly environments: readonly Environment[];
  readonly minimum: string;
  /** Undefined when it is missing. */
  readonly version: string | undefined;
  readonly path: string | undefined;
  /** Programs of that name that cannot be used, and why. */
  readonly rejected: readonly Rejected[];
  /** How set-up gets it, best way first. */
  readonly ways: readonly string[];
  readonly byHand: string;
}

/** What `lab doctor --json` prints. */
export interface DoctorReport {
  readonly schema: 1;
  readonly tools: readonly ToolReport[];
  readonly machine: Machine;
  /** Whether the environment netns can run here and now, and if not, all reasons. */
  readonly netns: Readiness;
  /** The same for what has a cluster, as far as can be known without its settings. */
  readonly clusters: Readonly<Record<(typeof clusterEnvironments)[number], Readiness>>;
}

const clusterEnvironments = ["local", "aks", "existing"] as const;

export interface Readiness {
  readonly ready: boolean;
  readonly problems: readonly { readonly what: string; readonly remedy: string }[];
}

/** Clients that answer, beyond being there: the daemon of Docker, the login of Azure. Undefined: it answers. */
export interface Services {
  readonly docker?: string;
  readonly azure?: string;
}

/**
 * Looks at the tools, the machine and the user. Changes nothing; takes a second or two.
 * @param root the project's folder
 */
export async function doctor(root: string): Promise<DoctorReport> {
  const findings = await findTools(
    root,
    toolNames.map((name) => catalogue[name]),
  );
  const pathOf = (name: ToolName): string | undefined => findings.get(name)?.found?.path;
  const programs = { unshare: pathOf("unshare"), ip: pathOf("ip"), nft: pathOf("nft") };
  const machine = await inspectMachine(root, dropUndefined(programs));
  return diagnose(
    toolNames.map((name) => toolReport(name, findings.get(name) ?? { rejected: [] })),
    machine,
    await askServices(pathOf("docker")),
  );
}

/** Asks the daemon and Azure's credentials. */
async function askServices(docker: string | undefined): Promise<Services> {
  const refusal = async (program: string, args: readonly string[]): Promise<string | undefined> => {
    const result = await execa(program, [...args], { reject: false, timeout: 10_000, stdin: "ignore" });
    if (!result.failed) return undefined;
    if (result.code === "ENOENT") return `${program} is not on PATH`;
    return result.stderr.trim().split("\n").at(-1) ?? result.shortMessage;
  };
  const [daemon, azure] = await Promise.all([
    docker === undefined ? undefined : refusal(docker, ["info"]),
    (process.env["ARM_CLIENT_ID"] ?? "") === "" ? refusal("az", ["account", "show", "--output", "none"]) : undefined,
  ]);
  return dropUndefined({ docker: daemon, azure });
}

/** Exit code of `lab doctor`: 0 when netns can run here and now, 3 when not. */
export const doctorExitCode = ({ netns }: DoctorReport): number => (netns.ready ? exitCodes.ok : exitCodes.machine);

/** Draws the conclusion. */
export function diagnose(tools: readonly ToolReport[], machine: Machine, services: Services = {}): DoctorReport {
  const missing = missingFor("netns", tools);
  const checks = [machine.namespaces, ...machine.kernel].filter(({ ok }) => ok === false);
  const problems = [
    ...checks.map(({ name, detail, remedy }) => ({ what: `${name}: ${detail}`, remedy: remedy ?? "" })),
    // On another system the tools would not help.
    ...(missing.length > 0 && machine.platform === "linux"
      ? [
          {
            what: `missing: ${missing.map(({ name }) => name).join(", ")}`,
            remedy: "npm run setup  (npm start does it too)",
          },
        ]
      : []),
  ];
  return {
    schema: 1,
    tools,
    machine,
    netns: { ready: problems.length === 0 && missing.length === 0, problems },
    clusters: {
      local: readiness("local", tools, services.docker === undefined ? [] : [dockerSilent(services.docker)]),
      aks: readiness("aks", tools, services.azure === undefined ? [] : [azureSilent(services.azure)]),
      existing: readiness("existing", tools, []),
    },
  };
}

const missingFor = (environment: Environment, tools: readonly ToolReport[]): ToolReport[] =>
  tools.filter((tool) => tool.version === undefined && tool.environments.includes(environment));

const dockerSilent = (why: string) => ({
  what: `docker: its daemon does not answer (${why})`,
  remedy: "start it, and let this user reach it (group docker)",
});
const azureSilent = (why: string) => ({
  what: `Azure: no credentials (${why})`,
  remedy: "az login, or set ARM_CLIENT_ID, ARM_CLIENT_SECRET, ARM_TENANT_ID and ARM_SUBSCRIPTION_ID",
});

function readiness(environment: Environment, tools: readonly ToolReport[], others: Readiness["problems"]): Readiness {
  const missing = missingFor(environment, tools).map(({ name, ways, byHand }) => ({
    what: `missing: ${name}`,
    remedy: ways.length > 0 ? `npx lab up gets it (${ways.join(", else ")}), or by hand: ${byHand}` : byHand,
  }));
  const problems = [...missing, ...others];
  return { ready: problems.length === 0, problems };
}

/** The report for people. */
export function renderDoctor(report: DoctorReport, colour: boolean): string {
  const colours = paint({ isTTY: colour }, {});
  const { machine, netns, clusters, tools } = report;
  const rows = tools.map((tool) => toolRow(tool, colours));
  const checks = [machine.namespaces, ...machine.kernel].map((check) => checkRow(check, colours));
  const facts = [
    ["system", `${machine.system}, user ${machine.user}`],
    ["cgroups", machine.cgroups],
    [
      "size",
      `${machine.cores} cores, ${gibibytes(machine.memoryBytes)} memory, ${gibibytes(machine.diskFreeBytes)} of disk free`,
    ],
  ];
  const verdict = [
    ...verdictOn("netns", netns, colours),
    ...clusterEnvironments.flatMap((name) => verdictOn(name, clusters[name], colours)),
    "Plugins of Pulumi for clusters are downloaded by Pulumi itself at the first up.",
  ];
  return [
    colours.bold("Tools"),
    ...columns(rows),
    ...tools.flatMap((tool) => toolNotes(tool)),
    "",
    colours.bold("Machine"),
    ...columns([...facts, ...checks]),
    "",
    ...verdict,
    "",
  ].join("\n");
}

function verdictOn(environment: Environment, { ready, problems }: Readiness, colours: Paint): string[] {
  if (ready) {
    const open = environment === "existing" ? ", where the kubeconfig's cluster answers" : "";
    return [colours.green(`The environment ${environment} can run here${open}.`)];
  }
  return [
    colours.red(`The environment ${environment} cannot run here yet:`),
    ...problems.flatMap(({ what, remedy }) => [`  ${what}`, ...(remedy === "" ? [] : [`    ${remedy}`])]),
  ];
}

function toolReport(name: ToolName, { found, rejected }: Finding): ToolReport {
  const { purpose, environments, minimum, byHand } = catalogue[name];
  const ways = waysFor(catalogue[name]).map(({ label }) => label);
  return { name, purpose, environments, minimum, version: found?.version, path: found?.path, rejected, ways, byHand };
}

function toolRow(tool: ToolReport, colours: Paint): string[] {
  const state = tool.version === undefined ? colours.red("missing") : colours.green(tool.version);
  return [tool.name, state, tool.path ?? `${tool.minimum} or newer`, tool.environments.join(", "), tool.purpose];
}

/** What is wrong with candidates, and how to get a tool that is missing. */
function toolNotes(tool: ToolReport): string[] {
  const refused = tool.rejected.map(({ path, reason }) => `  ${tool.name}: ${path} ${reason}`);
  if (tool.version !== undefined) return refused;
  if (tool.ways.length === 0) return [...refused, `  get ${tool.name} by hand: ${tool.byHand}`];
  const command = tool.environments.includes("netns") ? "npm run setup" : "npx lab up";
  return [...refused, `  get ${tool.name}: ${command} (${tool.ways.join(", else ")}), or by hand: ${tool.byHand}`];
}

function checkRow({ name, ok, detail }: Check, colours: Paint): string[] {
  const mark = ok === undefined ? colours.dim("?") : ok ? colours.green("yes") : colours.red("no");
  return [name, `${mark}  ${detail}`];
}

/** Rows as lines, each column as wide as its widest cell; colours count nothing. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const width = (text: string): number => stripVTControlCharacters(text).length;
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, width(cell))));
  return rows.map((row) =>
    `  ${row.map((cell, i) => cell + " ".repeat((widths[i] ?? 0) - width(cell))).join("  ")}`.trimEnd(),
  );
}

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

function dropUndefined<K extends string, V>(record: Readonly<Record<K, V | undefined>>): Partial<Record<K, V>> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Partial<Record<K, V>>;
}
